"""References of a restored configuration, rewritten where things have other names now. Pure.

Resources refer to each other by text: names of resources, addresses of services, accounts. What is
restored under another project, number or address is looked up in one map, built while restoring.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple, Self

from manifests.values import Resource
from recovery.kinds.resources.rules.renaming import Names

_WITH_DATA = ("bigquery/transfer", "bigquery/connection")
"""Types that are where the datasets are (BigQuery, Locations)."""
_NAMING_DATA = frozenset(
    ("bucket", "database", "dataset", "datasetId", "destinationDatasetId", "value")
)
"""Fields that name data and nothing else; a `value` is that of an event's filter, or of a variable."""
_VARIABLES = ".environmentVariables."


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
        more: Of what was made meanwhile; it is found as a word.
    """

    def __init__(self, names: Names, more: Mapping[str, str] | None = None) -> None:
        self._told, self._more = names, dict(more or {})
        words = {**names.regions, **names.words, **self._more}
        self._names = {old: new for old, new in words.items() if old and old != new}
        self._plain = names.plain
        # A longer name is found before a shorter one that it begins with.
        longest = sorted(self._names, key=len, reverse=True)
        patterns = (_alone(name) if name in names.regions else _whole(name) for name in longest)
        self._pattern = re.compile("|".join(patterns)) if longest else None

    def of(self, kind: str) -> Self:
        """Return the rewriting of the resources of a type: what is beside data stays in its region."""
        if kind not in _WITH_DATA or not self._told.regions:
            return self
        return type(self)(self._told.model_copy(update={"regions": {}}), self._more)

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
            is_plain = value in self._plain and _names_data(at)
            after = self._plain[value] if is_plain else self.text(value)
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


def _alone(region: str) -> str:
    """Return the pattern of a region that is no part of an address: whose that is, it does not say."""
    return rf"(?<![\w.-]){re.escape(region)}(?![\w.-])"


def _whole(name: str) -> str:
    """Return the pattern of a name that is not a part of a longer one.

    The number of a project is a part of the address of each of its services: `run-75.us.run.app`.
    """
    if name.isdigit():
        return rf"(?<!\d){name}(?!\d)"
    return rf"(?<![\w-]){re.escape(name)}(?![\w-])"
