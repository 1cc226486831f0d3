"""One look at the records of fences in both buckets, within bounds.

Each record comes into the vault first: what the landing bucket alone says of a fence that the vault
knows was written by somebody else, or its writing broke off.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

import structlog
from pydantic import BaseModel

from manifests import fence_layout
from manifests.cloud.objects import Bucket
from manifests.crowd import HOUR, some_of_each
from manifests.errors import (
    BackupDamagedError,
    ManifestAlteredError,
    ManifestFormatError,
    UnsafeNameError,
    UsageError,
)
from manifests.kinds.resources.table import resource_type
from manifests.store.bounded import FoundRecord, Records, readable
from manifests.store.marks import is_marked
from manifests.store.seal import Seal
from manifests.values import Listed, Value
from recovery.fence.model import FencedWriter, FenceRecord, ReleasedWriters, ThawRecord

MOST_BYTES = 4 * 1024 * 1024
"""No record is larger: far more than the writers of a platform."""
MOST_FENCES = 300
"""No more of them are read in one look."""
_HINT = "find out who wrote it, and remove it; other fences are read all the same"

log = structlog.get_logger()


class FenceWriters(Value):
    """What is written down of a fence.

    Attributes:
        record: The fence, with the writers that either place names.
        alone: The names of those that one place alone names; of none where only what is signed is
            believed.
        released: The names of those that it holds no more, because a thaw resumes them.
    """

    record: FenceRecord
    alone: frozenset[str]
    released: frozenset[str] = frozenset()


class _Place(NamedTuple):
    """One of the two buckets, and what it has of fences, by name."""

    records: Records
    listed: Mapping[str, Listed]

    def knows(self, fence: str) -> bool:
        """Whether the record of a fence is there."""
        return fence_layout.fence_name(fence) in self.listed


class Look:
    """What both buckets say of fences.

    Args:
        landing: The bucket with journals.
        vault: The bucket with the backups.
        seal: Tells what is believed.
        prefix: What is looked at, all fences or the folder of one.
    """

    def __init__(self, landing: Bucket, vault: Bucket, seal: Seal, prefix: str) -> None:
        self._seal = seal
        self._landing, self._vault = (
            _Place(
                Records(bucket, most_bytes=MOST_BYTES, seal=seal, only_believed=True),
                {it.name: it for it in bucket.list_dated(prefix, marked=seal.is_checking)},
            )
            for bucket in (landing, vault)
        )

    @cached_property
    def _known(self) -> tuple[list[str], int]:
        """Return the fences that are read, and how many are not.

        Of too many those come first that a listing tells to be signed, then some of each hour.
        """
        written: dict[str, datetime] = {}
        signed: set[str] = set()
        for item in (*self._landing.listed.values(), *self._vault.listed.values()):
            if fence := fence_layout.fence_of(item.name):
                written[fence] = min(item.written_at, written.get(fence, item.written_at))
                if is_marked(item, self._seal):
                    signed.add(fence)
        found = some_of_each(written, MOST_FENCES, HOUR, lambda fence: fence not in signed)
        return sorted(found), len(written) - len(found)

    @property
    def ids(self) -> list[str]:
        """Return every fence there was that is read, oldest first."""
        ids, left = self._known
        if left:
            log.warning("fences are not read: there are too many", fences=left)
        return ids

    def standing(self) -> list[FoundRecord[FenceWriters]]:
        """Return the fences that were not thawed, oldest first.

        Of one that cannot be read it is told why: who writes here could otherwise stop every look at
        the others; so it is of those that are too many. The small ones are read first, and of them the
        newest.
        """
        sizes = Counter[str]()
        for item in (*self._landing.listed.values(), *self._vault.listed.values()):
            fence = item.name.removeprefix(fence_layout.FENCES_PREFIX).partition("/")[0]
            sizes[fence] += item.size_bytes
        newest_first = self.ids[::-1]
        ids = sorted(newest_first, key=lambda fence: sizes[fence].bit_length())
        found = []
        for fence in ids:
            try:
                if self.thawed(fence) is None:
                    found.append(FoundRecord(fence, self.fence(fence)))
            except BackupDamagedError as error:
                found.append(FoundRecord(fence, None, error))
        if left := self._known[1]:
            too_many = ManifestFormatError(
                f"{left:,} more fences are not read: there are too many",
                subject=fence_layout.FENCES_PREFIX,
            )
            found.append(FoundRecord(fence_layout.FENCES_PREFIX, None, too_many, is_cut=True))
        return sorted(found, key=lambda item: item.name)

    def fence(self, fence: str) -> FenceWriters:
        """Return what is written down of a fence.

        Raises:
            UsageError: There is no such fence.
            BackupDamagedError: It cannot be read, is another's, nobody we trust signed it, or its two
                records differ.
        """
        record = self._first(fence)
        places = [[*self._writers(record, place)] for place in (self._landing, self._vault)]
        writers = {writer.name: writer for own in places for writer in own}
        alone = {
            writer.name
            for writer in writers.values()
            if not self._seal.is_checking and not all(writer in own for own in places)
        }
        merged = record.model_copy(update={"writers": tuple(writers.values())})
        released = self.released(fence)
        return FenceWriters(record=merged, alone=frozenset(alone), released=released)

    def _first(self, fence: str) -> FenceRecord:
        """Return the record that a fence began with."""
        name = fence_layout.fence_name(fence)
        found = self._both(name, FenceRecord)
        if not found:
            raise UsageError(
                "no such fence", subject=fence, hint="`rebound fence --status` lists them"
            )
        read = [(item.record, item.sha256) for item in found if item.record is not None]
        wrong = [item.error for item in found if item.error is not None]
        if wrong and not (read and self._seal.is_checking):
            raise _hinting(wrong[0])
        (record, digest), (_, other) = read[0], read[-1]
        if digest != other:
            raise ManifestAlteredError(
                "its two records differ",
                subject=name,
                hint="find out who wrote them, in the vault and in the landing bucket",
            )
        return checked(record, fence, name)

    def _writers(self, record: FenceRecord, place: _Place) -> Iterator[FencedWriter]:
        """Yield the writers of a fence that are written down in a place.

        Raises:
            BackupDamagedError: A record of some cannot be read: a writer that it names would stay
                paused. Where signatures are checked, what nobody signed is no record.
        """
        fence = record.fence_id
        if place.knows(fence):
            yield from record.writers
        is_second = place is self._landing and self._vault.knows(fence)
        folder = fence_layout.more_prefix(fence)
        if not any(name.startswith(folder) for name in place.listed):
            return
        for found in place.records.below(folder, FenceRecord):
            try:
                if found.error is not None:
                    raise found.error
                if found.record is not None:
                    yield from checked(found.record, fence, found.name).writers
            except BackupDamagedError as error:
                # Of those that are too many to be read nobody knows who signed them.
                is_unsigned = self._seal.is_checking and not found.is_cut
                if not (is_second or is_unsigned):
                    raise _hinting(error) from error
                log.warning("a record is not read", name=found.name, reason=error.message)

    def released(self, fence: str) -> frozenset[str]:
        """Return the names of the writers that a fence holds no more, as `thawed` believes it."""
        folder = fence_layout.released_prefix(fence)
        found = []
        for place in (self._landing, self._vault):
            if place.knows(fence) or self._seal.is_checking:
                there = any(name.startswith(folder) for name in place.listed)
                records = place.records.below(folder, ReleasedWriters) if there else ()
                own = [item for item in readable(records) if item.fence_id == fence]
                found.append(frozenset(name for item in own for name in item.names))
        merge = frozenset.union if self._seal.is_checking else frozenset.intersection
        return merge(*found) if found else frozenset()

    def thawed(self, fence: str) -> ThawRecord | None:
        """Return how a fence ended, or None while it stands.

        Where signatures are checked, one record tells. Where not, each bucket that knows the fence has
        to have one: where one is lost, what was thawed does not stand again.

        Raises:
            BackupDamagedError: Its end is written down, and can be read in neither place.
        """
        name = fence_layout.thawed_name(fence)
        found = self._both(name, ThawRecord)
        ours = [item.record for item in found if item.record and item.record.fence_id == fence]
        places = (self._landing, self._vault)
        is_everywhere = all(name in place.listed for place in places if place.knows(fence))
        is_over = bool(ours) if self._seal.is_checking else bool(found) and is_everywhere
        reasons = [str(item.error.message) for item in found if item.error is not None]
        if is_over and not ours:
            why = reasons[0] if reasons else "it is the record of another fence"
            raise ManifestAlteredError(why, subject=name, hint=_HINT)
        if found and not is_over:
            why = reasons[0] if reasons else "only one of the two buckets has it"
            log.warning("nobody believes that a fence is over", name=name, reason=why)
        return ours[0] if is_over else None

    def _both[Record: BaseModel](
        self, name: str, kind: type[Record]
    ) -> Sequence[FoundRecord[Record]]:
        """Return what lies in the place of a record, in either bucket."""
        places = (place for place in (self._landing, self._vault) if name in place.listed)
        return [found for place in places if (found := place.records.one(name, kind)) is not None]


def _hinting(error: BackupDamagedError) -> BackupDamagedError:
    error.hint = _HINT
    return error


def checked(record: FenceRecord, fence: str, name: str) -> FenceRecord:
    """Return the record of a fence, if it is that, and of writers alone.

    Args:
        record: What lies there.
        fence: The fence.
        name: The name of the object, for errors.

    Raises:
        ManifestAlteredError: It is the record of another fence.
        UnsafeNameError: It names what is no writer.
    """
    if record.fence_id != fence:
        raise ManifestAlteredError("it is the record of another fence", subject=name)
    for writer in record.writers:
        kind = resource_type(writer.type)
        fields = {"", *(pause.field for pause in kind.pauses)}
        is_writer = kind.pauses and writer.field in fields
        if not (is_writer and kind.is_name(writer.name)):
            raise UnsafeNameError("not the name of any writer", subject=writer.name)
    return record
