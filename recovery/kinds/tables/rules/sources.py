"""Where a table's rows come from: the best source that still has them, and why."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Literal

from manifests.fingerprint import combined
from manifests.kinds.tables.model import TableBackup
from manifests.values import Resource, StoredObject, Value
from recovery.compare.observed import ObservedTable

type SourceName = Literal["time travel", "vault"]

_DEFAULT_WINDOW_HOURS = 168
# An instant at the edge of the window can be out of it before the copy begins.
_MARGIN = timedelta(hours=1)


class Source(Value):
    """A source of rows, and why it was chosen."""

    name: SourceName
    why: str


def choose_source(
    table: TableBackup,
    observed: ObservedTable,
    *,
    dataset: Resource | None,
    recovery_point: datetime,
    now: datetime,
) -> Source:
    """Choose where a table's rows are taken from.

    Time travel is one query in place of loads, but needs the very table the backup was made of,
    within its window (BigQuery, Time travel). The vault needs nothing. Either way the rows are
    proven before they are published.

    Args:
        table: The table in the manifest.
        observed: The table as it is.
        dataset: Its dataset as it is.
        recovery_point: The instant whose rows are wanted.
        now: The present instant.
    """
    obstacle = _obstacle(table, observed, recovery_point)
    if obstacle:
        return Source(name="vault", why=obstacle)
    hours = int((dataset or {}).get("maxTimeTravelHours", _DEFAULT_WINDOW_HOURS))
    if now - recovery_point > timedelta(hours=hours) - _MARGIN:
        return Source(name="vault", why=f"time travel reaches back {hours} h")
    return Source(name="time travel", why="the table is there and its history reaches back")


def coming_back(table: TableBackup, action: str, partitions: Collection[str]) -> tuple[int, int]:
    """Return how many rows come back of a table, and how many bytes hold them in the vault.

    Args:
        table: The table as it was.
        action: What is done to it.
        partitions: The partitions that are written; empty where the whole table is.
    """
    if action in ("leave", "set properties"):
        return 0, 0
    whole = action != "replace partitions" and not partitions
    written = (item for item in table.partitions if whole or item.partition_id in partitions)
    objects = table.objects if whole else _objects_for(table, partitions)
    rows = combined(item.fingerprint for item in written).row_count
    return rows, sum(item.size_bytes for item in objects)


def _obstacle(table: TableBackup, observed: ObservedTable, recovery_point: datetime) -> str:
    resource = observed.resource
    if resource is None:
        return "the table and its history are gone"
    if resource.get("type", "TABLE") != "TABLE":
        return f"a {str(resource['type']).lower()} has no history"
    created_at = datetime.fromtimestamp(int(resource.get("creationTime", 0)) / 1000, UTC)
    if created_at > recovery_point:
        return "the table is younger than the recovery point"
    # A table that has or ever had row access policies needs an administrator for time travel.
    if table.row_access_policies or observed.row_access_policies:
        return "row access policies bar time travel"
    return ""


def _objects_for(table: TableBackup, partitions: Collection[str]) -> list[StoredObject]:
    needed = {item.export_id for item in table.partitions if item.partition_id in partitions}
    return [
        stored
        for export in table.exports
        if export.export_id in needed
        for stored in export.objects
    ]
