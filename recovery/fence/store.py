"""Where fences are written down: what is standing, and what was thawed."""

from collections.abc import Collection
from contextlib import suppress

from pydantic import BaseModel

from manifests import fence_layout
from manifests.cloud.objects import Bucket
from manifests.errors import BackupDamagedError, ManifestFormatError, StrangeObjectError
from manifests.layout import recovery_begun_at
from manifests.store.bounded import FoundRecord
from manifests.store.decoded import STRANGE_HINT
from manifests.store.envelope import encode
from manifests.store.marks import marked
from manifests.store.seal import Seal
from recovery.fence.look import MOST_BYTES, FenceWriters, Look
from recovery.fence.model import (
    FencedWriter,
    FenceRecord,
    ReleasedWriters,
    StandingFence,
    ThawRecord,
)


class Fences:
    """The records of fences.

    Args:
        landing: Where they are kept.
        vault: Where that is also written down, and first: without the record of a fence nobody knows
            what ran before, without that of its end it seems to stand.
        seal: Signs what is written, and tells what is believed.
    """

    def __init__(self, landing: Bucket, vault: Bucket, seal: Seal) -> None:
        self._landing = landing
        self._vault = vault
        self._seal = seal

    def begin(self, record: FenceRecord) -> None:
        """Write a fence down in both places, before anything is paused.

        Raises:
            CloudError: It could not be signed, or not be written.
            MisconfiguredError: Nobody would believe it: the key that signs is none that is trusted.
        """
        self._put(fence_layout.fence_name(record.fence_id), record)

    def add(self, record: FenceRecord) -> None:
        """Write further writers of a fence down, in both places; the fence is begun where it is not.

        Args:
            record: The fence with those writers.
        """
        self.begin(record.model_copy(update={"writers": ()}))
        self._put(fence_layout.more_name(record.fence_id, encode(record)), record)

    def _put(self, name: str, document: BaseModel) -> None:
        content = self._seal.encode(document, subject=name)
        if len(content) > MOST_BYTES:
            message = (
                f"it would have {len(content):,} bytes, and no more than {MOST_BYTES:,} are read"
            )
            raise ManifestFormatError(message, subject=name)
        mark = marked(name, content, self._seal) if self._seal.is_signing else None
        self._landing.put_once(name, self._vault.put_once(name, content, mark), mark)

    def fence(self, fence: str) -> FenceWriters:
        """Return a fence that was begun, and which of its writers one place alone names.

        So it is where one of the two records is lost, and where somebody wrote who can write to one.

        Raises:
            UsageError: There is no such fence.
            BackupDamagedError: It cannot be read, is another's, nobody we trust signed it, or its two
                records differ.
        """
        return self._look(fence).fence(fence)

    def release(self, fence: str, names: Collection[str]) -> None:
        """Write in both places that a fence holds some writers no more, before they are resumed.

        Raises:
            StrangeObjectError: What lies there lets nobody believe it.
        """
        record = ReleasedWriters(fence_id=fence, names=tuple(sorted(names)))
        name = fence_layout.released_name(fence, encode(record))
        self._put(name, record)
        if not self._look(fence).released(fence).issuperset(names):
            raise StrangeObjectError("something else lies there", subject=name, hint=STRANGE_HINT)

    def end(self, thawed: ThawRecord) -> ThawRecord:
        """Write that a fence is over, in both places; an earlier record stays and is returned.

        Raises:
            StrangeObjectError: What lies in both places is believed by nobody.
        """
        name = fence_layout.thawed_name(thawed.fence_id)
        content = self._seal.encode(thawed, subject=name)
        for bucket in (self._vault, self._landing):
            bucket.put_once(name, content)
        if (over := self.thawed(thawed.fence_id)) is None:
            raise StrangeObjectError("something else lies there", subject=name, hint=STRANGE_HINT)
        return over

    def thawed(self, fence: str) -> ThawRecord | None:
        """Return how a fence ended, or None while it stands.

        Raises:
            BackupDamagedError: Its end is written down, and can be read in neither place.
        """
        return self._look(fence).thawed(fence)

    def _look(self, fence: str = "") -> Look:
        prefix = fence_layout.folder(fence) if fence else fence_layout.FENCES_PREFIX
        return Look(self._landing, self._vault, self._seal, prefix)

    def standing(self) -> list[FoundRecord[FenceRecord]]:
        """Return the fences that were not thawed, oldest first; of one that cannot be read, why."""
        return [
            FoundRecord(item.name, None if item.record is None else item.record.record, item.error)
            for item in self._look().standing()
        ]

    def readable(self) -> list[FenceRecord]:
        """Return those that can be read, with the writers that both of their records name.

        Who writes here could otherwise stop every recovery, or have one pause what he likes.
        """
        return [_without(item, item.alone) for item in self._standing_writers()]

    def holding(self) -> list[FenceRecord]:
        """Return those that can be read, with the writers that each holds, and no thaw of it resumes already."""
        return [_without(item, item.alone | item.released) for item in self._standing_writers()]

    def _standing_writers(self) -> list[FenceWriters]:
        return [item.record for item in self._look().standing() if item.record is not None]

    def writers(self) -> dict[str, FencedWriter]:
        """Return the writers that fences hold which stand and can be read, by name."""
        return {item.name: item for record in self.readable() for item in record.writers}

    def of(self, recovery_id: str) -> list[StandingFence]:
        """Return the fences of a recovery, oldest first, and what became of each."""
        first = fence_layout.fence_id(recovery_begun_at(recovery_id), "0000")
        look, found = self._look(), []
        # A fence that began before the recovery is not the recovery's own.
        for fence in [item for item in look.ids if item >= first]:
            with suppress(BackupDamagedError):
                if (record := look.fence(fence).record).recovery_id == recovery_id:
                    found.append(_told(record, look.thawed(fence)))
        return found


def _without(found: FenceWriters, names: Collection[str]) -> FenceRecord:
    writers = tuple(item for item in found.record.writers if item.name not in names)
    return found.record.model_copy(update={"writers": writers})


def _told(record: FenceRecord, over: ThawRecord | None) -> StandingFence:
    return StandingFence(
        fence_id=record.fence_id,
        is_made=record.is_made,
        writers=len(record.writers),
        thawed_at=None if over is None else over.thawed_at,
        resumed=0 if over is None else len(over.resumed),
        left=() if over is None else over.left_writers,
    )
