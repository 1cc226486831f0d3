"""The documents of a stored database, read back file by file, each checked before it is used."""

from collections.abc import Callable, Iterator

from manifests.cloud.objects import Bucket
from manifests.cloud.stored import stored_chunks, whole
from manifests.documents import DOCUMENT_FILE, DocumentRecord, read_file, tallied
from manifests.errors import BackupDamagedError
from manifests.kinds.databases.model import DatabaseBackup, DocumentFile
from manifests.names import NameRange
from recovery.kinds.databases.rules.ranges import files_with


class StoredDocuments:
    """Reads document files from the vault. Safe to share between threads.

    Args:
        vault: The bucket with the backups.
        rewrite: Returns the encoded fields of a document changed; None where they stay as stored.
    """

    def __init__(self, vault: Bucket, rewrite: Callable[[bytes], bytes] | None = None) -> None:
        self._vault = vault
        self._rewrite = rewrite

    def read(self, file: DocumentFile | None, ranges: list[NameRange]) -> list[DocumentRecord]:
        """Return the documents of a file that are in some ranges, in name order.

        Raises:
            BackupDamagedError: The file is not what the manifest says; a subclass says in which way.
            CloudError: It could not be read.
        """
        if file is None:
            return []
        content = whole(
            lambda: stored_chunks(self._vault, file.stored),
            file.stored,
            most_bytes=DOCUMENT_FILE.most_file_bytes,
        )
        records = list(read_file(content, subject=file.stored.name))
        if tallied(records).fingerprint() != file.fingerprint:
            raise BackupDamagedError(
                "the documents in it are not those of the manifest", subject=file.stored.name
            )
        wanted = _within(records, ranges)
        if self._rewrite is None:
            return list(wanted)
        return [record._replace(fields=self._rewrite(record.fields)) for record in wanted]

    def holds(self, backup: DatabaseBackup, names: NameRange) -> bool:
        """Whether any document of a backup is in a range; raises as `read`."""
        return any(self.read(file, [names]) for file in files_with(backup, names))

    def count(self, backup: DatabaseBackup, names: NameRange) -> int:
        """Return how many documents of a backup are in a range; raises as `read`."""
        return sum(len(self.read(file, [names])) for file in files_with(backup, names))


def _within(records: list[DocumentRecord], ranges: list[NameRange]) -> Iterator[DocumentRecord]:
    for record in records:
        if any(item.holds(record.path) for item in ranges):
            yield record
