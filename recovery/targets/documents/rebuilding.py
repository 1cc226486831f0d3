"""Rebuilds state documents from the history of processors, when no backup serves.

A document is created where there is none, and compared where there is one: what a processor wrote
in the meantime is kept unless the operator says otherwise, and a write that meets another version
than the one that was compared is refused.
"""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from manifests.catalog import Catalog
from manifests.cloud.documents import Documents
from manifests.cloud.firestore import Connection, nanos_at
from manifests.documents import DocumentRecord
from manifests.errors import NoRecoveryPointError, PartialError, ReboundError, UsageError
from manifests.kinds.databases.catalog import CatalogDatabase, Rebuild
from manifests.names import below
from recovery.compare import Finding
from recovery.compare.documents import ListedDocument
from recovery.journal import Journal
from recovery.outcome import DatabaseOutcome, PlannedRecovery, RecoveryReport
from recovery.plan import Plan, Request
from recovery.plan.rebuild import (
    RebuildStep,
    RebuiltDocument,
    first_day,
    history_ends_at,
    rebuilt,
)
from recovery.progress import Progress
from recovery.reach import require_firestore
from recovery.settings import Settings
from recovery.targets.documents.history import HistoryReader
from recovery.targets.documents.pace import Ramp, Unthrottled
from recovery.targets.documents.values import differing_fields, same_content, to_bytes
from recovery.targets.documents.writing import BatchWriter

_LOST = (
    "anything but completion documents: batches, checks and retries that were under way",
    "correlation ids, and which entities a run changed: the history does not tell",
)


