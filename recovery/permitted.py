"""What each call of Google Cloud needs, from the table of them. Pure."""

import json
from collections.abc import Collection, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

type Table = Mapping[str, Mapping[str, list[dict[str, Any]]]]

_ALWAYS_READ = ("project", "serviceusage/service")


@cache
def permission_table() -> Table:
    """Return the table of every call and what it needs."""
    text = (files("manifests") / "permissions.json").read_text(encoding="utf-8")
    table: Table = json.loads(text)
    return table


def needed(side: str, on: str, *, types: Collection[str], table: Table) -> frozenset[str]:
    """Return what a side needs on something, as terraform/roles.tf grants it.

    Args:
        side: The side.
        on: Of what its calls are.
        types: The types of configuration that the catalog names.
        table: The table of calls.
    """
    read = {*types, *_ALWAYS_READ} if types else set()
    return frozenset(
        need
        for row in table[side].get(on, ())
        for need in row["needs"]
        if "withheld" not in row and (on != "resources" or row["call"].partition(":")[0] in read)
    )


def needed_to_make(type_name: str) -> frozenset[str]:
    """Return what who recovers needs to make or set a resource of a type."""
    rows = permission_table()["restore"]["resources"]
    return frozenset(
        need for row in rows if row["call"].partition(":")[0] == type_name for need in row["needs"]
    )
