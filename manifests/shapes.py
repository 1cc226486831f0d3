"""Reads resources whose shape only their API promises: what is stored could hold anything. Pure."""

from typing import Any

from manifests.values import Resource


def inner(value: Any, *path: str) -> Resource:  # noqa: ANN401 - any JSON
    """Return the object at a path of names; an empty one where there is none."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def inner_list(value: Any, *path: str) -> list[Any]:  # noqa: ANN401 - any JSON
    """Return the list at a path of names; an empty one where there is none."""
    found = inner(value, *path[:-1]).get(path[-1])
    return found if isinstance(found, list) else []