class Rebuilding:
    """Plans and carries out what needs no backup.

    Args:
        settings: The operator's settings.
        catalog: Says what is rebuilt, and from what.
        session: What makes this process's read-only job ids its own.
        clock: Gives the present instant.
    """

    def __init__(
        self,
        settings: Settings,
        catalog: Catalog,
        *,
        session: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._catalog = catalog
        self._session = session
        self._clock = clock

    def plan(self, request: Request, *, now: datetime) -> Plan:
        """Read the history and the documents that are there, and decide what is written.

        Raises:
            UsageError: The catalog does not say how a database is rebuilt.
            NoRecoveryPointError: The history tells of nothing to rebuild.
            CloudError: The history or a database could not be read.
        """
        wanted = [
            entry
            for entry in self._catalog.databases
            if entry.rebuild and (not request.databases or entry.database in request.databases)
        ]
        if not wanted or not request.covers("databases"):
            raise UsageError(
                "the catalog does not say how this is rebuilt",
                subject=", ".join(request.databases) or request.scenario,
                hint="`rebuild` of a database in the catalog names the history",
            )
        require_firestore(Connection(request.target.project, wanted[0].database))
        steps = tuple(
            self._step(entry, entry.rebuild, request, now=now) for entry in wanted if entry.rebuild
        )
        return Plan(
            request=request,
            run_id=None,
            recovery_point=history_ends_at(steps, now=now),
            datasets=(),
            tables=(),
            definitions=(),
            cannot_bring_back=_LOST,
            rebuilds=steps,
        )

    def run(
        self, planned: PlannedRecovery, journal: Journal, *, progress: Progress
    ) -> RecoveryReport:
        """Write what was planned, look again, and report; safe to repeat."""
        plan = planned.plan
        outcomes = []
        for step in plan.rebuilds:
            progress(step.into, "writing")
            try:
                outcome = self._rebuild(step, plan.request, begun_at=planned.started_at)
            except ReboundError as error:
                outcome = _outcome(step, error=error.message, hint=error.hint, code=error.exit_code)
            progress(step.into, outcome.stage)
            outcomes.append(outcome)
        report = RecoveryReport(
            recovery_id=planned.recovery_id,
            plan=plan,
            started_at=planned.started_at,
            finished_at=self._clock(),
            tables=(),
            databases=tuple(outcomes),
        )
        return journal.end(report)

    def _step(
        self, entry: CatalogDatabase, rules: Rebuild, request: Request, *, now: datetime
    ) -> RebuildStep:
        today = now.astimezone(ZoneInfo(rules.time_zone)).date()
        into = request.target.database or entry.database
        history = HistoryReader(self._settings.project, self._catalog.location, self._session)
        inferred, unread = history.inferred(rules, today)
        documents, ignored = rebuilt(rules, [*history.runs(rules, today), *inferred], today=today)
        live = self._live(Documents(Connection(request.target.project, into)), documents)
        return RebuildStep(
            database=entry.database,
            into=into,
            history=rules.history,
            since=first_day(rules, today),
            documents=tuple(_compared(item, live.get(item.path)) for item in documents),
            overwrite=request.may_overwrite(into),
            unthrottled=request.unthrottled,
            ignored=ignored,
            unread=tuple(unread),
            never_restored=entry.ephemeral,
        )

    def _live(
        self, documents: Documents, wanted: tuple[RebuiltDocument, ...]
    ) -> dict[str, DocumentRecord]:
        collections = sorted({item.path.split("/")[0] for item in wanted})
        return {
            record.path: record for name in collections for record in documents.read(below(name))
        }

    def _rebuild(
        self, step: RebuildStep, request: Request, *, begun_at: datetime
    ) -> DatabaseOutcome:
        documents = Documents(Connection(request.target.project, step.into))
        live = self._live(documents, step.documents)
        writer = BatchWriter(documents, Unthrottled() if step.unthrottled else Ramp())
        for item in step.documents:
            found, content = live.get(item.path), to_bytes(item.fields)
            if found is not None and found.update_time_nanos > nanos_at(begun_at):
                # A processor wrote it since, or an earlier try of this very recovery.
                continue
            if found is None or (step.overwrite and not same_content(found.fields, content)):
                version = None if found is None else found.update_time_nanos
                record = DocumentRecord(item.path, content, 0, 0)
                writer.add(item.path, documents.put(record, replaces_nanos=version))
        writer.flush()
        after = self._live(documents, step.documents)
        return _outcome(
            step, documents=[_compared(item, after.get(item.path)) for item in step.documents]
        )


def _compared(document: RebuiltDocument, live: DocumentRecord | None) -> RebuiltDocument:
    if live is None:
        return document.model_copy(update={"state": "missing", "differing": ()})
    differing = differing_fields(live.fields, to_bytes(document.fields))
    state = "differs" if differing else "equal"
    return document.model_copy(update={"state": state, "differing": differing})


def _outcome(
    step: RebuildStep,
    *,
    documents: list[RebuiltDocument] | None = None,
    error: str = "",
    hint: str = "",
    code: int = 0,
) -> DatabaseOutcome:
    found = documents or []
    if not error:
        error, hint, code = _unproven(step)
    kept = [item for item in found if item.state == "differs" and not step.overwrite]
    wrong = [item for item in found if item.state != "equal" and item not in kept]
    return DatabaseOutcome(
        database=step.database,
        into=step.into,
        action="rebuild",
        written=len(step.writes),
        equal=sum(item.state == "equal" for item in found),
        kept=tuple(ListedDocument(path=item.path, state="newer") for item in kept),
        kept_count=len(kept),
        never_restored=step.never_restored,
        findings=tuple(
            Finding(
                subject=step.into,
                aspect=item.path,
                expected="as the history tells",
                actual=item.state,
            )
            for item in wrong
        ),
        error=error,
        hint=hint,
        exit_code=code,
    )


def _unproven(step: RebuildStep) -> tuple[str, str, int]:
    """Return why a rebuild cannot be proven whatever was written: error, hint and exit code."""
    hint = "`rebound plan firestore-state-loss --rebuild` reads the history anew"
    if step.unread:
        return f"not all was read: {'; '.join(step.unread)}", hint, PartialError.exit_code
    if not step.documents:
        told = f"{step.history} tells of no finished run since {step.since}"
        return told, hint, NoRecoveryPointError.exit_code
    return "", "", 0
