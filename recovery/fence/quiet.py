"""Finds out whether anything still writes: looks twice, some time apart, and compares.

A paused writer may still have a run going. BigQuery says when each table was changed last; buckets and
databases have no such mark, so their objects and documents are listed, up to a number that the catalog
sets. What could not be looked at is unknown, and unknown is not quiet.
"""

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import ClassVar, NamedTuple, Protocol

from google.api_core.exceptions import NotFound

from manifests.catalog import Catalog
from manifests.catalog_writers import MOST_DOCUMENTS, MOST_OBJECTS
from manifests.cloud.bigquery import bigquery_client
from manifests.cloud.clients import storage_api
from manifests.cloud.documents import Documents
from manifests.cloud.firestore import Connection
from manifests.cloud.objects import Bucket
from manifests.cloud.resources import Resources
from manifests.errors import CloudError
from manifests.names import EVERYTHING, below, without
from recovery.fence.model import Quiet, Sort
from recovery.fence.running import RunningNow, named

_MOST_NAMED = 200_000
_SHORTEST_SECONDS = 1.0

type Mark = tuple[Sort, object]
type Marks = Mapping[str, Mark]
"""What is there, each with what changes when it is written."""


class _Others(NamedTuple):
    """Things that are too many to be told apart.

    Attributes:
        number: How many.
        digest: Of the names and versions of all.
    """

    number: int
    digest: str


class Looked(NamedTuple):
    """One look at some things.

    Attributes:
        found: What is there of each thing.
        unknown: Why a thing could not be looked at.
    """

    found: Mapping[str, Marks]
    unknown: Mapping[str, str]


class Runs(Protocol):
    """Asks for executions that have not ended."""

    def running(self, things: Collection[str]) -> RunningNow:
        """Return what runs now and may write to some things."""


class FenceLooks:
    """Looks at what is fenced.

    Args:
        catalog: Where things are, which collections of a database are of no account, and how many objects
            and documents are looked at.
        project: The project.
        most_named: So many objects of a bucket, and documents of a database, are told apart.
    """

    def __init__(self, catalog: Catalog, project: str, *, most_named: int = _MOST_NAMED) -> None:
        self._resources = Resources(bigquery_client(project, catalog.location), project)
        self._project = project
        self._most_named = most_named
        rule = catalog.fence
        self._most_objects = rule.most_objects if rule else MOST_OBJECTS
        self._most_documents = rule.most_documents if rule else MOST_DOCUMENTS
        self._ephemeral = {item.database: item.ephemeral for item in catalog.databases}

    def look(self, things: Collection[str]) -> Looked:
        """Return what is there of some things, and what could not be looked at, with why.

        Of what does not exist nothing is there.

        Args:
            things: As `dataset nba_raw`, `table nba_raw.games`, `bucket lake` or `database (default)`.
        """
        found: dict[str, Marks] = {}
        unknown: dict[str, str] = {}
        for thing in sorted(things):
            sort, _, name = thing.partition(" ")
            if sort not in self.sorts:
                unknown[thing] = "nothing tells"
                continue
            try:
                found[thing] = dict(self.sorts[sort](self, name))
            except CloudError as error:
                if isinstance(error.__cause__, NotFound):
                    found[thing] = {}
                else:
                    unknown[thing] = error.message
        return Looked(found, unknown)

    def _dataset(self, name: str) -> Iterator[tuple[str, Mark]]:
        for table_id in self._resources.created_ms(name):
            yield from self._table(f"{name}.{table_id}")

    def _table(self, name: str) -> Iterator[tuple[str, Mark]]:
        if (table := self._resources.table(name)) is not None:
            modified = str(table.resource.get("lastModifiedTime", ""))
            yield name, ("table", (modified, table.streaming_buffer))

    def _bucket(self, name: str) -> Iterator[tuple[str, Mark]]:
        bucket_name, _, prefix = name.partition("/")
        listed = Bucket(storage_api(self._project), bucket_name).list_objects(prefix)
        found = ((f"{bucket_name}/{item.name}", item.generation) for item in listed)
        yield from self._told_apart(found, bucket_name, "object", self._most_objects)

    def _database(self, name: str) -> Iterator[tuple[str, Mark]]:
        # Each document that is passed over would be read, and billed.
        ranges = without([EVERYTHING], *map(below, self._ephemeral.get(name, ())))
        documents = Documents(Connection(self._project, name))
        # A count bills one read for 1,000 documents: of too many none is read by itself.
        number = sum(documents.count(names) or 0 for names in ranges)
        if number > self._most_documents:
            raise _too_many("document", self._most_documents)
        listed = (item for names in ranges for item in documents.read(names, only_names=True))
        found = ((f"{name}/{item.path}", item.update_time_nanos) for item in listed)
        yield from self._told_apart(found, name, "document", self._most_documents)

    def _told_apart(
        self, found: Iterable[tuple[str, int]], within: str, sort: Sort, most: int
    ) -> Iterator[tuple[str, Mark]]:
        """Yield the first of many things with their marks, and one for all others together.

        Whether any of the rest was written their sum tells: all names would not fit into memory.

        Raises:
            CloudError: There are too many.
        """
        rest, number = hashlib.sha256(), 0
        for name, version in found:
            number += 1
            if number > most:
                raise _too_many(sort, most)
            if number <= self._most_named:
                yield name, (sort, version)
            else:
                rest.update(f"{name}\0{version}\0".encode())
        if number > self._most_named:
            others = _Others(number - self._most_named, rest.hexdigest())
            yield f"{within}/ (one of the others)", (sort, others)

    sorts: ClassVar[Mapping[str, Callable[["FenceLooks", str], Iterator[tuple[str, Mark]]]]] = {
        "dataset": _dataset,
        "table": _table,
        "bucket": _bucket,
        "database": _database,
    }
    """How things are looked at, by the first word of what the catalog calls them."""


