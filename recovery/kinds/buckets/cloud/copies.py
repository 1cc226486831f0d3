"""Where in the vault the content of an object is: where the run says, or a copy that a later run made."""

from collections.abc import Collection, Iterator

import google_crc32c

from manifests.cloud.checksums import crc32c_text
from manifests.cloud.objects import Bucket
from manifests.cloud.stored import stored_chunks
from manifests.cloud.verdicts import Verdicts
from manifests.errors import BackupDamagedError, UnsafeNameError
from manifests.kinds.buckets.layout import check_stored, copies_range
from manifests.kinds.buckets.model import ObjectRecord, ObjectVersion
from manifests.values import ObjectInfo
from manifests.versions import same_content

type Place = tuple[str, str, int]
"""A bucket, an object in it, and its generation."""


def known_damaged(landing: Bucket) -> frozenset[str]:
    """Return the names of objects that `verify` found damaged; none of a record that is unreadable."""
    return frozenset(name for item in Verdicts(landing).readable() for name in item.damaged)


class StoredCopies:
    """The copies of contents in the vault.

    Args:
        vault: The bucket with the backups.
        bucket: The protected bucket that the records are of.
        damaged: What `verify` found damaged: another copy is taken first.
    """

    def __init__(self, vault: Bucket, bucket: str, damaged: Collection[str]) -> None:
        self._bytes = vault
        self._vault = vault.versions
        self._bucket = bucket
        self._damaged = damaged

    def is_damaged(self, record: ObjectRecord) -> bool:
        """Whether the content that a run names was found damaged."""
        return record.stored_as in self._damaged

    def named(self, record: ObjectRecord) -> Place:
        """Return the content that the run names."""
        return (self._vault.name, record.stored_as or "", record.stored_generation or 0)

    def places(self, record: ObjectRecord) -> Iterator[Place]:
        """Yield where the content can be, best first.

        A vault that was copied or restored has the content under another generation. A further copy
        counts only where Cloud Storage reports the MD5 of the object: a CRC32C is easily forged. What
        was found damaged is read before it is taken: its bytes may not have the checksum that Cloud
        Storage reports, and a verdict of damage may be wrong.
        """
        is_damaged = self.is_damaged(record)
        if is_damaged:
            yield from self._beside(record)
            # A byte can change on its way, so it is read twice.
            if not (self._is_whole(record) or self._is_whole(record)):
                return
        yield self.named(record)
        found = self._vault.find(record.stored_as or "")
        if found is not None and same_content(record.version, found):
            yield self._place(found)
        if not is_damaged:
            yield from self._beside(record)

    def _is_whole(self, record: ObjectRecord) -> bool:
        version, (_, name, generation) = record.version, self.named(record)
        info = ObjectInfo(
            name=name, size_bytes=version.size_bytes, crc32c=version.crc32c, generation=generation
        )
        checksum = google_crc32c.Checksum()
        try:
            for chunk in stored_chunks(self._bytes, info):
                checksum.update(chunk)
        except BackupDamagedError:
            return False
        return crc32c_text(checksum) == version.crc32c

    def _beside(self, record: ObjectRecord) -> Iterator[Place]:
        start, end = copies_range(self._bucket, record.version.name)
        for found in self._vault.with_checksums(self._vault.versions("live", start, end)):
            if found.name not in self._damaged and self._is_copy(found, record):
                yield self._place(found)

    def _is_copy(self, found: ObjectVersion, record: ObjectRecord) -> bool:
        try:
            check_stored(self._bucket, record._replace(stored_as=found.name))
        except UnsafeNameError:
            return False
        wanted = record.version
        return same_content(wanted, found) and found.md5 is not None and found.md5 == wanted.md5

    def _place(self, found: ObjectVersion) -> Place:
        return (self._vault.name, found.name, found.generation)
