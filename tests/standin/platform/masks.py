"""Field masks: which fields of a resource a request changes (google/protobuf/field_mask.proto)."""

import copy
import re
from collections.abc import Iterable, Mapping
from typing import Any

from tests.standin.platform.api import Api, Schema
from tests.standin.platform.bodies import Body, is_output_only
from tests.standin.platform.errors import invalid

_ALL = "*"
_SNAKE = re.compile(r"_([a-z0-9])")


def parse(text: str) -> list[str]:
    """Return the paths of a mask, in the field names of JSON."""
    paths = [path.strip() for path in text.split(",") if path.strip()]
    return [_SNAKE.sub(lambda found: found[1].upper(), path) for path in paths]


def settable(api: Api, schema: str, fixed: Iterable[str]) -> frozenset[str]:
    """Return the fields of a resource that a request can change."""
    properties: Mapping[str, Schema] = api.schemas[schema]["properties"]
    writable = {name for name, part in properties.items() if not is_output_only(part)}
    return frozenset(writable - {"name", "etag", *fixed})


def masked(before: Body, sent: Body, paths: Iterable[str], allowed: frozenset[str]) -> Body:
    """Return a resource with what a mask names taken from what was sent.

    Args:
        before: The resource.
        sent: What was sent; what it lacks is removed.
        paths: Those of the mask.
        allowed: The fields that can be changed.

    Raises:
        PlatformError: The mask names a field that cannot be changed.
    """
    after = copy.deepcopy(before)
    for path in paths:
        if path == _ALL:
            after = {key: item for key, item in after.items() if key not in allowed}
            after |= {key: item for key, item in sent.items() if key in allowed}
            continue
        first, *rest = path.split(".")
        if first not in allowed:
            raise invalid(f"Update mask contains an invalid or unchangeable field: {path}")
        _assign(after, sent, [first, *rest])
    return after


def _assign(after: Body, sent: Mapping[str, Any], path: list[str]) -> None:
    first, *rest = path
    if rest and isinstance(sent.get(first, {}), dict):
        _assign(after.setdefault(first, {}), sent.get(first, {}), rest)
    elif first in sent:
        after[first] = copy.deepcopy(sent[first])
    else:
        after.pop(first, None)
