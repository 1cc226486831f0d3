"""The frozen copy of one table: cloned at the recovery point, measured, found whole."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import NamedTuple

import structlog

from functions.exports.choice import has_same_layout
from functions.exports.readable import readable, refuse_other_key
from functions.settings import Settings
from manifests import layout, statements
from manifests.cloud.contents import check_all_seen, read_contents
from manifests.cloud.jobs import Jobs
from manifests.cloud.permissions import COPIES_POLICIES, READS_PROTECTED_HISTORY
from manifests.cloud.resources import (
    Resources,
    TableResource,
    table_path,
)
from manifests.errors import (
    CloudError,
    MisconfiguredError,
    PointLostError,
    SourceUnreadableError,
)
from manifests.fingerprint import combined
from manifests.model import Fingerprint, Resource, RunStart
from manifests.partitions import demands_filter, is_ingestion_time

_BEFORE_HISTORY = "Cannot read before"

log = structlog.get_logger()


class FrozenTable(NamedTuple):
    """A table at the recovery point.

    Attributes:
        source: The table as it was read.
        resource: Its resource, with the columns of the recovery point.
        partitions: The content of each partition.
        has_same_layout: Whether the frozen copy is partitioned as the table is.
    """

    source: TableResource
    resource: Resource
    partitions: dict[str, Fingerprint]
    has_same_layout: bool


class FrozenCopies:
    """The frozen copies of one run, in the scratch dataset. Safe to share between threads.

    Args:
        start: The run.
        settings: Where the platform and its backups are.
        jobs: Where statements run.
        resources: Reads tables.
        holder: A name for this process that no other process has.
    """

    def __init__(
        self, start: RunStart, settings: Settings, jobs: Jobs, resources: Resources, holder: str
    ) -> None:
        self._start = start
        self._settings = settings
        self._jobs = jobs
        self._resources = resources
        self._holder = holder

    def freeze(self, table: str) -> FrozenTable:
        """Clone a table as of the recovery point, count and fingerprint the clone.

        Raises:
            SourceUnreadableError: The table, or all that was in it, cannot be read.
            MisconfiguredError: The scratch dataset lets rows of the copy expire.
        """
        source = readable(self._resources, table)
        copy = self._clone(table, source.resource)
        resource = {**source.resource, "schema": copy["schema"]}
        has_layout = has_same_layout(source.resource, copy)
        if is_ingestion_time(resource) and not has_layout:
            self._remove(table)
            raise SourceUnreadableError(
                "its frozen copy lost its partitions, which no column holds", subject=table
            )
        return FrozenTable(source, resource, self._measured(table, source, copy), has_layout)

    def table_id(self, table: str) -> str:
        """Return the id of a table's frozen copy in the scratch dataset."""
        return layout.work_id(self._start.run_id, table)

    def full_id(self, table_id: str) -> str:
        """Return the full id of a table in the scratch dataset."""
        return f"{self._settings.project}.{self._settings.scratch_dataset}.{table_id}"

    def job_id(self, table: str, step: str) -> str:
        """Return what identifies the job of one step of a table."""
        return f"rebound-{self.table_id(table)}-{step}"

    def create(self, table: str, step: str, sql: str, table_id: str, *, needs: str = "") -> None:
        """Run a statement that creates a scratch table, again if the table is gone."""
        name = f"{self._settings.scratch_dataset}.{table_id}"
        self._jobs.query(
            self.job_id(table, step),
            sql,
            subject=table,
            usable=lambda _: self._resources.table(name) is not None,
            needs=needs,
        )

    def _remove(self, table: str) -> None:
        """Remove a copy that cannot be used, so that the next call makes another."""
        name = f"{self._settings.scratch_dataset}.{self.table_id(table)}"
        self._resources.delete(table_path(name), subject=name)

    def _clone(self, table: str, source: Resource) -> Resource:
        """Clone the table as of the recovery point and return the clone's resource."""
        frozen_id = self.table_id(table)
        sql = statements.freeze(
            self.full_id(frozen_id),
            f"{self._settings.project}.{table}",
            source,
            at=self._start.recovery_point,
            hours=self._settings.frozen_hours,
        )
        needs = f"{READS_PROTECTED_HISTORY}, {COPIES_POLICIES}"
        with _at_the_point(table):
            self.create(table, "freeze", sql, frozen_id, needs=needs)
        name = f"{self._settings.scratch_dataset}.{frozen_id}"
        copy = readable(self._resources, name).resource
        refuse_other_key(copy, source, subject=table)
        if (copy.get("timePartitioning") or {}).get("expirationMs"):
            self._remove(table)
            raise MisconfiguredError(
                "partitions of its frozen copy expire, so rows can be missing",
                subject=table,
                hint="remove the default partition expiration of the dataset "
                f"{self._settings.scratch_dataset}",
            )
        return copy

    def _measured(
        self, table: str, source: TableResource, copy: Resource
    ) -> dict[str, Fingerprint]:
        """Count and fingerprint the copy, partition by partition, and count the table at T."""
        shaped = {
            **source.resource,
            "schema": copy["schema"],
            "requirePartitionFilter": demands_filter(copy),
        }
        # Answers of queries are kept for a day, a run can be continued after it: each call asks anew.
        contents = read_contents(
            self._jobs,
            self.job_id(table, f"measure-{self._holder[-32:]}"),
            self.full_id(self.table_id(table)),
            shaped,
            subject=table,
            stored_rows=int(copy["numRows"]),
        )
        counted = combined(contents.partitions.values()).row_count
        then = self._count_then(table, source.resource, int(copy["numRows"]))
        # A copy leaves out what is still in the streaming buffer (BigQuery, Table clones).
        is_short = counted < then and source.streaming_buffer is None
        if is_short or counted > then:
            raise SourceUnreadableError(
                f"its frozen copy holds {counted} of the {then} rows at the recovery point",
                subject=table,
                hint="look at the expirations of the table and of the scratch dataset",
                retryable=True,
            )
        return contents.partitions

    def _count_then(self, table: str, resource: Resource, copied_rows: int) -> int:
        """Count the table itself at T; the copy may have lost the policies that tell of hidden rows."""
        full_id = f"{self._settings.project}.{table}"
        sql = statements.count_at(full_id, resource, self._start.recovery_point)
        job = self.job_id(table, f"count-{self._holder[-32:]}")
        with _at_the_point(table):
            answer = self._jobs.answer(job, sql, subject=table)
        counted = int(answer.rows[0]["row_count"])
        check_all_seen(answer, counted, copied_rows, subject=table)
        return counted


@contextmanager
def _at_the_point(table: str) -> Generator[None]:
    """Tell a table that was not there yet at the recovery point, or not as it is read now.

    BigQuery answers "Invalid snapshot time … Cannot read before …" where an instant is before the
    table was made, or before its history (BigQuery, Access historical data).

    Raises:
        PointLostError: It has no history of that instant.
    """
    try:
        yield
    except CloudError as error:
        if _BEFORE_HISTORY not in error.message:
            raise
        raise PointLostError(
            "it was made after the recovery point, or its history does not reach back to it",
            subject=table,
        ) from error
