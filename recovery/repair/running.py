"""A repair that somebody said yes to, carried out: published with an undo point, and proven."""

from manifests import __version__
from manifests.catalog import Catalog
from manifests.cloud.working import ready_dataset
from manifests.errors import ManifestAlteredError, ReboundError, RefusedError
from manifests.kinds.tables.kind import TABLES
from manifests.kinds.tables.model import TableBackup
from manifests.model.run import Manifest
from manifests.resource_types import check_resource
from manifests.values import RunId
from recovery.compare.observed import ObservedTable
from recovery.journal import Journal
from recovery.kinds.decision import Origin
from recovery.kinds.outcome import Failure
from recovery.kinds.tables.cloud.bigquery import BigQueryTarget
from recovery.kinds.tables.cloud.publish import Publisher
from recovery.kinds.tables.cloud.staging import Staging
from recovery.kinds.tables.rules.outcomes import TableOutcome
from recovery.kinds.tables.rules.tables import TableStep
from recovery.kinds.work import Entries
from recovery.outcome import PlannedRecovery, RecoveryReport
from recovery.plan.said import planning_table
from recovery.repair.model import FOLDER, Repair
from recovery.repair.rules import as_table, holds_then
from recovery.session import Session


class Repairing:
    """One repair.

    Args:
        session: The clients.
        target: The project that the table is in.
        planned: What was agreed to.
        found: What it was made of.
        journal: What was done so far.
    """

    def __init__(
        self,
        session: Session,
        target: BigQueryTarget,
        planned: PlannedRecovery,
        found: Repair,
        journal: Journal,
    ) -> None:
        self._session = session
        self._target = target
        self._planned = planned
        self._found = found
        self._journal = journal
        self._publisher = Publisher(target, planned.recovery_id, self._journal)
        self._staging = Staging(
            target,
            session.vault_bucket,
            planned.recovery_id,
            recovery_point=planned.started_at,
            erased=session.ledger.all(),
        )

    def carry_out(self) -> RecoveryReport:
        """Publish what the table is to hold, unless it does; prove all of it; write down how it ended.

        A partition that nobody agreed to change has to hold what it does when this begins.
        """
        (step,) = self._planned.plan.of(TableStep)
        try:
            outcome = self._published(step)
        except ReboundError as error:
            outcome = _outcome(step).model_copy(update={"failure": Failure.of(error)})
        report = RecoveryReport(
            recovery_id=self._planned.recovery_id,
            plan=self._planned.plan,
            started_at=self._planned.started_at,
            finished_at=self._session.clock.latest(),
            outcomes=(outcome,),
            operator=self._planned.operator,
        )
        return self._journal.end(report)

    def differing(self) -> list[str]:
        """Return the partitions that do not hold now what they were to hold.

        Raises:
            RefusedError: The table is gone.
            CloudError: It could not be looked at.
        """
        holds, found = self._look().partitions or {}, self._found
        return [it for it in found.partitions if holds.get(it) != found.repaired.get(it)]

    def _published(self, step: TableStep) -> TableOutcome:
        found, request = self._found, self._planned.plan.request
        now = self._look()
        holds = dict(now.partitions or {})
        table = as_table(found.table, now, holds_then(found, holds), version=found.version)
        is_done = all(holds.get(name) == found.repaired.get(name) for name in found.partitions)
        if not is_done:
            self._require_staged()
            self._make_room()
            self._publisher.publish(table, step, request, self._staging.name(found.table))
        self._journal.record(FOLDER, _left(step), table)
        proof = self._publisher.prove(table, step, request)
        undo = self._publisher.undo_of(table)
        return _outcome(step).model_copy(update={"undo": undo, **proof._asdict()})

    def _look(self) -> ObservedTable:
        name = self._found.table
        found = self._target.resources.table(name)
        if found is None:
            raise RefusedError(
                "it is gone",
                subject=name,
                hint=f"`{planning_table(name)}` shows what brings it back",
            )
        holds = self._target.measure(name, found.resource, self._found.version).partitions
        return ObservedTable(
            resource=found.resource,
            row_access_policies=found.row_access_policies,
            partitions=holds,
        )

    def _require_staged(self) -> None:
        """Refuse to publish anything but what was agreed to.

        Raises:
            RefusedError: It is not kept any more, or is something else.
        """
        name = self._staging.name(self._found.table)
        staged = self._target.resources.table(name)
        holds = (
            None
            if staged is None
            else self._target.measure(name, staged.resource, self._found.version).partitions
        )
        if holds != dict(self._found.repaired):
            raise RefusedError(
                "what it was to publish is not kept any more",
                subject=self._found.table,
                hint=f"`rebound abandon {self._planned.recovery_id} --why ...`, then repair it anew",
            )

    def _make_room(self) -> None:
        settings = self._target.settings
        ready_dataset(
            self._target.resources,
            settings.undo_dataset,
            location=self._target.location,
            table_days=settings.undo_days,
        )


def _outcome(step: TableStep) -> TableOutcome:
    return TableOutcome(
        name=step.name,
        into=step.into,
        action=step.action,
        source="" if step.source is None else step.source.name,
        rows=step.rows,
    )


def _left(step: TableStep) -> str:
    return f"{step.name}.left"


def left_by(journal: Entries, report: RecoveryReport, catalog: Catalog) -> Origin:
    """Return what a repair left, as a run that holds it and nothing else.

    Raises:
        ManifestAlteredError: It is not in its journal, or is of more than one table.
        BackupDamagedError: It is no table.
        RefusedError: The catalog does not name the table.
    """
    plan, steps = report.plan, report.plan.of(TableStep)
    if len(steps) != 1:
        raise ManifestAlteredError("a repair is of one table", subject=report.recovery_id)
    (step,) = steps
    table = journal.entry(FOLDER, _left(step), TableBackup)
    if table is None or table.name != step.name:
        raise ManifestAlteredError("what it left is not in its journal", subject=report.recovery_id)
    check_resource("table", table.resource, subject=table.name)
    if not catalog.protects(TABLES, table.name):
        raise RefusedError(
            "the catalog does not name the table, and a journal is not asked what was repaired",
            subject=table.name,
            hint=f"`rebound report {report.recovery_id}` names where it is kept as it was",
        )
    run = Manifest(
        run_id=RunId(report.recovery_id),
        platform="",
        project=plan.request.target.project,
        recovery_point=plan.recovery_point.replace(second=0, microsecond=0),
        started_at=report.started_at,
        finished_at=report.finished_at,
        rebound_version=__version__,
        datasets=(),
        tables=(table,),
    )
    return Origin(run)
