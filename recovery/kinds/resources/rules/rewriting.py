"""References of a restored configuration, rewritten where things have other names now. Pure.

Resources refer to each other by text: names of resources, addresses of services, accounts. What is
restored under another project, number or address is looked up in one map, built while restoring.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from copy import copy
from typing import Any, NamedTuple, Self

from manifests.kinds.resources.fields import settable
from manifests.kinds.resources.types import ResourceType
from manifests.shapes import inner, inner_list
from manifests.values import Resource
from recovery.kinds.resources.rules.placing import (
    is_where_data_is,
    placed,
    region_in,
    staying_paths,
)
from recovery.kinds.resources.rules.renaming import Names

_NAMING_DATA = frozenset(
    ("bucket", "database", "dataset", "datasetId", "destinationDatasetId", "value")
)
"""Fields that name data and nothing else; a `value` is that of an event's filter, or of a variable."""
_VARIABLES = ".environmentVariables."


class Place(NamedTuple):
    """One text that was rewritten, or left.

    Attributes:
        path: Where it is in the resource, as `httpTarget.uri`.
        before: What it was.
        after: What it is.
    """

    path: str
    before: str
    after: str

    @property
    def told(self) -> str:
        """Return it as a plan and a report say it."""
        return f"{self.path}: {self.after}"


class Rewriting:
    """Names that are others now.

    Args:
        names: The new name of each old one. An old name is found as a whole word: between
            characters that are no part of a name.
        more: Of what was made meanwhile; it is found as a word.
    """

    def __init__(self, names: Names, more: Mapping[str, str] | None = None) -> None:
        whole = {**names.whole, **(more or {})}
        self._regions, self._plain = names.regions, names.plain
        self._is_elsewhere = bool(names.lost)
        self._now = frozenset(whole.values())
        self._moving = _replacing(whole, names.regions)
        self._staying = _replacing(whole, {})
        self._stays: Collection[str] = ()

    def of(self, kind: str, resource: Resource | None = None) -> Self:
        """Return the rewriting of one resource, or of all of a type: what is beside data stays there.

        Args:
            kind: The type.
            resource: As the backup has it; None for what is true of all.
        """
        own = copy(self)
        paths = staying_paths(kind, resource or {}, is_elsewhere=self._is_elsewhere)
        own._stays = paths  # noqa: SLF001 - a copy of its own
        return own

    def text(self, text: str) -> str:
        """Return a text with every old name in it replaced."""
        return self._text(text, "")

    def name(self, name: str) -> str:
        """Return the full name of the resource where it is made again."""
        return self._text(name, "name")

    def _text(self, text: str, at: str) -> str:
        is_left = "" in self._stays or at in self._stays
        return (self._staying if is_left else self._moving)(text)

    def resource(self, resource: Resource) -> tuple[Resource, list[Place]]:
        """Return a resource with every old name in it replaced, and where."""
        places: list[Place] = []
        return self._rewritten(resource, "", places), places

    def _rewritten(self, value: Any, at: str, places: list[Place]) -> Any:  # noqa: ANN401 - any JSON
        if isinstance(value, str):
            is_plain = value in self._plain and _names_data(at)
            after = self._plain[value] if is_plain else self._text(value, at)
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
                key: item
                if isinstance(item, str)
                and item in self._regions
                and is_where_data_is(at, value, key)
                else self._rewritten(item, f"{at}.{key}" if at else key, places)
                for key, item in value.items()
            }
        return value

    def left(self, kind: ResourceType, resource: Resource) -> list[Place]:
        """Return the texts of a resource in which a region is left that others moved from.

        What is wholly beside data is not told: it stays with it.

        Args:
            kind: Its type.
            resource: It, rewritten by this.
        """
        if "" in self._stays:
            return []
        own = {"name": resource["name"]} if "name" in self._stays else {}
        found = left_in({**settable(kind, resource), **own}, self._regions, self._now)
        return [Place(path, text, text) for path, text in found]


def left_in(
    resource: Resource, regions: Mapping[str, str], now: Collection[str]
) -> list[tuple[str, str]]:
    """Return the texts of a resource, each with its path, in which a region is left.

    Args:
        resource: The resource, rewritten.
        regions: The new region of each; one that others move into is not looked for.
        now: Names of now, which may have an old region in them.
    """
    gone = set(regions) - set(regions.values())
    return [
        (path, text)
        for path, text in (_texts(resource, "") if gone else ())
        if any(region_in(region, _without(text, now)) for region in gone)
    ]


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
        rest = _without(text, now)
        if any(_is_in(name, rest) for name in lost):
            found.append(path)
    return found


def _without(text: str, names: Collection[str]) -> str:
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, "")
    return text


def _names_data(path: str) -> bool:
    return path.rpartition(".")[2] in _NAMING_DATA or _VARIABLES in f".{path}"


def _is_in(name: str, text: str) -> bool:
    if name.isdigit():
        return re.search(rf"(?<!\d){name}(?!\d)", text) is not None
    return name in text


def addresses(resource: Resource) -> dict[str, str]:
    """Return where a service or function answers, by the field that says it.

    A service has an address that is drawn and one with the project's number in it.
    """
    told = {name: resource.get(name) for name in ("uri", "url")}
    told |= {f"urls[{number}]": url for number, url in enumerate(inner_list(resource, "urls"))}
    told["serviceConfig.uri"] = inner(resource, "serviceConfig").get("uri")
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


def _replacing(words: Mapping[str, str], regions: Mapping[str, str]) -> Callable[[str], str]:
    """Return what replaces each old name in a text."""
    names = {old: new for old, new in {**regions, **words}.items() if old and old != new}
    # A longer name is found before a shorter one that it begins with.
    longest = sorted(names, key=len, reverse=True)
    if not longest:
        return str
    pattern = re.compile("|".join(placed(it) if it in regions else _whole(it) for it in longest))
    return lambda text: pattern.sub(lambda found: names[found[0]], text)


def _whole(name: str) -> str:
    """Return the pattern of a name that is not a part of a longer one.

    The number of a project is a part of the address of each of its services: `run-75.us.run.app`.
    """
    if name.isdigit():
        return rf"(?<!\d){name}(?!\d)"
    # What is behind the name of a service begins with a hyphen: `-75.us-west2.run.app`.
    before = "" if name.startswith("-") else r"(?<![\w-])"
    return rf"{before}{re.escape(name)}(?![\w-])"
