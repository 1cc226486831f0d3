"""The frozen copy of one table: cloned at the recovery point, measured, found whole."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import NamedTuple

import structlog
from google.cloud import bigquery

from functions.exporter import RunContext
from functions.exports.tables.choice import has_same_layout
from functions.exports.tables.dropped import is_before_history, never_was, table_then
from functions.exports.tables.readable import readable, refuse_other_key
from manifests import layout, statements
from manifests.cloud.contents import check_all_seen, read_contents
from manifests.cloud.permissions import COPIES_POLICIES, READS_PROTECTED_HISTORY
from manifests.cloud.resources import TableResource
from manifests.cloud.table_paths import table_path
from manifests.errors import (
    CloudError,
    MisconfiguredError,
    PointLostError,
    SourceMissingError,
    SourceUnreadableError,
)
from manifests.fingerprint import combined
from manifests.kinds.tables.model import Definition, TableBackup, encryption_key
from manifests.partitions import demands_filter, is_ingestion_time
from manifests.values import Fingerprint, Resource

_MADE_LATER = "it was made after the recovery point, or its history does not reach back to it"

log = structlog.get_logger()


class FrozenTable(NamedTuple):
    """A table at the recovery point.

    Attributes:
        source: The table as it was read.
        resource: Its resource, with the columns of the recovery point.
        partitions: The content of each partition.
        has_same_layout: Whether the frozen copy is partitioned as the table is.
        definition: Whose definition the resource is.
    """

    source: TableResource
    resource: Resource
    partitions: dict[str, Fingerprint]
    has_same_layout: bool
    definition: Definition = "own"


class FrozenCopies:
    """The frozen copies of one run, in the scratch dataset. Safe to share between threads.

    Args:
        context: What the run works with.
    """

    def __init__(self, context: RunContext) -> None:
        self._start, self._settings = context.start, context.settings
        self._jobs, self._resources = context.jobs, context.resources
        self._holder = context.holder
        # A copy or job that somebody made before the run began has another name.
        self._owner = f"{context.start.run_id}-{context.start_generation}"

    def freeze(self, table: str, base: TableBackup | None) -> FrozenTable:
        """Clone a table as of the recovery point, count and fingerprint the clone.

        Of a table that was dropped or replaced since, the rows are copied back.

        Args:
            table: The table, `dataset.table`.
            base: The same table in an earlier run, which knows the definition of a dropped one.

        Raises:
            SourceUnreadableError: The table, or all that was in it, cannot be read.
            MisconfiguredError: The scratch dataset lets rows of the copy expire.
        """
        try:
            source = readable(self._resources, table)
            self._refuse_successor(table, source.resource)
            return self._frozen(table, source, self._clone(table, source.resource), "own")
        except (SourceMissingError, PointLostError) as error:
            # Gone, or made again: what can be read now does not say how it was then.
            dropped, definition = table_then(table, self._copied_back(table, base, error), base)
            return self._frozen(table, dropped, self._checked(table, dropped.resource), definition)

    def _refuse_successor(self, table: str, resource: Resource) -> None:
        """Refuse a table that took the place of the one of the recovery point."""
        if int(resource.get("creationTime", 0)) > self._start.recovery_point.timestamp() * 1000:
            raise PointLostError(_MADE_LATER, subject=table)

    def _frozen(
        self, table: str, source: TableResource, copy: Resource, definition: Definition
    ) -> FrozenTable:
        resource = {**source.resource, "schema": copy["schema"]}
        has_layout = has_same_layout(source.resource, copy)
        if is_ingestion_time(resource) and not has_layout:
            self._remove(table)
            raise SourceUnreadableError(
                "its frozen copy lost its partitions, which no column holds", subject=table
            )
        is_there = definition == "own"
        partitions = self._measured(table, source, copy, is_there=is_there)
        return FrozenTable(source, resource, partitions, has_layout, definition)

    def table_id(self, table: str) -> str:
        """Return the id of a table's frozen copy in the scratch dataset."""
        return layout.work_id(self._owner, table)

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
        return self._checked(table, source)

    def _copied_back(
        self, table: str, base: TableBackup | None, gone: SourceUnreadableError
    ) -> TableResource:
        """Copy the rows that a table which is gone had at the recovery point.

        Raises:
            SourceUnreadableError: There was no such table then; the one that was given.
        """
        name = f"{self._settings.scratch_dataset}.{self.table_id(table)}"
        if (copied := self._resources.table(name)) is not None:  # frozen before it was dropped
            return copied
        moment = int(self._start.recovery_point.timestamp() * 1000)
        config = bigquery.CopyJobConfig(write_disposition="WRITE_EMPTY")
        if key := encryption_key(base.resource) if base else "":
            config.destination_encryption_configuration = bigquery.EncryptionConfiguration(key)
        try:
            self._jobs.run(
                self.job_id(table, "copy-back"),
                lambda job_id, _: self._jobs.client.copy_table(
                    bigquery.TableReference.from_string(
                        f"{self._settings.project}.{table}@{moment}"
                    ),
                    bigquery.TableReference.from_string(self.full_id(self.table_id(table))),
                    job_id=job_id,
                    location=self._jobs.location,
                    job_config=config,
                    retry=None,  # type: ignore[arg-type]  # None: no retry of Google's own
                ),
                subject=table,
                usable=lambda _: self._resources.table(name) is not None,
                needs=f"{READS_PROTECTED_HISTORY}, {COPIES_POLICIES}",
            )
        except CloudError as error:
            raise (gone if never_was(error, table) else error) from error
        return readable(self._resources, name)

    def _checked(self, table: str, source: Resource) -> Resource:
        """Return the resource of a table's frozen copy, which loses no rows and has its key."""
        name = f"{self._settings.scratch_dataset}.{self.table_id(table)}"
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
        self, table: str, source: TableResource, copy: Resource, *, is_there: bool
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
        # A table that is gone cannot be counted, so its copy is counted instead.
        copied_rows = int(copy["numRows"])
        then = self._count_then(table, source.resource, copied_rows) if is_there else copied_rows
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
    """Raise `PointLostError` for a table that has no history of the recovery point.

    BigQuery answers "Invalid snapshot time … Cannot read before …" where an instant is before the
    table was made, or before its history (BigQuery, Access historical data).

    Raises:
        PointLostError: It has no history of that instant.
    """
    try:
        yield
    except CloudError as error:
        if not is_before_history(error):
            raise
        raise PointLostError(_MADE_LATER, subject=table) from error
