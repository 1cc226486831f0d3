"""Undo points of documents: the landing bucket keeps what a recovery was about to replace or remove.

The journal has an entry about each file, with its digest: a file without one, or with other content
than it says, was not kept by the recovery.
"""

import hashlib
from collections.abc import Iterator, Sequence
from functools import cached_property

from manifests.cloud.objects import Bucket
from manifests.documents import DOCUMENT_FILE, DocumentRecord, read_file, write_file
from manifests.errors import ManifestFormatError, ObjectChangedError, ObjectMissingError
from manifests.journal_layout import JournalNames
from recovery.kinds.former import FormerFile, documents_folder
from recovery.kinds.work import Entries

_MOST_TOGETHER_BYTES = 1024 * 1024 * 1024


class FormerDocuments:
    """What one recovery keeps of one database, in files named by their content.

    Args:
        landing: Where they are.
        journal: The journal of the recovery.
        recovery_id: The recovery.
        database_id: The database that is written.
    """

    def __init__(
        self, landing: Bucket, journal: Entries, recovery_id: str, database_id: str
    ) -> None:
        self._landing = landing
        self._journal = journal
        self._names = JournalNames(recovery_id)
        self._database_id = database_id

    @property
    def uri(self) -> str:
        """Where the documents are, or nothing; an interrupted process may have kept them."""
        folder = self._names.undo_documents(self._database_id)
        kept = any(True for _ in self._landing.list_objects(folder))
        return self._landing.uri(folder) if kept else ""

    def keep(self, records: Sequence[DocumentRecord], *, are_removed: bool = False) -> None:
        """Keep documents that are about to be replaced, or removed.

        Raises:
            ObjectChangedError: Something else lies there.
            StrangeObjectError: Something else lies in the place of the entry about them.
        """
        if not records:
            return
        content = write_file(records)
        name = self._names.undo_file(self._database_id, content, are_removed=are_removed)
        kept = FormerFile(
            name=name,
            sha256=hashlib.sha256(content).hexdigest(),
            are_removed=are_removed,
        )
        if (
            self._landing.put_if(name, content, generation=0, content_type="application/avro")
            is None
        ):
            self._content(kept)
        self._journal.keep(documents_folder(self._database_id), kept.own_name, kept)

    def replaced(self) -> dict[str, DocumentRecord]:
        """Return the documents that were replaced, or about to be; the first word of each counts.

        Raises:
            BackupDamagedError: A file is not there, or is not what was kept.
        """
        return self._first(are_removed=False)

    def removed(self) -> dict[str, DocumentRecord]:
        """Return the documents that were removed, or about to be.

        Raises:
            BackupDamagedError: A file is not there, or is not what was kept.
        """
        return self._first(are_removed=True)

    def _first(self, *, are_removed: bool) -> dict[str, DocumentRecord]:
        found: dict[str, DocumentRecord] = {}
        for item, record in self._kept:
            if item.are_removed == are_removed:
                found.setdefault(record.path, record)
        return found

    @cached_property
    def _kept(self) -> list[tuple[FormerFile, DocumentRecord]]:
        """Every document that is kept; each file is read once."""
        found, left_bytes = [], _MOST_TOGETHER_BYTES
        for item in self._journal.kept(documents_folder(self._database_id), FormerFile):
            for record in self._records(item):
                left_bytes -= record.size_bytes
                if left_bytes < 0:
                    raise ManifestFormatError(
                        f"more than {_MOST_TOGETHER_BYTES:,} bytes of documents are kept",
                        subject=self._database_id,
                    )
                found.append((item, record))
        return found

    def _records(self, item: FormerFile) -> Iterator[DocumentRecord]:
        return read_file(self._content(item), subject=item.name)

    def _content(self, item: FormerFile) -> bytes:
        content = self._landing.read(item.name, most_bytes=DOCUMENT_FILE.most_file_bytes)
        if content is None:
            raise ObjectMissingError("it is not kept any more", subject=item.name)
        own = self._names.undo_file(self._database_id, content, are_removed=item.are_removed)
        if (own, hashlib.sha256(content).hexdigest()) != (item.name, item.sha256):
            raise ObjectChangedError("it is not what was kept", subject=item.name)
        return content
