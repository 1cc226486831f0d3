"""How often a table may change (BigQuery, Quotas and limits)."""

import threading
from collections import defaultdict, deque

from tests.standin.bigquery.engine.database import Write
from tests.standin.bigquery.engine.entries import Entry, Resource
from tests.standin.bigquery.engine.locks import TableKey
from tests.standin.bigquery.engine.partitions import is_partitioned, partition_expression
from tests.standin.bigquery.engine.rows import FROM, TO
from tests.standin.bigquery.errors import BigQueryError
from tests.standin.bigquery.settings import Settings

_DAY_MICROS = 24 * 3600 * 1_000_000
_RATE_MICROS = 10 * 1_000_000
_PARTITIONED_FACTOR = 10
# The first and the last are what users saw (pingcap-inc/tidb2dw issue 91); the second is a guess.
_USED_UP = {
    "": ("load_job_per_table.long", "imports or query appends per table"),
    "ingestion": (
        "partition_modifications_per_ingestion_partitioned_table.long",
        "Number of partition modifications to an ingestion-time partitioned table",
    ),
    "column": (
        "partition_modifications_per_column_partitioned_table.long",
        "Number of partition modifications to a column partitioned table",
    ),
}
_SEE = "For more information, see https://cloud.google.com/bigquery/docs/troubleshoot-quotas"


class Quotas:
    """What each table was changed by lately. Safe to share between threads.

    Args:
        settings: How much a table takes.

    Attributes:
        refused_updates: How many updates of metadata came too fast.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.refused_updates = 0
        self._guard = threading.Lock()
        self._loads: dict[TableKey, deque[int]] = defaultdict(deque)
        self._modifications: dict[TableKey, deque[int]] = defaultdict(deque)
        self._updates: dict[TableKey, deque[int]] = defaultdict(deque)

    def take_load(self, key: TableKey, now_micros: int) -> None:
        """Count a load of a table, which counts also when it fails (Optimize load jobs).

        Raises:
            BigQueryError: The table has had as many as it takes.
        """
        with self._guard:
            loads = _recent(self._loads[key], now_micros - _DAY_MICROS)
            if len(loads) >= self._settings.loads_per_table:
                raise _used_up("load_job_per_table.long", "imports or query appends per table")
            loads.append(now_micros)

    def take_job(self, write: Write, key: TableKey, partition_id: str | None) -> None:
        """Count what a load, a copy or the result of a query changed of a table.

        A partitioned table counts the partitions that a job appends to or overwrites, any other
        the job (Partitioned tables; Standard tables).

        Args:
            write: The change, done and not yet committed.
            key: The table.
            partition_id: The partition that the job named; None for none.

        Raises:
            BigQueryError: The table takes no more, today or so fast.
        """
        entry = write.table(key)
        assert entry is not None
        self.take_update(key, entry.resource, write.stamp)
        layout = _layout(entry.resource)
        count = _changed_partitions(write, entry) if layout and partition_id is None else 1
        with self._guard:
            known = _recent(self._modifications[key], write.stamp - _DAY_MICROS)
            if len(known) + count > self._settings.modifications[layout]:
                raise _used_up(*_USED_UP[layout])
            known.extend([write.stamp] * count)

    def take_update(
        self, key: TableKey, resource: Resource, now_micros: int, *, is_dml: bool = False
    ) -> None:
        """Count an update of a table's metadata, which every change of the table is one of.

        Args:
            key: The table.
            resource: What it is.
            now_micros: The time of day.
            is_dml: Whether a DML statement changes it, which counts and is never refused.

        Raises:
            BigQueryError: They come too fast, and the stand-in was told to mind.
        """
        partitioned = is_partitioned(resource)
        most = self._settings.updates * (_PARTITIONED_FACTOR if partitioned else 1)
        with self._guard:
            updates = _recent(self._updates[key], now_micros - _RATE_MICROS)
            if 0 < most <= len(updates) and not is_dml:
                self.refused_updates += 1
                kind = "partitioned table" if partitioned else "table"
                raise BigQueryError(
                    "rateLimitExceeded",
                    f"Exceeded rate limits: too many {kind} update operations for this table. {_SEE}",
                )
            updates.append(now_micros)


def _recent(instants: deque[int], since_micros: int) -> deque[int]:
    while instants and instants[0] <= since_micros:
        instants.popleft()
    return instants


def _used_up(location: str, what: str) -> BigQueryError:
    message = f"Quota exceeded: Your table exceeded quota for {what}. {_SEE}"
    return BigQueryError("quotaExceeded", message, location=location)


def _layout(resource: Resource) -> str:
    """Return how a table is partitioned: by `ingestion`, by a `column`, or not at all."""
    if not is_partitioned(resource):
        return ""
    by = resource.get("timePartitioning") or resource["rangePartitioning"]
    return "column" if by.get("field") else "ingestion"


def _changed_partitions(write: Write, entry: Entry) -> int:
    """Count the partitions whose rows a change ended or added; an earlier form's are not seen."""
    ((count,),) = write.execute(
        f"SELECT count(DISTINCT {partition_expression(entry)}) FROM {entry.rows.name} "
        f"WHERE {FROM} = {write.stamp} OR {TO} = {write.stamp}"
    )
    return int(count)
