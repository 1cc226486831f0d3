"""An undo, planned from a recovery's report and carried out."""

from collections.abc import Sequence
from datetime import timedelta

from manifests.cloud.clients import bigquery_client, storage_api
from manifests.cloud.jobs import Jobs
from manifests.cloud.resources import Resources
from manifests.errors import ManifestAlteredError, ReboundError, RefusedError
from recovery.journal import Journal
from recovery.kinds.buckets.rules.outcomes import BucketOutcome
from recovery.kinds.completions.rules.outcomes import CompletionsOutcome
from recovery.kinds.databases.rules.outcomes import DatabaseOutcome
from recovery.kinds.tables.rules.outcomes import DefinitionOutcome, TableOutcome
from recovery.outcome import RecoveryReport
from recovery.session import Session
from recovery.undo.documents import DocumentUndo
from recovery.undo.model import UndoOutcome, UndoPlan, UndoReport, UndoStep
from recovery.undo.objects import ObjectUndo
from recovery.undo.rules import chosen, left_of, undo_other
from recovery.undo.tables import TableUndo

_KEPT = (TableOutcome, DefinitionOutcome, BucketOutcome, DatabaseOutcome)
FOLDER = "undone"
"""Of a journal, with one entry an undo."""


class Undoing:
    """The undo of one recovery.

    Args:
        session: The clients.
        report: How the recovery ended.

    Raises:
        RefusedError: It restored nothing of a run.
        ManifestAlteredError: Its run has another manifest now.
    """

    def __init__(self, session: Session, report: RecoveryReport) -> None:
        self._session = session
        self._report = report
        project, run_id = report.plan.request.target.project, report.plan.run_id
        if run_id is None or report.of(CompletionsOutcome):
            raise RefusedError(
                "it was rebuilt from history, and what was there is not kept as a whole",
                subject=report.recovery_id,
            )
        manifest = session.vault.manifest(run_id)
        if session.vault.digest(run_id) != report.plan.manifest_digest:
            raise ManifestAlteredError(
                "its manifest is not the one that the recovery was made of", subject=run_id
            )
        client = bigquery_client(project, session.catalog.location)
        self._tables = TableUndo(
            Jobs(client, session.catalog.location),
            Resources(client, project),
            session.settings.undo_dataset,
            session.own_id,
        )
        self._documents = DocumentUndo(session.landing, session.vault_bucket, manifest, project)
        self._objects = ObjectUndo(
            storage_api(project), session.landing, session.vault_bucket, manifest
        )

    def plan(self, parts: Sequence[str]) -> UndoPlan:
        """Look at everything the recovery touched and decide what goes back.

        Raises:
            UsageError: A part was named that it did not touch.
            CloudError: Something could not be looked at.
        """
        report = self._report
        steps = (
            *self._tables.steps(report),
            *self._objects.steps(report),
            *self._documents.steps(report),
            *(undo_other(item) for item in report.outcomes if not isinstance(item, _KEPT)),
        )
        return UndoPlan(
            recovery_id=report.recovery_id,
            project=report.plan.request.target.project,
            ended_at=report.finished_at,
            until=report.finished_at + timedelta(days=self._session.settings.undo_days),
            steps=chosen(steps, parts),
        )

    def carry_out(self, plan: UndoPlan) -> UndoReport:
        """Do what a plan says, prove each thing, and write down how it ended.

        One that fails stops no other. Views go before the tables that they read are put back.
        """
        began_at = self._session.clock.latest()
        outcomes = tuple(self._undone(step) for step in plan.steps if step.changes)
        report = UndoReport(
            recovery_id=plan.recovery_id,
            began_at=began_at,
            finished_at=self._session.clock.latest(),
            outcomes=outcomes,
            left=left_of(plan),
        )
        name = f"{report.finished_at:%Y%m%dT%H%M%S.%fZ}"
        Journal(self._session.landing, plan.recovery_id).record(FOLDER, name, report)
        return report

    def _undone(self, step: UndoStep) -> UndoOutcome:
        outcome = UndoOutcome(kind=step.kind, name=step.name, into=step.into, action=step.action)
        try:
            if step.kind == "bucket":
                self._objects.undo(step, self._report)
            elif step.kind == "database":
                self._documents.undo(step, self._report)
            else:
                redo = self._tables.undo(step, self._report.recovery_id)
                outcome = outcome.model_copy(update={"redo": redo})
        except ReboundError as error:
            return outcome.model_copy(update={"failure": error.message})
        return outcome
