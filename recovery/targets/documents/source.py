"""The documents of a stored database, read back file by file, each checked before it is used."""

from collections.abc import Callable, Iterator

import google_crc32c

from manifests.cloud.checksums import crc32c_text
from manifests.cloud.objects import Bucket
from manifests.documents import DocumentRecord, read_file, tallied
from manifests.errors import BackupDamagedError, ObjectChangedError, ObjectMissingError
from manifests.model import DatabaseBackup, DocumentFile
from manifests.names import NameRange
from recovery.plan.documents import files_with


class StoredDocuments:
    """Reads document files from the vault. Safe to share between threads.

    Args:
        vault: Where they are.
        rewrite: Changes the fields of each document that is read.
    """

    def __init__(self, vault: Bucket, rewrite: Callable[[bytes], bytes] | None = None) -> None:
        self._vault = vault
        self._rewrite = rewrite

    def read(self, file: DocumentFile | None, ranges: list[NameRange]) -> list[DocumentRecord]:
        """Return the documents of a file that are in some ranges, in name order.

        Raises:
            BackupDamagedError: The file is not what the manifest says; each way has its class.
        """
        if file is None:
            return []
        records = list(read_file(self._content(file), subject=file.stored.name))
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

    def _content(self, file: DocumentFile) -> bytes:
        stored = file.stored
        content = b"".join(self._vault.stored_chunks(stored))
        if len(content) != stored.size_bytes:
            raise ObjectMissingError("bytes are missing", subject=stored.name)
        crc32c = crc32c_text(google_crc32c.Checksum(content))
        if crc32c != stored.crc32c:
            raise ObjectChangedError(
                f"its bytes have crc32c {crc32c}, the manifest says {stored.crc32c}",
                subject=stored.name,
            )
        return content


def _within(records: list[DocumentRecord], ranges: list[NameRange]) -> Iterator[DocumentRecord]:
    for record in records:
        if any(item.holds(record.path) for item in ranges):
            yield record
