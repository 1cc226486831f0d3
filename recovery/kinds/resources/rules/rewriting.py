"""References of a restored configuration, rewritten where things have other names now. Pure.

Resources refer to each other by text: names of resources, addresses of services, accounts. What is
restored under another project, number or address is looked up in one map, built while restoring.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from manifests.values import Resource


class Place(NamedTuple):
    """One text that was rewritten.

    Attributes:
        path: Where it is in the resource, as `httpTarget.uri`.
        before: What it was.
        after: What it is.
    """

    path: str
    before: str
    after: str


class Rewriting:
    """Names that are others now.

    Args:
        names: The new name of each old one. An old name is found as a whole word: between
            characters that are no part of a name.
    """

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = {old: new for old, new in names.items() if old and old != new}
        # A longer name is found before a shorter one that it begins with.
        longest = sorted(self._names, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(_whole, longest))) if longest else None

    def text(self, text: str) -> str:
        """Return a text with every old name in it replaced."""
        if self._pattern is None:
            return text
        return self._pattern.sub(lambda found: self._names[found[0]], text)

    def resource(self, resource: Resource) -> tuple[Resource, list[Place]]:
        """Return a resource with every old name in it replaced, and where."""
        places: list[Place] = []
        return self._rewritten(resource, "", places), places

    def _rewritten(self, value: Any, at: str, places: list[Place]) -> Any:  # noqa: ANN401 - any JSON
        if isinstance(value, str):
            after = self.text(value)
            if after != value:
                places.append(Place(at, value, after))
            return after
        if isinstance(value, list):
            return [
                self._rewritten(item, f"{at}[{number}]", places)
                for number, item in enumerate(value)
            ]
        if isinstance(value, dict):
            return {
                key: self._rewritten(item, f"{at}.{key}" if at else key, places)
                for key, item in value.items()
            }
        return value


def remaining(resource: Resource, lost: str) -> list[str]:
    """Return the paths of a resource that still refer to a project that is lost.

    Args:
        resource: The resource, rewritten.
        lost: The id or number of the project.
    """
    marked = Rewriting({lost: f"{lost}\0"})
    return [place.path for place in marked.resource(resource)[1]]


def _whole(name: str) -> str:
    """Return the pattern of a name that is not a part of a longer one.

    The number of a project is a part of the address of each of its services: `run-75.us.run.app`.
    """
    if name.isdigit():
        return rf"(?<!\d){name}(?!\d)"
    return rf"(?<![\w-]){re.escape(name)}(?![\w-])"
