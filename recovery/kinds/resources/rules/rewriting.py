"""References of a restored configuration, rewritten where things have other names now. Pure.

Resources refer to each other by text: names of resources, addresses of services, accounts. What is
restored under another project, number or address is looked up in one map, built while restoring.
"""

import re
from collections.abc import Collection, Iterator, Mapping
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


def remaining(resource: Resource, lost: Collection[str], now: Collection[str]) -> list[str]:
    """Return the paths of a resource that may still refer to what is lost.

    Here a part of a word is enough, as in `us-west2-lost.cloudfunctions.net`.

    Args:
        resource: The resource, rewritten.
        lost: The id and number of the project that is lost, and addresses in it.
        now: What stands for them now, which may have them in it.
    """
    found = []
    for path, text in _texts(resource, ""):
        rest = text
        for name in sorted(now, key=len, reverse=True):
            rest = rest.replace(name, "")
        if any(_is_in(name, rest) for name in lost):
            found.append(path)
    return found


def _is_in(name: str, text: str) -> bool:
    if name.isdigit():
        return re.search(rf"(?<!\d){name}(?!\d)", text) is not None
    return name in text


def addresses(resource: Resource) -> dict[str, str]:
    """Return where a service or function answers, by the field that says it.

    A service has an address that is drawn and one with the project's number in it.
    """
    told = {name: resource.get(name) for name in ("uri", "url")}
    told |= {f"urls[{number}]": url for number, url in enumerate(resource.get("urls") or ())}
    told["serviceConfig.uri"] = (resource.get("serviceConfig") or {}).get("uri")
    return {name: str(address) for name, address in told.items() if address}


def _texts(value: Any, at: str) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - any JSON
    if isinstance(value, str):
        yield at, value
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _texts(item, f"{at}[{number}]")
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(item, f"{at}.{key}" if at else key)


def _whole(name: str) -> str:
    """Return the pattern of a name that is not a part of a longer one.

    The number of a project is a part of the address of each of its services: `run-75.us.run.app`.
    """
    if name.isdigit():
        return rf"(?<!\d){name}(?!\d)"
    return rf"(?<![\w-]){re.escape(name)}(?![\w-])"
