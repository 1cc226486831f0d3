"""Tells where writers send data: addresses, tables and buckets. Pure."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from manifests.errors import RefusedError
from manifests.kinds.resources.types import ResourceType
from manifests.shapes import inner_list
from manifests.values import Resource
from recovery.fence.model import ThawStep

_ADDRESS = re.compile(r"https?://([A-Za-z0-9.-]+)(?::[0-9]+)?(?:[/?#]|$)")
_BUCKET = "gs://"
_DATASETS = ("destinationDatasetId",)
_TABLES = ("bigqueryConfig.table",)
_BUCKETS = ("cloudStorageConfig.bucket",)


def addresses(kind: ResourceType, resource: Resource) -> Iterator[str]:
    """Yield where a resource is reached, and what it calls by address."""
    for value in (resource.get("uri"), resource.get("url"), *inner_list(resource, "urls")):
        if isinstance(value, str):
            yield value
    yield from (text for text in called(kind, resource) if "://" in text)


def called(kind: ResourceType, resource: Resource) -> Iterator[str]:
    """Yield what a resource calls: addresses, names of topics without their project, tables, buckets."""
    for path in kind.calls:
        if value := _text(resource, path):
            bucket = _BUCKET if path in _BUCKETS else ""
            yield f"{bucket}{value.rpartition('/topics/')[2]}"


def sent_to(kind: ResourceType, resource: Resource, field: str) -> str:
    """Return where a writer sends what it sends by one of its fields; empty where that says nothing."""
    return next(called(kind, {field: resource.get(field)}), "")


def written_itself(resource: Resource, project: str) -> set[str]:
    """Return what a writer says that it writes, whatever the catalog says of it.

    Args:
        resource: The writer.
        project: Its project: what is in another is not looked at.
    """
    found = {f"dataset {_text(resource, path)}" for path in _DATASETS if _text(resource, path)}
    for path in _TABLES:
        owner, _, name = _text(resource, path).partition(".")
        if owner == project:
            found.add(f"dataset {name.partition('.')[0]}")
    return found | {f"bucket {_text(resource, path)}" for path in _BUCKETS if _text(resource, path)}


def own_places(project: str, datasets: Iterable[str], buckets: Iterable[str]) -> Iterator[str]:
    """Yield an address in each dataset, and each bucket, of the project itself."""
    yield from (f"{project}.{dataset}.any" for dataset in datasets)
    yield from (f"{_BUCKET}{bucket}" for bucket in buckets)


def strange_addresses(
    steps: Iterable[ThawStep],
    known: Collection[str],
    sent_before: Mapping[str, str],
    said: Collection[str],
) -> list[RefusedError]:
    """Return a refusal of each address that a thaw would set and that nothing else bears out.

    A record of a fence lies where others can write, and what is sent carries a token.

    Args:
        steps: What the thaw does.
        known: Where services of the project are reached, what its other writers call, and places of
            its own.
        sent_before: Where each writer sent it when the last run was made, by name.
        said: Hosts, datasets and buckets that the operator names; `*` is any.
    """
    places = {*map(_place, known), *said}
    return [
        RefusedError(
            f"it would send to {step.address}, where nothing of the project is",
            subject=step.name,
            hint=f"find out who wrote the record; `--address {_place(step.address)}` allows it",
        )
        for step in steps
        if step.address
        and "*" not in said
        and _place(step.address) not in places
        and sent_before.get(step.name) != step.address
    ]


def _place(address: str) -> str:
    """Return the host of an address, the dataset of a table; of a bucket it is the address.

    Of an address that two readers could read in two ways it is the whole: no other is like it.
    """
    if "://" not in address:
        return address.rpartition(".")[0] or address
    found = _ADDRESS.match(address)
    return found[1].lower() if found else address


def _text(resource: Resource, path: str) -> str:
    value: Any = resource
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, str) else ""
