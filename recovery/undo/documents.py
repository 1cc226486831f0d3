"""Puts documents back that a recovery replaced or removed, and removes those that it made."""

from collections.abc import Iterator, Mapping

from manifests.cloud.documents import Documents
from manifests.cloud.firestore import Connection, nanos_at
from manifests.cloud.objects import Bucket
from manifests.documents import DocumentRecord, read_file
from manifests.errors import CloudError, NotEqualError, RefusedError
from manifests.journal_layout import JournalNames
from manifests.kinds.databases.kind import DATABASES
from manifests.model.run import Manifest
from manifests.names import EVERYTHING
from manifests.values import ObjectInfo
from recovery.firestore.values import same_content
from recovery.kinds.databases.rules.outcomes import DatabaseOutcome
from recovery.outcome import RecoveryReport
from recovery.undo.document_rules import GoingDocument, Recovered, digest_of, going_documents
from recovery.undo.model import UndoStep

_BATCH = 300


class DocumentUndo:
    """The documents of one recovery.

    Args:
        landing: The bucket with undo points.
        vault: The bucket with the backups.
        manifest: That of the run that was recovered.
        project: The project that was recovered.
    """

    def __init__(self, landing: Bucket, vault: Bucket, manifest: Manifest, project: str) -> None:
        self._landing = landing
        self._vault = vault
        self._manifest = manifest
        self._project = project

    def steps(self, report: RecoveryReport) -> list[UndoStep]:
        """Look at every database and decide what happens to it.

        Raises:
            CloudError: One could not be read.
            BackupDamagedError: An undo point, or the backup, is not whole.
        """
        return [self._step(item, report) for item in report.of(DatabaseOutcome)]

    def _step(self, outcome: DatabaseOutcome, report: RecoveryReport) -> UndoStep:
        step = UndoStep(
            kind="database",
            name=outcome.name,
            into=outcome.into,
            action="leave",
            why="the recovery wrote no document",
            source=outcome.undo,
            things=0,
        )
        if outcome.action == "leave":
            return step
        going, newer = self._going(outcome, report)
        if newer:
            return step.cannot(f"{len(newer)} documents were written since, as {newer[0]}")
        made = sum(item.before is None for item in going)
        return step.going("documents", things=len(going), made=made, seen=digest_of(going))

    def undo(self, step: UndoStep, report: RecoveryReport) -> str:
        """Carry out one step and prove it.

        Raises:
            RefusedError: The documents are not what the plan saw.
            NotEqualError: They are not what they were before the recovery.
            CloudError: They could not be written.
        """
        (outcome,) = (item for item in report.of(DatabaseOutcome) if item.into == step.into)
        going, newer = self._going(outcome, report)
        if newer or digest_of(going) != step.seen:
            raise RefusedError("it is not what the plan saw", subject=step.into, hint="look again")
        documents = self._documents(step.into)
        for start in range(0, len(going), _BATCH):
            batch = going[start : start + _BATCH]
            statuses = documents.write([_write(documents, item) for item in batch])
            for item, status in zip(batch, statuses, strict=True):
                if status.code:
                    raise CloudError(status.message, subject=f"{step.into}/{item.path}")
        self._prove(step, going)
        return ""

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

    def _going(
        self, outcome: DatabaseOutcome, report: RecoveryReport
    ) -> tuple[list[GoingDocument], list[str]]:
        replaced, removed = self._kept(report.recovery_id, outcome.into)
        live = self._documents(outcome.into).read(EVERYTHING)
        return going_documents(
            Recovered(
                since_nanos=nanos_at(report.started_at),
                until_nanos=nanos_at(report.finished_at),
                live={item.path: item for item in live},
                stored=self._stored(outcome.name),
                replaced=replaced,
                removed=removed,
                same=same_content,
            )
        )

    def _stored(self, name: str) -> Mapping[str, bytes]:
        """Return what the backup holds of a database."""
        backup = self._manifest.part(DATABASES, name)
        files = backup.files if backup else ()
        return {
            record.path: record.fields
            for file in files
            for record in read_file(self._content(file.stored), subject=file.stored.name)
        }

    def _content(self, stored: ObjectInfo) -> bytes:
        return b"".join(self._vault.stored_chunks(stored))

    def _kept(
        self, recovery_id: str, into: str
    ) -> tuple[dict[str, DocumentRecord], dict[str, DocumentRecord]]:
        """Return what was replaced and what was removed, as it was; the first word of each counts."""
        names = JournalNames(recovery_id)
        replaced: dict[str, DocumentRecord] = {}
        removed: dict[str, DocumentRecord] = {}
        for item in self._landing.list_objects(names.undo_documents(into)):
            kept = removed if item.name.startswith(names.removed_documents(into)) else replaced
            for record in self._records(item.name):
                kept.setdefault(record.path, record)
        return replaced, removed

    def _records(self, name: str) -> Iterator[DocumentRecord]:
        return read_file(self._landing.read(name) or b"", subject=name)

    def _documents(self, database_id: str) -> Documents:
        return Documents(Connection(self._project, database_id))


def _write(documents: Documents, item: GoingDocument) -> object:
    version = item.live.update_time_nanos if item.live else None
    if item.before is not None:
        return documents.put(item.before, replaces_nanos=version)
    return documents.remove(item.path, removes_nanos=version or 0)
