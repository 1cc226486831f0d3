"""What of a resource is compared and written: everything but what Google alone writes. Pure."""

import json
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from manifests.kinds.resources.types import ResourceType
from manifests.values import Resource

_STEP = re.compile(r"[^.\[\]{}]+|\[\]|\{\}")
_ALWAYS = ("etag", "name")
"""A resource that is made anew has another etag; its name says where it is, not what it is."""

type _Tree = dict[str, _Tree]


class Difference(NamedTuple):
    """One field that is not as it was.

    Attributes:
        path: As `httpTarget.uri`.
        expected: What it was; None where it was not there.
        actual: What it is; None where it is not there.
    """

    path: str
    expected: Any
    actual: Any


def settable(kind: ResourceType, resource: Resource) -> Resource:
    """Return a resource without its name, and without the fields that only Google writes.

    Args:
        kind: Its type.
        resource: As its API returned it.
    """
    own: Resource = dict(_without(resource, _tree((*kind.output_only, *_ALWAYS))))
    if kind.chosen is not None and is_chosen(kind, resource):
        own.pop(kind.chosen.field, None)
    return own


def is_chosen(kind: ResourceType, resource: Resource) -> bool:
    """Whether the service chose a field of a resource that others of its type may have chosen themselves.

    Args:
        kind: Its type.
        resource: As its API returned it.
    """
    if kind.chosen is None:
        return False
    field, text, (other, named) = kind.chosen
    is_named = named in json.dumps(resource.get(other))
    return text in json.dumps(resource.get(field)) and not is_named


def title(kind: ResourceType, resource: Resource) -> str:
    """Return what tells a resource from others of its type whose service names it.

    Args:
        kind: Its type.
        resource: As its API returned it, or as it is to be.
    """
    if kind.key:
        return str(resource.get(kind.key, ""))
    return json.dumps(settable(kind, resource), sort_keys=True)


def differences(kind: ResourceType, expected: Resource, actual: Resource) -> list[Difference]:
    """Return every field that differs, in order; lists are compared whole.

    Args:
        kind: The type of both.
        expected: As the backup has it.
        actual: As it is.
    """
    return list(_differing(settable(kind, expected), settable(kind, actual), ""))


def differing(kind: ResourceType, expected: Resource, actual: Resource) -> set[str]:
    """Return the names of the fields that differ, or in which something does, as of `differences`."""
    return {item.path.partition(".")[0] for item in differences(kind, expected, actual)}


def _tree(paths: Iterable[str]) -> _Tree:
    root: _Tree = {}
    for path in paths:
        node = root
        for step in _STEP.findall(path):
            node = node.setdefault(step, {})
    return root


def _without(value: Any, tree: _Tree) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, list):
        return [_without(item, tree.get("[]", {})) for item in value]
    if not isinstance(value, dict):
        return value
    below = {name: tree.get(name, tree.get("{}")) for name in value}
    return {
        name: item if (node := below[name]) is None else _without(item, node)
        for name, item in value.items()
        # A leaf of the tree is a field of Google's; a branch only leads to some.
        if below[name] != {}
    }


def _differing(expected: Any, actual: Any, at: str) -> Iterable[Difference]:  # noqa: ANN401 - any JSON
    if expected == actual:
        return
    if not (isinstance(expected, dict) and isinstance(actual, dict)):
        yield Difference(at, expected, actual)
        return
    for name in sorted(expected.keys() | actual.keys()):
        path = f"{at}.{name}" if at else name
        yield from _differing(expected.get(name), actual.get(name), path)
