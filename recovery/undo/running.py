"""An undo, planned from a recovery's report and carried out."""

from collections.abc import Iterator, Sequence
from typing import Any

from manifests.cloud.clients import storage_api
from manifests.errors import (
    BackupDamagedError,
    CloudError,
    ManifestAlteredError,
    ReboundError,
    RefusedError,
)
from manifests.store.decoded import judging
from recovery.journal import Journal
from recovery.kinds.decision import Own
from recovery.kinds.known import RULES
from recovery.kinds.tables.cloud.work import bigquery_target
from recovery.outcome import PlannedRecovery, RecoveryReport
from recovery.plan.model import Plan
from recovery.plan.own import check_own
from recovery.plan.said import recovering, undoing
from recovery.repair.rules import is_repair
from recovery.repair.running import left_by
from recovery.report.conclusion import UNDONE_IN_PART
from recovery.report.ended import kept_until
from recovery.running import origin_of, told_of_run
from recovery.session import Session
from recovery.undo.bucket_settings import BucketSettingsUndo
from recovery.undo.database_settings import DatabaseSettingsUndo
from recovery.undo.datasets import DatasetUndo
from recovery.undo.dates import LeftDates
from recovery.undo.definitions import DefinitionUndo
from recovery.undo.documents import DocumentUndo
from recovery.undo.ended import Ended
from recovery.undo.model import UndoOutcome, UndoPlan, UndoReport, UndoStep
from recovery.undo.objects import ObjectUndo
from recovery.undo.once import ReadOnce
from recovery.undo.resources import ResourceUndo
from recovery.undo.rules import chosen, left_of, undo_error, unfinished_of
from recovery.undo.starting import started
from recovery.undo.tables import TableUndo
from recovery.undo.undoer import NotUndone, Undoer

_NOT_UNDONE = tuple(item for rules in RULES if not rules.is_undone for item in rules.outcomes)

FOLDER = "undone"
"""Of a journal, with one entry an undo."""


