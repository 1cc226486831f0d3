"""Puts documents back that a recovery replaced or removed, and removes those that it made."""

from collections.abc import Mapping
from functools import partial

from manifests.catalog import Catalog
from manifests.cloud.documents import Documents
from manifests.cloud.firestore import Connection, nanos_at
from manifests.cloud.objects import Bucket
from manifests.documents import write_file
from manifests.errors import CloudError, ManifestAlteredError, NotEqualError, RefusedError
from manifests.journal_layout import JournalNames
from manifests.kinds.databases.kind import DATABASES
from manifests.names import EVERYTHING
from recovery.firestore.kept import KeptDocuments
from recovery.firestore.values import rewritten, same_content, to_bytes
from recovery.kinds.completions.rules.outcomes import CompletionsOutcome
from recovery.kinds.completions.rules.rebuild import CompletionsStep
from recovery.kinds.databases.cloud.source import StoredDocuments
from recovery.kinds.databases.rules.documents import DatabaseStep, file_ranges
from recovery.kinds.databases.rules.outcomes import DatabaseOutcome
from recovery.kinds.documents import DocumentsOutcome
from recovery.undo.document_rules import GoingDocument, Recovered, digest_of, going_documents
from recovery.undo.ended import Ended, planned_of
from recovery.undo.model import UndoStep
from recovery.undo.shared import not_as_planned

_BATCH = 300
_MOST_NAMED = 10
_OVERTAKEN = (5, 6, 9, 10)
"""Not found, there already, a precondition, aborted (google.rpc.Code): somebody else was faster."""


class DocumentUndo:
    """The documents of one recovery.

    Args:
        catalog: Says where documents are that are rebuilt.
        landing: The bucket with undo points.
        vault: The bucket with the backups.
        ended: The recovery.
    """

    def __init__(self, catalog: Catalog, landing: Bucket, vault: Bucket, ended: Ended) -> None:
        self._catalog = catalog
        self._landing = landing
        self._vault = vault
        self._ended = ended

    def steps(self) -> list[UndoStep]:
        """Look at every database and decide what happens to its documents.

        Raises:
            CloudError: One could not be read.
            BackupDamagedError: An undo point, or the backup, is not whole.
            ManifestAlteredError: The report names what its plan or run has not.
        """
        kinds = (DatabaseOutcome, CompletionsOutcome)
        return [self._decided(item)[0] for kind in kinds for item in self._ended.of(kind)]

    def undo(self, step: UndoStep) -> str:
        """Carry out one step and prove it; return where what goes is kept.

        Each document is written under the time of its last write that was looked at.

        Raises:
            RefusedError: The documents are not what the plan saw.
            NotEqualError: They are not what they were before the recovery.
            CloudError: They could not be written.
        """
        kind = CompletionsOutcome if step.kind == "completions" else DatabaseOutcome
        now, going = self._decided(self._ended.outcome(kind, step.name))
        if now != step:
            raise not_as_planned(step, now)
        # What comes from a run is in the vault.
        redo = self._keep(step, going) if step.kind == "completions" else ""
        documents = self._documents(step.into)
        for start in range(0, len(going), _BATCH):
            batch = going[start : start + _BATCH]
            statuses = documents.write([_write(documents, item) for item in batch])
            for item, status in zip(batch, statuses, strict=True):
                _check(f"{step.into}/{item.path}", status.code, status.message)
        self._prove(step, going)
        return redo

    def _prove(self, step: UndoStep, going: list[GoingDocument]) -> None:
        now = {item.path: item.fields for item in self._documents(step.into).read(EVERYTHING)}
        unequal = [
            item.path
            for item in going
            if now.get(item.path) != (item.before.fields if item.before else None)
        ]
        if unequal:
            raise NotEqualError(
                f"{len(unequal)} documents are not as before, as {unequal[0]}", subject=step.into
            )

    def _decided(self, outcome: DocumentsOutcome) -> tuple[UndoStep, list[GoingDocument]]:
        into = self._ended.request.target.database or outcome.name
        step = UndoStep(
            kind="completions" if isinstance(outcome, CompletionsOutcome) else "database",
            name=outcome.name,
            into=into,
            action="leave",
            why="the recovery wrote no document",
            source=outcome.undo,
            things=0,
        )
        if outcome.action == "leave":
            return step, []
        going, newer = self._going(outcome, into)
        if newer:
            why = f"{len(newer)} documents were written since, as {newer[0]}"
            return step.cannot(why, *newer[:_MOST_NAMED]), []
        made = sum(item.before is None for item in going)
        step = step.going("documents", things=len(going), made=made, seen=digest_of(going))
        told = [f"{item.path} {'as it was' if item.before else 'goes'}" for item in going]
        return step.model_copy(update={"told": tuple(told[:_MOST_NAMED])}), going

    def _going(self, outcome: DocumentsOutcome, into: str) -> tuple[list[GoingDocument], list[str]]:
        kept = KeptDocuments(self._landing, self._ended.recovery_id, into)
        stored = (
            self._rebuilt(outcome.name)
            if isinstance(outcome, CompletionsOutcome)
            else self._stored(outcome.name, into)
        )
        return going_documents(
            Recovered(
                since_nanos=nanos_at(self._ended.began_at),
                until_nanos=nanos_at(self._ended.ended_at),
                live={item.path: item for item in self._documents(into).read(EVERYTHING)},
                stored=stored,
                replaced=kept.replaced(),
                removed=kept.removed(),
                same=same_content,
            )
        )

    def _stored(self, name: str, into: str) -> Mapping[str, bytes]:
        """Return what the recovery wrote of a database, as the backup holds it."""
        backup = self._ended.part(DATABASES, name)
        planned = planned_of(self._ended, DatabaseStep, name)
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

    def _rebuilt(self, name: str) -> Mapping[str, bytes]:
        """Return what the recovery rebuilt, in the collections that the catalog says are.

        Raises:
            ManifestAlteredError: The plan names documents elsewhere.
        """
        entry = next((item for item in self._catalog.databases if item.database == name), None)
        rules = entry.rebuild.completions if entry and entry.rebuild else ()
        known = {rule.collection for rule in rules}
        documents = planned_of(self._ended, CompletionsStep, name).documents
        for item in documents:
            if item.path.rpartition("/")[0] not in known:
                raise ManifestAlteredError(
                    "the plan rebuilds what the catalog does not say is rebuilt", subject=item.path
                )
        return {item.path: to_bytes(item.fields) for item in documents}

    def _keep(self, step: UndoStep, going: list[GoingDocument]) -> str:
        """Keep what is replaced or removed: nothing else has it."""
        lives = [item.live for item in going if item.live]
        if not lives:
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


def _check(subject: str, code: int, message: str) -> None:
    if code in _OVERTAKEN:
        raise RefusedError(
            "it was written while it was looked at; it is left",
            subject=subject,
            hint="pause what writes (`rebound fence`), then undo again",
        )
    if code:
        raise CloudError(message, subject=subject)
