"""Where fences are written down: what is standing, and what was thawed."""

from collections.abc import Iterator
from contextlib import suppress

from manifests import fence_layout
from manifests.cloud.objects import Bucket
from manifests.errors import BackupDamagedError, ManifestAlteredError, UnsafeNameError, UsageError
from manifests.json_text import MOST_BYTES
from manifests.kinds.resources.table import resource_type
from manifests.layout import recovery_begun_at
from manifests.store.bounded import Found, Records
from manifests.store.envelope import decode, encode
from recovery.fence.model import FencedWriter, FenceRecord, StandingFence, ThawRecord


class Fences:
    """The records of fences.

    Args:
        bucket: Where they are kept.
        second: Where that is also written down: without the record of a fence nobody knows what ran
            before, without that of its end it seems to stand.
    """

    def __init__(self, bucket: Bucket, second: Bucket) -> None:
        self._bucket = bucket
        self._second = second

    def begin(self, record: FenceRecord) -> None:
        """Write a fence down in both places, before anything is paused."""
        name = fence_layout.fence_name(record.fence_id)
        self._bucket.put_once(name, self._second.put_once(name, encode(record)))

    def add(self, record: FenceRecord) -> None:
        """Write further writers of a fence down, in both places; the fence is begun where it is not.

        Args:
            record: The fence with those writers.
        """
        self.begin(record.model_copy(update={"writers": ()}))
        content = encode(record)
        for bucket in (self._second, self._bucket):
            bucket.put_once(fence_layout.more_name(record.fence_id, content), content)

    def record(self, fence: str) -> FenceRecord:
        """Return a fence that was begun.

        Raises:
            UsageError: There is no such fence.
            BackupDamagedError: It cannot be read, is another's, or its two records differ.
        """
        name = fence_layout.fence_name(fence)
        there = [found for bucket in (self._bucket, self._second) if (found := bucket.read(name))]
        content = there[0] if there else None
        if there and there[0] != there[-1]:
            raise ManifestAlteredError(
                "its two records differ",
                subject=name,
                hint=f"find out who wrote them, in {self._bucket.name} and {self._second.name}",
            )
        if content is None:
            raise UsageError(
                "no such fence", subject=fence, hint="`rebound fence --status` lists them"
            )
        record = _checked(decode(content, FenceRecord, subject=name), fence, name)
        writers = {writer.name: writer for writer in record.writers}
        for more in self._more(fence):
            writers |= {writer.name: writer for writer in more.writers}
        return record.model_copy(update={"writers": tuple(writers.values())})

    def _more(self, fence: str) -> Iterator[FenceRecord]:
        """Yield the records of further writers of a fence, from both places.

        Raises:
            BackupDamagedError: One cannot be read: a writer that it names would stay paused.
        """
        for bucket in (self._bucket, self._second):
            records = Records(bucket, most_bytes=MOST_BYTES)
            for found in records.below(fence_layout.more_prefix(fence), FenceRecord):
                if found.error is not None:
                    raise found.error
                if found.record is not None:
                    yield _checked(found.record, fence, found.name)

    def end(self, thawed: ThawRecord) -> ThawRecord:
        """Write that a fence is over, in both places; an earlier record stays and is returned."""
        name = fence_layout.thawed_name(thawed.fence_id)
        content = self._second.put_once(name, self._bucket.put_once(name, encode(thawed)))
        return decode(content, ThawRecord, subject=name)

    def thawed(self, fence: str) -> ThawRecord | None:
        """Return how a fence ended, or None while it stands.

        Raises:
            BackupDamagedError: Its end is written down, and can be read in neither place.
        """
        name, problem = fence_layout.thawed_name(fence), None
        # Where one bucket is lost, what was thawed does not stand again.
        for bucket in (self._bucket, self._second):
            try:
                if (content := bucket.read(name)) is not None:
                    return decode(content, ThawRecord, subject=name)
            except BackupDamagedError as error:
                problem = error
        if problem is not None:
            raise problem
        return None

    def ids(self) -> list[str]:
        """Return every fence there was, oldest first."""
        found = {
            fence_layout.fence_of(item.name)
            for bucket in (self._bucket, self._second)
            for item in bucket.list_objects(fence_layout.FENCES_PREFIX)
        }
        return sorted(filter(None, found))

    def standing(self) -> list[Found[FenceRecord]]:
        """Return the fences that were not thawed, oldest first.

        Of one that cannot be read it is told why: who writes here could otherwise stop every look at
        the others.
        """
        found = []
        for fence in self.ids():
            try:
                if self.thawed(fence) is None:
                    found.append(Found(fence, self.record(fence)))
            except BackupDamagedError as error:
                found.append(Found(fence, None, error))
        return found

    def readable(self) -> list[FenceRecord]:
        """Return those that can be read, with the writers that both of their records name.

        Who writes here could otherwise stop every recovery, or have one pause what he likes.
        """
        found = []
        for record in (item.record for item in self.standing()):
            if record is not None:
                alone = self.alone(record)
                both = tuple(item for item in record.writers if item.name not in alone)
                found.append(record.model_copy(update={"writers": both}))
        return found

    def alone(self, record: FenceRecord) -> frozenset[str]:
        """Return the names of the writers of a fence that are written down in one place only.

        So it is where one of the two is lost, and where somebody wrote who can write to one.
        """
        places = [
            self._writers_in(bucket, record.fence_id) for bucket in (self._bucket, self._second)
        ]
        return frozenset(
            writer.name
            for writer in record.writers
            if not all(writer in writers for writers in places)
        )

    def _writers_in(self, bucket: Bucket, fence: str) -> list[FencedWriter]:
        records = Records(bucket, most_bytes=MOST_BYTES)
        first = records.one(fence_layout.fence_name(fence), FenceRecord)
        more = records.below(fence_layout.more_prefix(fence), FenceRecord)
        found: list[FencedWriter] = []
        for item in (first, *more):
            if item is not None and item.record is not None:
                with suppress(BackupDamagedError):
                    found += _checked(item.record, fence, item.name).writers
        return found

    def writers(self) -> dict[str, FencedWriter]:
        """Return the writers that fences hold which stand and can be read, by name."""
        return {item.name: item for record in self.readable() for item in record.writers}

    def of(self, recovery_id: str) -> list[StandingFence]:
        """Return the fences of a recovery, oldest first, and what became of each."""
        first = fence_layout.fence_id(recovery_begun_at(recovery_id), "0000")
        found = []
        # What began before the recovery is none of its own.
        for fence in (item for item in self.ids() if item >= first):
            with suppress(BackupDamagedError):
                if (record := self.record(fence)).recovery_id == recovery_id:
                    found.append(_told(record, self.thawed(fence)))
        return found


def _told(record: FenceRecord, over: ThawRecord | None) -> StandingFence:
    return StandingFence(
        fence_id=record.fence_id,
        is_made=record.is_made,
        writers=len(record.writers),
        thawed_at=None if over is None else over.thawed_at,
        resumed=0 if over is None else len(over.resumed),
        left=() if over is None else over.left,
    )


def _checked(record: FenceRecord, fence: str, name: str) -> FenceRecord:
    if record.fence_id != fence:
        raise ManifestAlteredError("it is the record of another fence", subject=name)
    for writer in record.writers:
        kind = resource_type(writer.type)
        fields = {"", *(pause.field for pause in kind.pauses)}
        is_writer = kind.pauses and writer.field in fields
        if not (is_writer and kind.is_name(writer.name)):
            raise UnsafeNameError("not the name of any writer", subject=writer.name)
    return record