class Undoing:
    """The undo of one recovery.

    Args:
        session: The clients.
        begun: The recovery as it was begun.
        report: How it ended.
        left: What its journal alone says that it left of dates; None where a run or a repair does.

    Raises:
        ManifestAlteredError: Its run has another manifest now.
        RefusedError: It is a repair of a table that the catalog does not name, or the ledger of
            erasures cannot be read.
        StrangeObjectError: Its plan was not written while it ran, and nobody signed it.
    """

    def __init__(
        self,
        session: Session,
        begun: PlannedRecovery,
        report: RecoveryReport,
        left: LeftDates | None = None,
    ) -> None:
        session.ledger.require_readable()
        self._session = session
        self._report = report
        self._journal = session.journal(report.recovery_id)
        written = ReadOnce(self._journal.during(report.finished_at))
        # Of a repair the run is a witness only; it is looked at all the same.
        origin = left.origin if left else origin_of(session, report.plan)
        self._is_repair = is_repair(report.recovery_id)
        self._is_of_dates = left is not None
        self._again = left.again if left else recovering(report.plan, run_id=report.plan.run_id)
        self._mixed = left.mixed if left else ""
        if self._is_repair:
            origin = left_by(written, report, session.catalog)
        self._ended = Ended(report, begun.plan, origin, written)
        self._planned: dict[tuple[str, str], Undoer[Any]] = {}

    def plan(self, parts: Sequence[str]) -> UndoPlan:
        """Look at everything the recovery touched and decide what goes back.

        Raises:
            UsageError: A part was named that it did not touch.
            ManifestAlteredError: Its report names what its plan or run has not.
            RefusedError: The run is another project's, and nobody named the project it goes to.
            CloudError: Something could not be looked at.
        """
        report = self._report
        told = told_of_run(self._session, report.plan.run_id, report.plan.request)
        trust = told.get("trust")
        doubts = (told.get("foreign", ""), trust.problem if trust else "")
        steps, project = list[UndoStep](), report.plan.request.target.project
        for undoer in self._undoers():
            found = [self._possible(step) for step in undoer.steps()]
            self._planned |= {(item.kind, item.name): undoer for item in found}
            steps += found
        if untold := [item for item in report.outcomes if not self._is_told(item.kind, item.name)]:
            raise ManifestAlteredError(
                "its report tells of what no recovery brings back", subject=untold[0].name
            )
        wanted = chosen(steps, parts)
        return UndoPlan(
            recovery_id=report.recovery_id,
            project=project,
            ended_at=report.finished_at,
            until=kept_until(report, self._session.settings.undo_days),
            again=self._again,
            doubts=tuple(filter(None, doubts)),
            trust=self._journal.trust(),
            undone=undone_told(self._journal),
            parts=tuple(parts),
            steps=wanted,
            starts=tuple(started(self._session, wanted, project)),
        )

    def _possible(self, step: UndoStep) -> UndoStep:
        if self._mixed and step.changes:
            return step.cannot(self._mixed)
        is_told = self._is_repair or self._is_of_dates
        if is_told and step.action == "remove":
            return step.cannot("nothing but a recovery makes a table that could go again")
        return step

    def judged(self, plan: UndoPlan) -> Plan:
        """Return what the operator's options are checked against: the run, and what changes of access.

        Raises:
            RefusedError: The run is another project's, and nobody named the project it goes to.
        """
        was = self._report.plan
        told = told_of_run(self._session, was.run_id, was.request)
        is_told = self._is_repair or self._is_of_dates
        if is_told and self._session.settings.trusted and not plan.trust.is_signed:
            # What it left is in its journal alone, where that of a recovery is in a signed run.
            told["trust"] = plan.trust.model_copy(update={"state": "untrusted"})
        # Here all that the ledger names stays erased, whoever wrote it.
        told["erasures"] = None
        update = {"steps": (), "takes": None, "access": plan.access, **told}
        return was.model_copy(update=update)

    def check_own(self) -> None:
        """Refuse a recovery that wrote where Rebound keeps what is its own: none does.

        Raises:
            RefusedError: Its journal says so.
        """
        settings = self._session.settings
        own = Own(settings.own_buckets, settings.working_datasets)
        check_own(self._report.plan, own)

    def _is_told(self, kind: str, name: str) -> bool:
        return (kind, name) in self._planned

    def _undoers(self) -> Iterator[Undoer[Any]]:
        """Yield what puts things back, in the order in which they go.

        What acts on data goes before it, a view behind the tables that it reads, and what a dataset,
        bucket or database is set to be last.
        """
        session, ended, erased = self._session, self._ended, self._session.ledger.all()
        report, project = ended.report, ended.request.target.project
        kinds = {step.kind for step in (*ended.begun.steps, *report.plan.steps)}
        yield ResourceUndo(session, ended, "resources")
        if kinds & {"table", "view", "routine", "dataset"}:
            target = bigquery_target(session.tools, ended.request.target)
            yield TableUndo(target, ended, session.own_id, erased)
            yield DefinitionUndo(target, ended, self._journal)
            yield DatasetUndo(target, ended)
        if "bucket" in kinds:
            api = storage_api(project)
            yield ObjectUndo(api, session.landing, session.vault_bucket, ended, erased)
            yield BucketSettingsUndo(api, ended)
        if kinds & {"database", "completions"}:
            yield DocumentUndo(
                session.catalog, session.landing, session.vault_bucket, ended, erased
            )
            yield DatabaseSettingsUndo(ended, self._session.tools.rest())
        yield ResourceUndo(session, ended, "foundations")
        yield NotUndone(ended, _NOT_UNDONE)

    def carry_out(self, plan: UndoPlan) -> UndoReport:
        """Do what a plan says, prove each thing, and write down how it ended.

        One that fails stops no other. What cannot be done yet, as a view whose sources come back behind
        it, is tried again as long as something else can.
        """
        began_at = self._session.clock.latest()
        ended: dict[tuple[str, str], UndoOutcome] = {}
        pending = [step for step in plan.steps if step.changes]
        while pending:
            failed = []
            for step in pending:
                outcome, again = self._undone(step)
                ended[step.kind, step.name] = outcome
                failed += [step] if again else []
            if len(failed) == len(pending):
                break
            pending = failed
        report = UndoReport(
            recovery_id=plan.recovery_id,
            began_at=began_at,
            finished_at=self._session.clock.latest(),
            outcomes=(*ended.values(), *unfinished_of(plan)),
            left=left_of(plan, with_unfinished=False),
            again=plan.again,
            command=undoing(plan.recovery_id, self._report.plan.request),
        )
        name = f"{report.finished_at:%Y%m%dT%H%M%S.%fZ}"
        self._journal.record(FOLDER, name, report)
        return report

    def _undone(self, step: UndoStep) -> tuple[UndoOutcome, bool]:
        """Carry one step out; return how that ended, and whether it can be tried again."""
        outcome = UndoOutcome(kind=step.kind, name=step.name, into=step.into, action=step.action)
        try:
            with judging(step.into):
                redo = self._planned[step.kind, step.name].undo(step)
        except ReboundError as error:
            failed = {"failure": error.message, "exit_code": error.exit_code}
            # What was written all the same is not what the plan saw any more: that would be told instead.
            is_waiting = step.kind in ("view", "routine") and isinstance(error, CloudError)
            return outcome.model_copy(update=failed), is_waiting
        return outcome.model_copy(update={"redo": redo}), False


def undone_told(journal: Journal) -> str:
    """Return that a recovery was undone, and when last; empty where it was not, or nobody can read it."""
    try:
        found = journal.entries(FOLDER, UndoReport)
    except BackupDamagedError:
        return ""
    done = [item for item in found if item.outcomes]
    if not done:
        return ""
    state = UNDONE_IN_PART if undo_error(done[-1]) else "undone"
    return f"{state} {done[-1].finished_at:%Y-%m-%d %H:%M} UTC"


def require_not_undone(journal: Journal, another_one: str) -> None:
    """Refuse to go on with what was undone: what an undo wrote is somebody else's to it.

    Args:
        journal: That of the recovery.
        another_one: Which command begins another, as a hint says it.

    Raises:
        RefusedError: It was undone, all of it or in part.
    """
    if told := undone_told(journal):
        own = journal.recovery_id
        hint = f"{another_one}; `rebound abandon {own} --why undone` closes this one"
        raise RefusedError(f"it was {told}", subject=own, hint=hint)
