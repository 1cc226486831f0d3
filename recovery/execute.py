"""Carries out a plan: stage, prove, publish, prove again, report.

Repeating it is safe: every step looks at the destination first, every job has a computed id, and a
recovery that was killed anywhere ends in the same state when it is resumed.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from manifests.cloud.objects import Bucket
from manifests.errors import ReboundError
from manifests.model import Manifest, TableBackup
from recovery.journal import Journal
from recovery.outcome import PlannedRecovery, RecoveryReport, TableOutcome
from recovery.plan import TableStep
from recovery.targets.tables.bigquery import BigQueryTarget
from recovery.targets.tables.definitions import create_datasets, restore_definitions
from recovery.targets.tables.publish import Publisher
from recovery.targets.tables.staging import Staging

Progress = Callable[[str, str], None]
"""Told about a table and the stage it reached."""

_STAGING_DAYS = 2


class Recovery:
    """One recovery, begun or resumed.

    Args:
        planned: The plan that was said yes to.
        manifest: The manifest of the plan's run.
        target: Where the recovery writes.
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
        vault: Bucket,
        journal: Journal,
        clock: Callable[[], datetime],
        progress: Progress,
    ) -> None:
        self._planned = planned
        self._manifest = manifest
        self._target = target
        self._journal = journal
        self._clock = clock
        self._progress = progress
        self._staging = Staging(target, vault, planned.recovery_id)
        self._publisher = Publisher(target, planned.recovery_id)

    def run(self) -> RecoveryReport:
        """Recover everything the plan names and return what was proven and what was not.

        A table that fails does not stop the others; the report says so and is not a success.
        """
        plan = self._planned.plan
        settings = self._target.settings
        self._target.ensure_dataset(settings.scratch_dataset, table_days=_STAGING_DAYS)
        self._target.ensure_dataset(settings.undo_dataset, table_days=settings.undo_days)
        create_datasets(self._target, self._manifest, plan)
        with ThreadPoolExecutor(settings.parallel_tables, thread_name_prefix="recover") as pool:
            outcomes = tuple(pool.map(self._recover_table, plan.tables))
        problems = restore_definitions(self._target, self._manifest, plan)
        report = RecoveryReport(
            recovery_id=self._planned.recovery_id,
            plan=plan,
            started_at=self._planned.started_at,
            finished_at=self._clock(),
            tables=outcomes,
            problems=problems,
        )
        if all(outcome.is_proven for outcome in outcomes) and not problems:
            return self._journal.finish(report)
        return report

    def _recover_table(self, step: TableStep) -> TableOutcome:
        table = self._manifest.table(step.table)
        if table is None:
            return TableOutcome(table=step.table, action=step.action, error="not in the manifest")
        try:
            outcome = self._recovered(table, step)
        except ReboundError as error:
            self._progress(step.table, "failed")
            return TableOutcome(table=step.table, action=step.action, error=error.message)
        self._progress(step.table, "proven" if outcome.is_proven else "not equal")
        if outcome.is_proven:
            self._journal.record(outcome)
            self._staging.remove(step.table)
        return outcome

    def _recovered(self, table: TableBackup, step: TableStep) -> TableOutcome:
        earlier = self._journal.outcome(table.name)
        findings = self._publisher.findings(table, step, exact=self._planned.plan.request.exact)
        if not findings:
            # Equal already: left alone, or done by the process that was interrupted.
            return earlier or TableOutcome(
                table=table.name, action="leave", rows=table.fingerprint.row_count
            )
        staged = ""
        if step.action not in ("leave", "set properties"):
            self._progress(table.name, "staging")
            staged = self._staging.stage(table, step.partitions)
        self._progress(table.name, "publishing")
        undo = self._publisher.publish(table, step, staged)
        self._progress(table.name, "verifying")
        return TableOutcome(
            table=table.name,
            action=step.action,
            source=f"vault, run {self._manifest.run_id}" if staged else "",
            undo=undo,
            rows=step.rows,
            findings=self._publisher.findings(table, step, exact=self._planned.plan.request.exact),
        )
