"""Undo points of documents: what was about to be replaced or removed, in the landing bucket."""

from collections.abc import Iterator, Sequence

from manifests.cloud.objects import Bucket
from manifests.documents import DocumentRecord, read_file, write_file
from manifests.journal_layout import JournalNames


class KeptDocuments:
    """What one recovery keeps of one database, in files named by their content.

    Args:
        landing: Where they are.
        recovery_id: The recovery.
        database_id: The database that is written.
    """

    def __init__(self, landing: Bucket, recovery_id: str, database_id: str) -> None:
        self._landing = landing
        self._names = JournalNames(recovery_id)
        self._database_id = database_id

    @property
    def uri(self) -> str:
        """Where the documents are, or nothing; an interrupted process may have kept them."""
        folder = self._names.undo_documents(self._database_id)
        kept = any(True for _ in self._landing.list_objects(folder))
        return self._landing.uri(folder) if kept else ""

    def keep(self, records: Sequence[DocumentRecord], *, are_removed: bool = False) -> None:
        """Keep documents that are about to be replaced, or removed."""
        if records:
            content = write_file(records)
            name = self._names.undo_file(self._database_id, content, are_removed=are_removed)
            self._landing.put_if(name, content, generation=0, content_type="application/avro")

    def replaced(self) -> dict[str, DocumentRecord]:
        """Return the documents that were replaced, or about to be; the first word of each counts."""
        return self._first(are_removed=False)

    def removed(self) -> dict[str, DocumentRecord]:
        """Return the documents that were removed, or about to be."""
        return self._first(are_removed=True)

    def _first(self, *, are_removed: bool) -> dict[str, DocumentRecord]:
        found: dict[str, DocumentRecord] = {}
        removed = self._names.removed_documents(self._database_id)
        for item in self._landing.list_objects(self._names.undo_documents(self._database_id)):
            if item.name.startswith(removed) == are_removed:
                for record in self._records(item.name):
                    found.setdefault(record.path, record)
        return found

    def _records(self, name: str) -> Iterator[DocumentRecord]:
        return read_file(self._landing.read(name) or b"", subject=name)
