"""Whether nothing writes any more: looked at twice, some time apart.

A paused writer may still have a run going. BigQuery says when each table was changed last; buckets and
databases have no such mark, so their objects and documents are listed, up to a number.
"""

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import islice

from manifests.catalog import Catalog
from manifests.cloud.clients import bigquery_client, storage_api
from manifests.cloud.documents import Documents
from manifests.cloud.firestore import Connection
from manifests.cloud.objects import Bucket
from manifests.cloud.resources import Resources
from manifests.errors import CloudError
from manifests.names import NameRange
from recovery.fence.model import Quiet, Sort

_MOST_OBJECTS = 200_000
_MOST_DOCUMENTS = 50_000

type Mark = tuple[Sort, object]
type Marks = Mapping[str, Mark]
"""What is there, each with what changes when it is written."""


class Looking:
    """Looks at what is fenced.

    Args:
        catalog: Where things are, and which collections of a database are of no account.
        project: The project.
    """

    def __init__(self, catalog: Catalog, project: str) -> None:
        self._resources = Resources(bigquery_client(project, catalog.location), project)
        self._project = project
        self._ephemeral = {item.database: item.ephemeral for item in catalog.databases}

    def look(self, things: Collection[str]) -> tuple[dict[str, Mark], dict[str, str]]:
        """Return what is there of some things, and what could not be looked at, with why.

        Args:
            things: As `dataset nba_raw`, `table nba_raw.games`, `bucket lake` or `database (default)`.
        """
        found: dict[str, Mark] = {}
        unknown: dict[str, str] = {}
        looks: dict[str, Callable[[str], Iterator[tuple[str, Mark]]]] = {
            "dataset": self._dataset,
            "table": self._table,
            "bucket": self._bucket,
            "database": self._database,
        }
        for thing in sorted(things):
            sort, _, name = thing.partition(" ")
            if sort not in looks:
                unknown[thing] = "nothing tells"
                continue
            try:
                found |= dict(looks[sort](name))
            except CloudError as error:
                unknown[thing] = error.message
        return found, unknown

    def _dataset(self, name: str) -> Iterator[tuple[str, Mark]]:
        for table_id in self._resources.created_ms(name):
            yield from self._table(f"{name}.{table_id}")

    def _table(self, name: str) -> Iterator[tuple[str, Mark]]:
        if (table := self._resources.table(name)) is not None:
            modified = str(table.resource.get("lastModifiedTime", ""))
            yield name, ("table", (modified, table.streaming_buffer))

    def _bucket(self, name: str) -> Iterator[tuple[str, Mark]]:
        bucket_name, _, prefix = name.partition("/")
        api = storage_api(self._project)
        listed = Bucket(api, bucket_name).list_objects(prefix)
        for item in islice(listed, _MOST_OBJECTS):
            yield f"{bucket_name}/{item.name}", ("object", item.generation)
        if next(listed, None) is not None:
            raise CloudError(f"it holds more than {_MOST_OBJECTS:,} objects")

    def _database(self, name: str) -> Iterator[tuple[str, Mark]]:
        ephemeral = self._ephemeral.get(name, ())
        listed = Documents(Connection(self._project, name)).read(NameRange())
        for item in islice(listed, _MOST_DOCUMENTS):
            if item.path.partition("/")[0] not in ephemeral:
                yield f"{name}/{item.path}", ("document", item.update_time_nanos)
        if next(listed, None) is not None:
            raise CloudError(f"it holds more than {_MOST_DOCUMENTS:,} documents")


def wait_for_quiet(
    looking: Looking,
    things: Collection[str],
    *,
    seconds: float,
    within_seconds: float = 0,
    sleep: Callable[[float], None] = time.sleep,
) -> Quiet:
    """Look at what is fenced, wait, and look again, until nothing changed between two looks.

    Args:
        looking: Looks.
        things: What is fenced.
        seconds: How long to wait between two looks.
        within_seconds: How long that may take in all; what is written then is told.
        sleep: Waits so many seconds.
    """
    waited = 0.0
    before, _ = looking.look(things)
    while True:
        sleep(seconds)
        waited += seconds
        after, unknown = looking.look(things)
        found = changed(before, after)
        if not found or not seconds or waited >= within_seconds:
            break
        before = after
    return Quiet(
        seconds=seconds,
        changed=found,
        looked_at=dict(Counter(sort for sort, _ in after.values())),
        unknown=tuple(f"{thing}: {why}" for thing, why in unknown.items()),
    )


def changed(before: Marks, after: Marks) -> tuple[str, ...]:
    """Return what was changed, made or removed between two looks, in order."""
    names = before.keys() | after.keys()
    return tuple(sorted(name for name in names if before.get(name) != after.get(name)))
