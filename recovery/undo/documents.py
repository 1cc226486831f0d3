"""Puts documents back that a recovery replaced or removed, and removes those that it made."""

from collections.abc import Mapping
from functools import partial

from manifests.catalog import Catalog
from manifests.cloud.documents import Documents
from manifests.cloud.firestore import Connection, nanos_at
from manifests.cloud.objects import Bucket
from manifests.documents import write_file
from manifests.erasures import Erasures
from manifests.errors import ManifestAlteredError
from manifests.journal_layout import JournalNames
from manifests.kinds.databases.kind import DATABASES
from manifests.names import EVERYTHING
from recovery.firestore.throttle import Throttled
from recovery.firestore.values import rewritten, same_content, to_bytes
from recovery.firestore.writing import BatchWriter
from recovery.kinds.completions.rules.outcomes import CompletionsOutcome
from recovery.kinds.completions.rules.rebuild import CompletionsStep
from recovery.kinds.databases.cloud.source import StoredDocuments
from recovery.kinds.databases.rules.documents import DatabaseStep
from recovery.kinds.databases.rules.outcomes import DatabaseOutcome
from recovery.kinds.databases.rules.ranges import file_ranges
from recovery.kinds.documents import DocumentsOutcome
from recovery.kinds.former_documents import FormerDocuments
from recovery.undo.document_rules import (
    GoingDocument,
    RecoveredDocuments,
    digest_of,
    going_documents,
    told_of,
    unknown_documents,
)
from recovery.undo.ended import Ended, planned_of
from recovery.undo.model import UndoStep
from recovery.undo.undoer import ContentUndo


class DocumentUndo(ContentUndo[DocumentsOutcome, GoingDocument]):
    """The documents of one recovery.

    Args:
        catalog: Says where documents are that are rebuilt.
        landing: The bucket with undo points.
        vault: The bucket with the backups.
        ended: The recovery.
        erased: What stays erased.
    """

    outcomes = (DatabaseOutcome, CompletionsOutcome)
    what = "documents"

    def __init__(
        self, catalog: Catalog, landing: Bucket, vault: Bucket, ended: Ended, erased: Erasures
    ) -> None:
        super().__init__(ended)
        self._erased = erased
        self._catalog = catalog
        self._landing = landing
        self._vault = vault

    def _written(
        self,
        step: UndoStep,
        going: list[GoingDocument],
        overtaken: set[str],
        refused: dict[str, str],
    ) -> list[str]:
        documents = self._documents(step.into)
        writer = BatchWriter(documents, Throttled(), overtaken, refused)
        for item in going:
            writer.add(item.path, _write(documents, item))
        writer.flush()
        now = {item.path: item.fields for item in documents.read(EVERYTHING)}
        return [
            item.path
            for item in going
            if now.get(item.path) != (item.before.fields if item.before else None)
        ]

    def _untouched(self, outcome: DocumentsOutcome) -> UndoStep:
        return UndoStep(
            kind="completions" if isinstance(outcome, CompletionsOutcome) else "database",
            name=outcome.name,
            into=self._ended.request.target.database or outcome.name,
            action="leave",
            why="the recovery wrote no document",
            source=outcome.undo,
            things=0,
        )

    def _decided(self, outcome: DocumentsOutcome) -> tuple[UndoStep, list[GoingDocument]]:
        step = self._untouched(outcome)
        if outcome.action == "leave":
            return step, []
        found = self._found(outcome, step.into)
        every, others = going_documents(found)
        is_erased = self._erased.documents(outcome.name).holds_document
        step, going = self._going(step, every, others, is_erased=is_erased, digest=digest_of)
        written, removed = outcome.written, outcome.removed
        if unknown := unknown_documents(found, written=written, removed=removed):
            step = step.with_unknown(self.what, unknown)
        if not going:
            return step, []
        return step.model_copy(update={"told": told_of(going)}), going

    def _found(self, outcome: DocumentsOutcome, into: str) -> RecoveredDocuments:
        kept = FormerDocuments(self._landing, self._ended.journal, self._ended.recovery_id, into)
        stored = (
            self._rebuilt(outcome)
            if isinstance(outcome, CompletionsOutcome)
            else self._stored(outcome, into)
        )
        return RecoveredDocuments(
            since_nanos=nanos_at(self._ended.began_at),
            until_nanos=nanos_at(self._ended.ended_at),
            live={item.path: item for item in self._documents(into).read(EVERYTHING)},
            stored=stored,
            replaced=kept.replaced(),
            removed=kept.removed(),
            same=same_content,
        )

    def _stored(self, outcome: DocumentsOutcome, into: str) -> Mapping[str, bytes]:
        """Return what the recovery wrote of a database, as the backup holds it."""
        backup = self._ended.part(DATABASES, outcome.name)
        planned = planned_of(self._ended, DatabaseStep, outcome)
        original = str(backup.resource.get("name", ""))
        copy = Connection(self._project, into).database
        rewrites = planned.rewrites and original != copy
        rewrite = partial(rewritten, original=original, copy=copy) if rewrites else None
        reader = StoredDocuments(self._vault, rewrite)
        return {
            record.path: record.fields
            for file, ranges in file_ranges(backup, planned.ranges)
            for record in reader.read(file, ranges)
        }

    def _rebuilt(self, outcome: CompletionsOutcome) -> Mapping[str, bytes]:
        """Return what the recovery rebuilt, in the collections that the catalog says are.

        Raises:
            ManifestAlteredError: The plan names documents elsewhere.
        """
        entry = next(
            (item for item in self._catalog.databases if item.database == outcome.name), None
        )
        rules = entry.rebuild.completions if entry and entry.rebuild else ()
        known = {rule.collection for rule in rules}
        documents = planned_of(self._ended, CompletionsStep, outcome).documents
        for item in documents:
            if item.path.rpartition("/")[0] not in known:
                raise ManifestAlteredError(
                    "the plan rebuilds what the catalog does not say is rebuilt", subject=item.path
                )
        return {item.path: to_bytes(item.fields) for item in documents}

    def _kept(self, step: UndoStep, going: list[GoingDocument]) -> str:
        """Keep what is replaced or removed where nothing else has it; what comes from a run is in the vault."""
        lives = [item.live for item in going if item.live]
        if step.kind != "completions" or not lives:
            return ""
        content = write_file(lives)
        name = JournalNames(self._ended.recovery_id).undone_file(step.into, content)
        self._landing.put_if(name, content, generation=0, content_type="application/avro")
        return self._landing.uri(name)

    @property
    def _project(self) -> str:
        return self._ended.request.target.project

    def _documents(self, database_id: str) -> Documents:
        return Documents(Connection(self._project, database_id))


def _write(documents: Documents, item: GoingDocument) -> object:
    version = item.live.update_time_nanos if item.live else None
    if item.before is not None:
        return documents.put(item.before, replaces_nanos=version)
    return documents.remove(item.path, removes_nanos=version or 0)
