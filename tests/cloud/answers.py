"""The answers of two clouds side by side."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tests.standin.discovery.reported import taken

# Words of a refusal are for people to read: the stand-in's are its own.
_NOT_COMPARED = frozenset({"says"})


class Difference(NamedTuple):
    """One answer, or a part of it, that is not the same.

    Attributes:
        where: The probe and the way to the part, as `tables.clones/day/counted`.
        cloud: What the cloud answered; None where it has no such part.
        local: What the local cloud answered.
    """

    where: str
    cloud: Any
    local: Any


def differences(cloud: object, local: object, where: str = "") -> Iterator[Difference]:
    """Return the innermost parts that differ."""
    if isinstance(cloud, Mapping) and isinstance(local, Mapping):
        for key in sorted(cloud.keys() | local.keys() - _NOT_COMPARED):
            if key not in _NOT_COMPARED:
                below = f"{where}/{key}" if where else str(key)
                yield from differences(cloud.get(key), local.get(key), below)
    elif _is_list(cloud) and _is_list(local) and len(cloud) == len(local):
        for number, (one, other) in enumerate(zip(cloud, local, strict=True)):
            yield from differences(one, other, f"{where}/{number}")
    elif cloud != local:
        yield Difference(where, cloud, local)


def take_what_is_probed(reports: Path) -> None:
    """Take the report of the probe that sends output-only fields on purpose, and of nothing else."""
    found = taken(reports)
    assert found
    assert all("bigquery.tables.update: " in line and "output only" in line for line in found)


def _is_list(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)
