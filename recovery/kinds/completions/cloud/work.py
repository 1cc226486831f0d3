"""Rebuilds state documents from the history of processors, when no backup serves.

A document is created where there is none, and compared where there is one: what a processor wrote
in the meantime is kept unless the operator says otherwise, and a write that meets another version
than the one that was compared is refused.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from manifests.cloud.databases import Databases
from manifests.cloud.documents import Documents
from manifests.cloud.firestore import Connection, nanos_at
from manifests.documents import DocumentRecord
from manifests.erasures import Erasures
from manifests.errors import (
    CloudError,
    NoRecoveryPointError,
    PartialError,
    ReboundError,
    UsageError,
)
from manifests.kinds.databases.catalog import CatalogDatabase, Rebuild
from manifests.names import below
from recovery.compare.documents import ListedDocument
from recovery.compare.findings import Finding
from recovery.firestore.expiry import TimeToLive, policies
from recovery.firestore.throttle import Throttled, Unthrottled
from recovery.firestore.values import differing_fields, same_content, to_bytes
from recovery.firestore.writing import BatchWriter
from recovery.kinds.completions.cloud.history import HistoryReader
from recovery.kinds.completions.rules.days import first_day, first_open
from recovery.kinds.completions.rules.outcomes import CompletionsOutcome
from recovery.kinds.completions.rules.rebuild import (
    CompletionsStep,
    RebuiltDocument,
    rebuilt,
)
from recovery.kinds.completions.rules.seen import CompletionsSeen, SeenCompletions
from recovery.kinds.decision import Origin
from recovery.kinds.documents import refused_documents
from recovery.kinds.former_documents import FormerDocuments
from recovery.kinds.kind import of
from recovery.kinds.outcome import Failure, Outcome
from recovery.kinds.step import Step
from recovery.kinds.work import Begun, Running, Tools, Work
from recovery.listening import Triggers
from recovery.reach import require_firestore
from recovery.request import Request, Target


class CompletionsWork(Work[CompletionsSeen]):
    """The completion documents of one project.

    Args:
        tools: What the work is done with.
        target: Where the recovery writes.
    """

    def __init__(self, tools: Tools, target: Target) -> None:
        self._catalog = tools.catalog
        self._project = tools.settings.project
        self._own_id = tools.own_id
        self._started_at = tools.started_at
        self._landing = tools.landing
        self._target = target
        self._rest = tools.rest()
        self._listeners = tools.listeners

    def observe(
        self, origin: Origin, request: Request, begun: Begun | None = None
    ) -> CompletionsSeen:
        """Read the history and the documents that are there.

        Raises:
            UsageError: The catalog does not say how a database is rebuilt.
            CloudError: The history or a database could not be read.
        """
        del begun
        wanted = [
            entry
            for entry in self._catalog.databases
            if entry.rebuild and (not request.databases or entry.database in request.databases)
        ]
        if not wanted:
            raise UsageError(
                "the catalog does not say how this is rebuilt",
                subject=", ".join(request.databases) or request.scenario,
                hint="`rebuild` of a database in the catalog names the history",
            )
        require_firestore(Connection(self._target.project, wanted[0].database))
        triggers = self._listeners.triggers(self._target.project)
        return CompletionsSeen(
            databases=tuple(
                self._seen(item, item.rebuild, triggers, origin.erased)
                for item in wanted
                if item.rebuild
            ),
            observed_at=self._started_at,
        )

    def recover(self, steps: Sequence[Step], origin: Origin, running: Running) -> Iterator[Outcome]:
        """Write what was planned and look again; an error is part of the outcome."""
        del origin
        for step in of(steps, CompletionsStep):
            running.progress(step.into, "writing")
            try:
                kept = FormerDocuments(
                    self._landing, running.journal, running.recovery_id, step.into
                )
                outcome = self._rebuild(step, kept, begun_at=running.started_at)
            except ReboundError as error:
                outcome = _outcome(step, failure=Failure.of(error))
            running.progress(step.into, outcome.stage)
            yield outcome

    def _documents(self, database: str) -> Documents:
        return Documents(Connection(self._target.project, database))

    def _seen(
        self, entry: CatalogDatabase, rules: Rebuild, triggers: Triggers, erased: Erasures
    ) -> SeenCompletions:
        into = self._target.database or entry.database
        open_from = first_open(rules, self._started_at)
        history = HistoryReader(self._project, self._catalog.location, self._own_id)
        inferred, unread = history.inferred(rules, open_from)
        told, ignored = rebuilt(
            rules, [*history.runs(rules, open_from), *inferred], open_from=open_from
        )
        stays = erased.documents(entry.database).holds_document
        documents = tuple(item for item in told if not stays(item.path))
        live = self._live(self._documents(into), documents)
        return SeenCompletions(
            name=entry.database,
            history=rules.history,
            since=first_day(rules, open_from),
            documents=tuple(_compared(item, live.get(item.path)) for item in documents),
            erased=len(told) - len(documents),
            ignored=ignored,
            unread=tuple(unread),
            ephemeral=entry.ephemeral,
            listening=triggers.of("firestore", "database", into),
            expires=self._expiring(into, documents),
        )

    def _expiring(
        self, into: str, documents: Sequence[RebuiltDocument]
    ) -> Mapping[str, int] | None:
        """Return how many documents each time to live deletes; None without the right to see them."""
        databases = Databases(self._rest, self._target.project, into)
        try:
            found = policies(databases.index_settings())
        except CloudError as error:
            if error.retryable:
                raise
            return None
        records = [DocumentRecord(item.path, to_bytes(item.fields), 0, 0) for item in documents]
        counts = TimeToLive(found, nanos_at(self._started_at)).counted(records)
        return {policy.name: count for policy, count in counts.items()}

    def _live(
        self, documents: Documents, wanted: tuple[RebuiltDocument, ...]
    ) -> dict[str, DocumentRecord]:
        collections = sorted({item.path.split("/")[0] for item in wanted})
        return {
            record.path: record for name in collections for record in documents.read(below(name))
        }

    def _rebuild(
        self, step: CompletionsStep, kept: FormerDocuments, *, begun_at: datetime
    ) -> CompletionsOutcome:
        documents = self._documents(step.into)
        live = self._live(documents, step.documents)
        refused: dict[str, str] = {}
        throttle = Unthrottled() if step.unthrottled else Throttled()
        writer = BatchWriter(documents, throttle, refused=refused)
        todo = []
        for item in step.documents:
            found, content = live.get(item.path), to_bytes(item.fields)
            if found is not None and found.update_time_nanos > nanos_at(begun_at):
                # A processor wrote it since, or an earlier try of this very recovery.
                continue
            if found is None or (step.overwrite and not same_content(found.fields, content)):
                todo.append((DocumentRecord(item.path, content, 0, 0), found))
        kept.keep([found for _, found in todo if found is not None])
        for record, found in todo:
            version = None if found is None else found.update_time_nanos
            writer.add(record.path, documents.put(record, replaces_nanos=version))
        writer.flush()
        after = self._live(documents, step.documents)
        compared = [_compared(item, after.get(item.path)) for item in step.documents]
        # Only its time tells that an interrupted attempt wrote a document.
        written = sum(
            item.state == "equal" and after[item.path].update_time_nanos > nanos_at(begun_at)
            for item in compared
        )
        outcome = _outcome(step, documents=compared, written=written, refused=refused)
        return outcome.model_copy(update={"undo": kept.uri})


def _compared(document: RebuiltDocument, live: DocumentRecord | None) -> RebuiltDocument:
    if live is None:
        return document.model_copy(update={"state": "missing", "differing": ()})
    differing = differing_fields(live.fields, to_bytes(document.fields))
    state = "differs" if differing else "equal"
    return document.model_copy(update={"state": state, "differing": differing})


def _outcome(
    step: CompletionsStep,
    *,
    documents: list[RebuiltDocument] | None = None,
    written: int = 0,
    refused: Mapping[str, str] | None = None,
    failure: Failure | None = None,
) -> CompletionsOutcome:
    found = documents or []
    kept = [item for item in found if item.state == "differs" and not step.overwrite]
    wrong = [item for item in found if item.state != "equal" and item not in kept]
    return CompletionsOutcome(
        name=step.name,
        into=step.into,
        action="rebuild",
        written=written,
        equal=sum(item.state == "equal" for item in found),
        kept=tuple(ListedDocument(path=item.path, state="newer") for item in kept),
        kept_count=len(kept),
        erased=step.erased,
        ephemeral=step.ephemeral,
        findings=tuple(
            Finding(
                subject=step.into,
                aspect=item.path,
                expected="as the history tells",
                actual=item.state,
            )
            for item in wrong
        ),
        failure=failure or refused_documents(refused or {}) or _unproven(step),
    )


def _unproven(step: CompletionsStep) -> Failure | None:
    """Return why a rebuild cannot be proven whatever was written."""
    hint = "`rebound plan firestore-state-loss --rebuild` reads the history anew"
    if step.unread:
        told, exit_code = f"not all was read: {'; '.join(step.unread)}", PartialError.exit_code
        return Failure(message=told, hint=hint, exit_code=exit_code)
    if not step.documents:
        told = f"{step.history} tells of no finished run since {step.since}"
        return Failure(message=told, hint=hint, exit_code=NoRecoveryPointError.exit_code)
    return None
