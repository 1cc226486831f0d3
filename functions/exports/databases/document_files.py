"""The files of one range of documents: written once, and found again after an interruption.

What a range held at one instant does not change: a later attempt goes on behind the last document
that is stored, and reads nothing of Firestore that an earlier one has read.
"""

from typing import NamedTuple

from functions.own_files import OwnFile, OwnFiles
from manifests.cloud.objects import Bucket
from manifests.documents import CollectionBackup, DocumentRecord, read_file, tallied, write_file
from manifests.errors import CloudError, ObjectMissingError
from manifests.kinds.databases.layout import document_file_name, range_prefix
from manifests.kinds.databases.model import DocumentFile
from manifests.names import Position
from manifests.values import RunId, StoredObject


class WrittenDocuments(NamedTuple):
    """A file in the vault, and the content of each collection id in it."""

    file: DocumentFile
    collections: tuple[CollectionBackup, ...]


class RangeFiles:
    """Writes the files of one range.

    Args:
        vault: The bucket with the backups.
        files: What the run has written into it.
        run_id: The run.
        database_id: The protected database.
        attempt: The attempt whose ranges these are.
        name_range: The number of the range.
    """

    def __init__(
        self,
        vault: Bucket,
        files: OwnFiles,
        run_id: RunId,
        database_id: str,
        *,
        attempt: int,
        name_range: int,
    ) -> None:
        self._vault = vault
        self._files = files
        self._run_id = run_id
        self.database_id = database_id
        self.attempt = attempt
        self._name_range = name_range
        self._done: list[WrittenDocuments] = []

    @property
    def done(self) -> tuple[WrittenDocuments, ...]:
        """Return the files that are stored, in name order."""
        return tuple(self._done)

    @property
    def document_count(self) -> int:
        """Return how many documents are stored."""
        return sum(item.file.stored.row_count for item in self._done)

    def resume(self) -> Position | None:
        """Take over the files an earlier call wrote; return the place behind them, or None.

        Raises:
            BackupDamagedError: One of them is gone, holds no documents, or is none of this run.
        """
        prefix = range_prefix(
            self._run_id, self.database_id, attempt=self.attempt, name_range=self._name_range
        )
        for found in list(self._vault.list_objects(prefix)):
            stored = self._files.read(found.name)
            if found.name != self._next_name() or stored is None:
                raise ObjectMissingError("a file of documents is gone", subject=self._next_name())
            records = list(read_file(stored.content, subject=found.name))
            self._done.append(_described(stored, records))
        return Position(self._done[-1].file.last_path, after=True) if self._done else None

    def add(self, records: list[DocumentRecord]) -> None:
        """Store the next documents in a file of their own.

        Raises:
            CloudError: Something else is stored in its place.
        """
        name, content = self._next_name(), write_file(records)
        stored = self._files.put_once(name, content, content_type="application/avro")
        if stored.content != content:
            raise CloudError("what is stored is not what was written", subject=name, retryable=True)
        self._done.append(_described(stored, records))

    def _next_name(self) -> str:
        return document_file_name(
            self._run_id,
            self.database_id,
            attempt=self.attempt,
            name_range=self._name_range,
            number=len(self._done),
        )


def _described(file: OwnFile, records: list[DocumentRecord]) -> WrittenDocuments:
    tally = tallied(records)
    return WrittenDocuments(
        DocumentFile(
            stored=StoredObject(**file.info.model_dump(), row_count=len(records)),
            first_path=records[0].path,
            last_path=records[-1].path,
            fingerprint=tally.fingerprint(),
        ),
        tally.collections(),
    )
