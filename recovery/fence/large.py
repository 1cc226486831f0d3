"""What it takes to look at what is fenced, and what is too large for it: a plan tells it beforehand. Pure."""

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from manifests.catalog_writers import FenceRule
from manifests.kinds.databases.model import DatabaseBackup
from manifests.model.run import Manifest
from manifests.values import Resource
from recovery.fence.model import LookTakes
from recovery.limits import price

_LISTED = 1000
"""So many objects one call lists (Cloud Storage REST, objects.list: maxResults)."""
_COUNTED = 1000
_PRICED = 100_000
_OBJECTS, _DOCUMENTS = "objects", "documents"


class _Held(NamedTuple):
    """How much a run held of a thing, and how much of it a look reads at most."""

    thing: str
    sort: str
    held: int
    most: int
    location: str


type Ephemeral = Mapping[str, Collection[str]]
"""The collections of each database that are of no account: a look leaves them out."""


def too_large(
    rule: FenceRule, run: Manifest, things: Collection[str], ephemeral: Ephemeral
) -> dict[str, str]:
    """Return how much there is of each thing that is too large for a fence to know whether it is written.

    Args:
        rule: How many are looked at.
        run: What there was when the run was made; there may be more by now.
        things: As `bucket lake` or `database (default)`.
        ephemeral: What is not counted of databases.
    """
    return {
        item.thing: f"{item.held:,} {item.sort}"
        for item in _held(rule, run, things, ephemeral)
        if item.held > item.most
    }


def look_takes(
    rule: FenceRule, run: Manifest, things: Collection[str], ephemeral: Ephemeral
) -> LookTakes:
    """Return what one look at what the run held takes at most; by now there may be more.

    A look at what is too large ends where it knows that.

    Args:
        rule: How many are looked at.
        run: What there was when the run was made.
        things: As of `too_large`.
        ephemeral: What is not read of databases.
    """
    documents = calls = 0
    usd, priced_on = 0.0, ""
    for item in _held(rule, run, things, ephemeral):
        if item.sort == _DOCUMENTS:
            # They are counted first, 1,000 for one read (Firestore, Pricing, Aggregation queries).
            number = max(1, -(-item.held // _COUNTED))
            number += item.held if item.held <= item.most else 0
            documents += number
            told = price("document_read_usd_per_100000", item.location)
            usd += number / _PRICED * told.value
        else:
            pages = max(1, -(-min(item.held, item.most + 1) // _LISTED))
            calls += pages
            told = price("list_usd_per_1000_calls", item.location)
            usd += pages / _LISTED * told.value
        priced_on = told.as_of
    return LookTakes(documents=documents, calls=calls, usd=usd, priced_on=priced_on)


def _held(
    rule: FenceRule, run: Manifest, things: Collection[str], ephemeral: Ephemeral
) -> Iterator[_Held]:
    """Yield what the run held of buckets and databases that are fenced, in the order of their names."""
    held = {f"bucket {item.name}": (item.count, item.resource) for item in run.buckets}
    held |= {
        f"database {item.name}": (_looked_at(item, ephemeral.get(item.name, ())), item.resource)
        for item in run.databases
    }
    for thing in sorted(things):
        if thing not in held:
            continue
        count, resource = held[thing]
        is_bucket = thing.startswith("bucket ")
        yield _Held(
            thing,
            sort=_OBJECTS if is_bucket else _DOCUMENTS,
            held=count,
            most=rule.most_objects if is_bucket else rule.most_documents,
            location=_location(resource),
        )


def _looked_at(database: DatabaseBackup, ephemeral: Collection[str]) -> int:
    """Return how many documents of a database a look would read."""
    left_out = (it for it in database.collections if it.collection_id in ephemeral)
    return database.count - sum(item.fingerprint.row_count for item in left_out)


def _location(resource: Resource) -> str:
    """Return where a bucket or a database is, as prices name it; empty where that was not read."""
    told = str(resource.get("locationId") or resource.get("location") or "")
    return told if told == "US" else told.lower()
