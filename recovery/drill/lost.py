"""Looks at the platform for what was written since the recovery point: a recovery would have lost it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial

from manifests.cloud.clients import bigquery_client, storage_api
from manifests.cloud.objects import Bucket
from manifests.cloud.resources import Resources
from manifests.errors import ReboundError
from manifests.kinds.tables.model import TableBackup
from recovery.drill.model import Since
from recovery.drill.prepared import Prepared
from recovery.drill.tasks import Task
from recovery.kinds.tables.rules.asked import wanted_tables

type _Look = tuple[str, Callable[[], Since]]

_MOST_OBJECTS = 100_000
_DOCUMENTS = "Firestore tells what was written since only to who reads every document"


def written_since(prepared: Prepared) -> dict[str, Since]:
    """Return what was written to each drilled table, bucket and database since its recovery point.

    What could not be looked at is told as such: a drill does not need to read the platform.

    Args:
        prepared: The drill.
    """
    found: dict[str, Since] = {}
    for task in prepared.tasks:
        for name in task.request.databases:
            found[f"database {name}"] = Since(why=_DOCUMENTS)
        for label, look in (*_of_tables(prepared, task), *_of_buckets(prepared, task)):
            try:
                found[label] = look()
            except ReboundError as error:
                found[label] = Since(why=f"it could not be looked at: {error.message}")
    return found


def _of_tables(prepared: Prepared, task: Task) -> Iterator[_Look]:
    if "tables" not in task.request.kinds:
        return
    session = prepared.session
    project = session.settings.project
    resources = Resources(bigquery_client(project, session.catalog.location), project)
    for table in wanted_tables(prepared.manifest, task.request):
        yield f"table {table.name}", partial(_rows, resources, table, prepared.begun.recovery_point)


def _rows(resources: Resources, table: TableBackup, point: datetime) -> Since:
    live = resources.table(table.name)
    if live is None:
        return Since(why="it is not there now")
    modified = datetime.fromtimestamp(int(live.resource["lastModifiedTime"]) / 1000, UTC)
    buffered = int((live.resource.get("streamingBuffer") or {}).get("estimatedRows") or 0)
    if modified <= point and not buffered:
        return Since(things=0)
    more = int(live.resource.get("numRows") or 0) + buffered - table.count
    return Since(
        things=max(more, 0), why="rows more than then; rows that were changed are not told"
    )


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
