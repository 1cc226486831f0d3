"""Looks at the platform for what was written since the recovery point: a recovery would have lost it."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial

from google.cloud import bigquery

from manifests.cloud.bigquery import bigquery_client
from manifests.cloud.clients import storage_api
from manifests.cloud.documents import Documents
from manifests.cloud.firestore import Connection, nanos_at
from manifests.cloud.jobs import Jobs
from manifests.cloud.objects import Bucket
from manifests.cloud.resources import Resources
from manifests.control_statements import rows_since
from manifests.errors import ReboundError
from manifests.kinds.tables.model import TableBackup
from manifests.names import NameRange
from recovery.drill.model import Since
from recovery.drill.prepared import Prepared
from recovery.drill.tasks import Task
from recovery.kinds.databases.rules.ranges import scope
from recovery.kinds.tables.rules.asked import wanted_tables

type _Look = tuple[str, Callable[[], Since]]

_MOST_OBJECTS = 100_000
_MOST_DOCUMENTS = 100_000


def written_since(prepared: Prepared) -> dict[str, Since]:
    """Return what was written to each drilled table, bucket and database since its recovery point.

    What could not be looked at is told as such: a drill does not need to read the platform.

    Args:
        prepared: The drill.
    """
    found: dict[str, Since] = {}
    for task in prepared.tasks:
        looks = (_of_tables, _of_buckets, _of_databases)
        for label, look in (item for of in looks for item in of(prepared, task)):
            try:
                found[label] = look()
            except ReboundError as error:
                found[label] = Since(why=f"it could not be looked at: {error.message}")
    return found


def _of_tables(prepared: Prepared, task: Task) -> Iterator[_Look]:
    if "tables" not in task.request.kinds:
        return
    session = prepared.session
    client = bigquery_client(session.settings.project, session.catalog.location)
    look = _Tables(client, session.settings.project, f"rebound-since-{session.own_id}")
    point = prepared.begun.recovery_point
    for number, table in enumerate(wanted_tables(prepared.manifest, task.request)):
        target = task.request.target
        restored = f"{target.project}.{target.name(table.name)}"
        yield f"table {table.name}", partial(look.rows, table, restored, point, number)


class _Tables:
    """Looks at tables of the platform."""

    def __init__(self, client: bigquery.Client, project: str, job: str) -> None:
        self._resources = Resources(client, project)
        self._jobs = Jobs(client, str(client.location))
        self._project = project
        self._job = job

    def rows(self, table: TableBackup, restored: str, point: datetime, number: int) -> Since:
        """Return how many rows a table has that it did not have at the recovery point.

        What it had is read where the drill restored it. Where that cannot be asked, as of a column that
        is new, how many more rows it has.

        Raises:
            CloudError: The table could not be looked at.
        """
        live = self._resources.table(table.name)
        if live is None:
            return Since(why="it is not there now")
        modified = datetime.fromtimestamp(int(live.resource["lastModifiedTime"]) / 1000, UTC)
        buffered = int((live.resource.get("streamingBuffer") or {}).get("estimatedRows") or 0)
        if modified <= point and not buffered:
            return Since(things=0)
        full = f"{self._project}.{table.name}"
        try:
            sql = rows_since(full, restored, live.resource)
            (row,) = self._jobs.rows(f"{self._job}-{number}", sql, subject=full)
        except ReboundError as error:
            more = int(live.resource.get("numRows") or 0) + buffered - table.count
            why = f"rows more than then; how many were changed could not be asked: {error.message}"
            return Since(things=max(more, 0), why=why)
        return Since(things=int(row["more"]), why="rows that are new or changed")


def _of_buckets(prepared: Prepared, task: Task) -> Iterator[_Look]:
    for name in task.request.buckets:
        bucket = Bucket(storage_api(prepared.session.settings.project), name)
        prefix, point = task.request.objects.prefix, prepared.begun.recovery_point
        yield f"bucket {name}", partial(_objects, bucket, prefix, point)


def _objects(bucket: Bucket, prefix: str, point: datetime) -> Since:
    found = 0
    for number, item in enumerate(bucket.list_dated(prefix)):
        if number == _MOST_OBJECTS:
            return Since(why=f"it has more than {_MOST_OBJECTS:,} objects")
        found += item.written_at > point
    return Since(things=found)


def _of_databases(prepared: Prepared, task: Task) -> Iterator[_Look]:
    ephemeral = {item.database: item.ephemeral for item in prepared.session.catalog.databases}
    for name in task.request.databases:
        documents = Documents(Connection(prepared.session.settings.project, name))
        left_out = ephemeral.get(name, ())
        chosen = scope(task.request.collections, (), left_out)
        point = prepared.begun.recovery_point
        yield f"database {name}", partial(_documents, documents, chosen, point)


def _documents(documents: Documents, chosen: Sequence[NameRange], point: datetime) -> Since:
    found = number = 0
    since_nanos = nanos_at(point)
    for names in chosen:
        for item in documents.read(names, only_names=True):
            number += 1
            if number > _MOST_DOCUMENTS:
                return Since(why=f"it has more than {_MOST_DOCUMENTS:,} documents")
            found += item.update_time_nanos > since_nanos
    return Since(things=found, why="documents that are new or changed")