def _too_many(sort: Sort, most: int) -> CloudError:
    return CloudError(f"it holds more than {most:,} {sort}s")


def wait_for_quiet(
    looking: FenceLooks,
    things: Collection[str],
    *,
    runs: Runs,
    seconds: float,
    within_seconds: float = 0,
    despite: Collection[str] = (),
    tell: Callable[[str], None] = lambda _: None,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Quiet:
    """Look at what is fenced, wait, and look again, until nothing changed and nothing runs.

    Args:
        looking: Looks.
        things: What is fenced.
        runs: Asks for executions.
        seconds: How long to wait between two looks.
        within_seconds: How long that may take in all; what is written or runs then is told.
        despite: Patterns of what may be unknown, or run on, as it is told.
        tell: Told what is waited for.
        sleep: Waits so many seconds.
        clock: Tells seconds.
    """
    waited = 0.0
    told: Mapping[str, str] = {}
    began = clock()
    before = looking.look(things)
    took = clock() - began
    while True:
        sleep(seconds)
        waited += max(seconds, _SHORTEST_SECONDS)
        # What runs is asked for first: that takes its time, and what is written meanwhile is seen after it.
        running = runs.running(things)
        began = clock()
        after = looking.look(things)
        took = max(took, clock() - began)
        found, executed = changed(before, after), named(running.found, despite)
        if told != executed:
            told = executed
            for name, what in executed.items():
                tell(f"waits for {name}: {what}")
        passing = before.unknown.keys() - after.unknown.keys()
        if not (found or executed or passing) or not seconds or waited >= within_seconds:
            break
        before = after
    unknown = {**before.unknown, **after.unknown, **running.unknown}
    marks = [mark for own in after.found.values() for mark in own.values()]
    return Quiet(
        seconds=seconds,
        look_seconds=took,
        changed=found,
        running=tuple(f"{name}: {what}" for name, what in executed.items()),
        executions=tuple(executed),
        looked_at=_counts(marks),
        unknown=tuple(f"{thing}: {why}" for thing, why in unknown.items()),
        in_doubt=tuple(named(unknown, despite)),
    )


def _counts(marks: Iterable[Mark]) -> dict[Sort, int]:
    """Return how many things of each sort were looked at."""
    found = Counter[Sort]()
    for sort, mark in marks:
        found[sort] += mark.number if isinstance(mark, _Others) else 1
    return dict(found)


def changed(before: Looked, after: Looked) -> tuple[str, ...]:
    """Return what was changed, made or removed between two looks, in order.

    Of what one of them could not look at nothing is known.
    """
    both = before.found.keys() & after.found.keys()
    return tuple(
        sorted(
            name
            for thing in both
            for name in before.found[thing].keys() | after.found[thing].keys()
            if before.found[thing].get(name) != after.found[thing].get(name)
        )
    )
