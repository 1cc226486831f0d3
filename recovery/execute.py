"""Carries out a plan: stage, prove, publish, prove again, report.

Repeating it is safe: every step looks at the destination first, every job has a computed id, and a
recovery that was killed anywhere ends in the same state when it is resumed.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from functools import partial

from manifests.cloud.objects import Bucket
from manifests.cloud.working import SCRATCH_DAYS, ready_dataset
from manifests.errors import ManifestAlteredError, ReboundError
from manifests.model import Manifest, TableBackup
from recovery.compare import PartitionSet
from recovery.journal import Journal
from recovery.outcome import PlannedRecovery, RecoveryReport, TableOutcome
from recovery.plan import TableStep
from recovery.plan.tables import removed_rows
from recovery.progress import Progress
from recovery.targets.documents.recover import DatabaseRecovery
from recovery.targets.objects.buckets import BucketTargets
from recovery.targets.tables.bigquery import BigQueryTarget
from recovery.targets.tables.datasets import create_datasets, finish_datasets
from recovery.targets.tables.definitions import restore_definitions
from recovery.targets.tables.properties import Properties, has_foreign_keys
from recovery.targets.tables.publish import Proof, Publisher
from recovery.targets.tables.staging import Staging


class Recovery:
    """One recovery, begun or resumed.

    Args:
        planned: The plan that was said yes to.
        manifest: The manifest of the plan's run.
        target: Where the recovery writes.
        buckets: Recovers buckets.
        databases: Recovers Firestore databases.
        vault: Where the backup is.
        journal: What was done so far.
        clock: Gives the present instant.
        progress: Told how far each table is.
    """

    def __init__(
        self,
        planned: PlannedRecovery,
        manifest: Manifest,
        *,
        target: BigQueryTarget,
        buckets: BucketTargets,
        databases: DatabaseRecovery,
        vault: Bucket,
        journal: Journal,
        clock: Callable[[], datetime],
        progress: Progress,
    ) -> None:
        self._planned = planned
        self._manifest = manifest
        self._target = target
        self._buckets = buckets
        self._databases = databases
        self._journal = journal
        self._clock = clock
        self._progress = progress
        self._staging = Staging(
            target, vault, planned.recovery_id, recovery_point=manifest.recovery_point
        )
        self._publisher = Publisher(target, planned.recovery_id)

    def run(self) -> RecoveryReport:
        """Recover everything the plan names and return what was proven and what was not.

        A table that fails does not stop the others; the report says so and is not a success.
        """
        plan = self._planned.plan
        if plan.changes_tables:
            self._make_room()
        failed = create_datasets(self._target, self._manifest, plan)
        published = self._in_parallel(self._published, plan.tables)
        # A foreign key can refer to a table that had to be published first.
        self._in_parallel(self._constrained, plan.tables)
        outcomes = self._in_parallel(self._proven, zip(plan.tables, published, strict=True))
        unmade = restore_definitions(self._target, self._manifest, plan)
        datasets = finish_datasets(self._target, self._manifest, plan, failed=failed)
        buckets = self._buckets.recover(
            self._planned, self._manifest, journal=self._journal, progress=self._progress
        )
        databases = tuple(map(self._databases.recover, plan.databases))
        report = RecoveryReport(
            recovery_id=self._planned.recovery_id,
            plan=plan,
            started_at=self._planned.started_at,
            finished_at=self._clock(),
            tables=outcomes,
            datasets=datasets,
            problems=unmade.problems,
            impossible=unmade.impossible,
            buckets=buckets,
            databases=databases,
        )
        return self._journal.end(report)

    def _make_room(self) -> None:
        settings = self._target.settings
        ready = partial(ready_dataset, self._target.resources, location=self._target.location)
        ready(settings.scratch_dataset, table_days=SCRATCH_DAYS)
        ready(settings.undo_dataset, table_days=settings.undo_days)

    def _in_parallel[Item, Result](
        self, work: Callable[[Item], Result], items: Iterable[Item]
    ) -> tuple[Result, ...]:
        parallel = self._target.settings.parallel_tables
        with ThreadPoolExecutor(parallel, thread_name_prefix="recover") as pool:
            return tuple(pool.map(work, items))

    def _published(self, step: TableStep) -> TableOutcome:
        """Stage, prove and publish one table, unless it is equal already."""
        try:
            table = self._table(step)
            request = self._planned.plan.request
            proof = self._publisher.prove(table, step, request)
            if not proof.findings:
                # Equal already: left alone, or done by the process that was interrupted.
                return self._journal.outcome(table.name) or self._found_equal(table, step, proof)
            if step.action == "leave":
                # It was equal when the plan was made; nobody agreed to anything else.
                return TableOutcome(table=table.name, action="leave")
            source = ""
            if step.source is not None:
                self._progress(table.name, "staging")
                source = self._staging.stage(table, step.partitions, step.source.name)
            self._progress(table.name, "publishing")
            staged = self._staging.name(table.name)
            undo = self._publisher.publish(table, step, request, staged)
        except ReboundError as error:
            self._progress(step.table, "failed")
            return _failed(step, error)
        outcome = _published(step, undo=undo, source=source)
        # Before it is proven: whoever goes on after a kill finds it equal, and has to tell of this.
        self._journal.record(outcome)
        return outcome

    def _found_equal(self, table: TableBackup, step: TableStep, proof: Proof) -> TableOutcome:
        """Say how a table ended that is equal, and of which nothing was written down."""
        undo = self._publisher.undo_of(table) if step.action != "leave" else ""
        if undo:
            # An attempt that was killed has published it: before it could say so.
            return _published(step, undo=undo)
        return TableOutcome(
            table=table.name,
            action="leave",
            rows=table.fingerprint.row_count - proof.expired.rows,
            expired=proof.expired,
        )

    def _constrained(self, step: TableStep) -> None:
        try:
            table = self._table(step)
            if step.action != "leave" and has_foreign_keys(table.resource):
                Properties(self._target).set(table, with_foreign_keys=True)
        except ReboundError:
            # The proof that follows finds the missing key and tells of it.
            return

    def _proven(self, published: tuple[TableStep, TableOutcome]) -> TableOutcome:
        """Look at a published table again and say whether it is equal to the recovery point."""
        step, outcome = published
        if outcome.error:
            return outcome
        self._progress(step.table, "verifying")
        try:
            proof = self._publisher.prove(self._table(step), step, self._planned.plan.request)
        except ReboundError as error:
            self._progress(step.table, "failed")
            return _failed(step, error)
        proven = outcome.model_copy(update=proof._asdict())
        self._progress(step.table, proven.stage)
        if proven.is_proven:
            self._clean_up(step)
        return proven

    def _clean_up(self, step: TableStep) -> None:
        # The table is proven; a staging table that stays expires by itself.
        if step.source is not None:
            with suppress(ReboundError):
                self._staging.remove(step.table)

    def _table(self, step: TableStep) -> TableBackup:
        table = self._manifest.table(step.table)
        if table is None:
            raise ManifestAlteredError(
                "the plan's table is not in the manifest", subject=step.table
            )
        return table


def _published(step: TableStep, *, undo: str, source: str = "") -> TableOutcome:
    return TableOutcome(
        table=step.table,
        action=step.action,
        source=source,
        undo=undo,
        rows=step.rows,
        removed=PartitionSet(partitions=step.removed_partitions, rows=removed_rows(step)),
    )


def _failed(step: TableStep, error: ReboundError) -> TableOutcome:
    return TableOutcome(
        table=step.table,
        action=step.action,
        error=error.message,
        hint=error.hint,
        exit_code=error.exit_code,
    )
