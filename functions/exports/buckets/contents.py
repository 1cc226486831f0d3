"""Brings the content of object versions into the vault, each byte sequence once."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from datetime import datetime

import structlog
from google.api_core.exceptions import NotFound

from manifests.cloud.versions import VersionedBucket
from manifests.errors import BackupDamagedError, ObjectChangedError
from manifests.kinds.buckets.layout import content_name
from manifests.kinds.buckets.model import ContentThen, ObjectRecord, ObjectVersion
from manifests.versions import same_content

type Candidate = tuple[ObjectVersion, Sequence[ObjectVersion]]
"""The version that was live at the recovery point, and every version of that name."""

log = structlog.get_logger()

# The settings of a copy in the vault. A copy without any would take over its source's, and with them
# metadata by which we tell our own objects.
_PLAIN = {"contentType": "application/octet-stream"}


class Known:
    """Looks names up in an earlier inventory; both are in name order.

    Args:
        records: The earlier inventory, in name order.
    """

    def __init__(self, records: Iterator[ObjectRecord]) -> None:
        self._records = records
        self._next = self._read()

    def record(self, name: str) -> ObjectRecord | None:
        """Return the earlier record of a name, or None."""
        while self._next is not None and self._next.version.name < name:
            self._next = self._read()
        found = self._next
        return found if found is not None and found.version.name == name else None

    def _read(self) -> ObjectRecord | None:
        try:
            return next(self._records, None)
        except BackupDamagedError as error:
            # Without it no earlier record is known, and each content is looked up in the vault.
            log.error("an earlier inventory is damaged", reason=str(error))  # noqa: TRY400 - told in words
            return None


class ContentCopies:
    """Copies from one bucket into the vault.

    An object that was replaced, so that what it was cannot be read any more, is stored as it is.

    Args:
        bucket: The protected bucket.
        vault: The bucket with the backups.
        copying: Runs the copies; its size is how many are in flight.
        most_copied: How many objects are copied at most; others are used where they are stored.
        damaged: Contents of the vault that were found damaged, and when: each is stored once more,
            beside them, as nothing in the vault is overwritten.
        is_looked_at: Whether the vault is asked for the content of a name that an earlier run says
            is there.
        mark: Digits that nobody knew before: what has to lie beside something else has them in its
            name.
    """

    def __init__(
        self,
        bucket: VersionedBucket,
        vault: VersionedBucket,
        copying: Executor,
        *,
        most_copied: int,
        damaged: Mapping[str, datetime],
        is_looked_at: Callable[[str], bool],
        mark: str,
    ) -> None:
        self._bucket = bucket
        self._vault = vault
        self._copying = copying
        self._may_copy = most_copied
        self._damaged = damaged
        self._is_looked_at = is_looked_at
        self._mark = mark
        self._lock = threading.Lock()
        self.copied = 0
        self.copied_bytes = 0

    def stored(self, page: Sequence[Candidate], known: Known) -> list[ObjectRecord]:
        """Return the inventory records of some neighbouring names, once their content is stored."""
        earlier = [known.record(version.name) for version, _ in page]
        told = (_told(version, record) for (version, _), record in zip(page, earlier, strict=True))
        records: list[Future[ObjectRecord] | ObjectRecord] = []
        for version, record, (_, versions) in zip(
            self._bucket.with_checksums(told), earlier, page, strict=True
        ):
            if record is not None and self._holds(record, version):
                held = record._replace(version=version, then=None)
                is_asked = self._is_looked_at(version.name)
                records.append(
                    self._copying.submit(self._still_held, held, versions) if is_asked else held
                )
            elif not version.crc32c:
                records.append(ObjectRecord(version, not_stored="foreign key"))
            else:
                records.append(self._copying.submit(self._store, version, versions))
        return [item.result() if isinstance(item, Future) else item for item in records]

    def _store(self, version: ObjectVersion, versions: Sequence[ObjectVersion]) -> ObjectRecord:
        """Copy a version's content, from any version that holds it and can be read."""
        readable = [item for item in (version, *versions) if item.state != "soft-deleted"]
        sources = [item for item in readable if same_content(item, version)]
        if sources and not self._takes_one():
            return self._here(version) or ObjectRecord(version, not_stored="left over")
        for source in sources:
            if (record := self._copied(version, source)) is not None:
                return record
        # A soft-deleted version cannot be read, and a version can vanish after it was listed; the
        # same content can still be here from an earlier run or another object.
        if (record := self._here(version)) is not None:
            return record
        # The content of the recovery point cannot be read any more. The live content is stored
        # instead: a recovery uses it once soft delete does not keep the other any longer.
        live = self._bucket.find(version.name)
        if live is None or live.generation == version.generation:
            return ObjectRecord(version, not_stored="gone")
        return self._store(live, (live,))._replace(then=_then(version))

    def _here(self, version: ObjectVersion) -> ObjectRecord | None:
        """Return the record of a version whose content is in the vault; None where it surely is not."""
        name = content_name(self._bucket.name, version)
        found = self._vault.find(name)
        if found is None or self._was_damaged(found) or not _is_surely(found, version):
            return None
        return ObjectRecord(version, name, found.generation)

    def _copied(self, version: ObjectVersion, source: ObjectVersion) -> ObjectRecord | None:
        """Return the record of a version whose content was copied, or was there; None without a source.

        What lies there and could be another content, which somebody made to fit, or was found damaged,
        is left alone: the copy lies beside it.
        """
        for mark in ("", self._mark):
            name = content_name(self._bucket.name, version, mark=mark)
            copy, is_ours = self._copy(source, name)
            if copy is None:
                return None
            if not (is_ours or mark) and self._was_damaged(copy):
                log.error("damaged content is stored anew, beside it", content=name)
            elif is_ours or mark or _is_surely(copy, version):
                return _record(version, name, copy)
            else:
                log.warning("what lies there is not surely the content", content=name)
        raise AssertionError

    def _holds(self, earlier: ObjectRecord, version: ObjectVersion) -> bool:
        """Whether the vault has a version's content where an earlier run says, undamaged."""
        if not earlier.stored_as or earlier.stored_as in self._damaged:
            return False
        return same_content(earlier.version, version)

    def _still_held(self, record: ObjectRecord, versions: Sequence[ObjectVersion]) -> ObjectRecord:
        """Return a record whose content is in the vault, as an earlier run says; else store it."""
        name = record.stored_as or ""
        found = self._vault.find(name)
        if (
            found is not None
            and same_content(record.version, found)
            and (found.generation == record.stored_generation or _is_surely(found, record.version))
        ):
            return record._replace(stored_generation=found.generation)
        log.error("an earlier run names content that the vault does not hold", content=name)
        return self._store(record.version, versions)

    def _takes_one(self) -> bool:
        """Take one of the copies that the run may still make; tell whether there was one."""
        with self._lock:
            self._may_copy -= 1
            return self._may_copy >= 0

    def _copy(self, source: ObjectVersion, name: str) -> tuple[ObjectVersion | None, bool]:
        """Return what is in the vault then, and whether it was put there by us; None for no source."""
        origin = (self._bucket.name, source.name, source.generation)
        try:
            copy, is_ours = self._vault.rewrite_once(name, origin, settings=_PLAIN)
        except NotFound:
            if self._bucket.find(source.name, source.generation) is not None:
                # The source is there, so the vault must be missing.
                raise
            return None, False
        if is_ours:
            with self._lock:
                self.copied += 1
                self.copied_bytes += source.size_bytes
        return copy, is_ours

    def _was_damaged(self, stored: ObjectVersion) -> bool:
        """Whether a content of the vault was found damaged, and is what was looked at then."""
        seen_at = self._damaged.get(stored.name)
        return seen_at is not None and stored.created_at <= seen_at


def _told(version: ObjectVersion, earlier: ObjectRecord | None) -> ObjectVersion:
    """Fill in checksums that a listing left out, from the earlier record of the same version."""
    if version.crc32c or earlier is None or earlier.version.generation != version.generation:
        return version
    return version._replace(crc32c=earlier.version.crc32c, md5=earlier.version.md5)


def _then(version: ObjectVersion) -> ContentThen:
    return ContentThen(version.generation, version.size_bytes, version.crc32c, version.md5)


def _is_surely(found: ObjectVersion, version: ObjectVersion) -> bool:
    """Whether what lies in the vault has a version's content: a CRC32C alone is easily made to fit."""
    return same_content(found, version) and found.md5 is not None and found.md5 == version.md5


def _record(version: ObjectVersion, name: str, copy: ObjectVersion) -> ObjectRecord:
    """Return the record of a version whose content is the copy."""
    if not same_content(version, copy):
        raise ObjectChangedError(
            f"the vault holds other bytes than {version.name} under their key", subject=name
        )
    return ObjectRecord(version, name, copy.generation)
