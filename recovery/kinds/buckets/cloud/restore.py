"""Brings the objects of one bucket back, key range by key range, and proves each."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from itertools import batched

from manifests.cloud.retry import cloud_errors
from recovery.compare.findings import Finding
from recovery.compare.objects import object_finding
from recovery.kinds.buckets.cloud.comparison import Comparison, ShardRange
from recovery.kinds.buckets.cloud.mending import Mended, Mender
from recovery.kinds.buckets.rules.counts import ObjectCounts
from recovery.kinds.buckets.rules.objects import ObjectStep
from recovery.kinds.buckets.rules.outcomes import LeftObjects, LeftReason, RangeOutcome

PARALLEL_RANGES = 8
_IN_FLIGHT = 1000
_AT_ONCE = 25
"""Objects a request; few, because the service may write them one after the other."""
_MOST_NAMED = 10

type Advance = Callable[[int], None]
"""Told how many more objects were looked at."""


class RangeRestore:
    """Restores key ranges of one bucket.

    Args:
        comparison: The bucket beside its inventory.
        mender: Brings single objects back.
        writing: Runs the writes; its size is how many are in flight.
        advance: Told about objects as they are done.
    """

    def __init__(
        self, comparison: Comparison, mender: Mender, writing: Executor, advance: Advance
    ) -> None:
        self._comparison = comparison
        self._mender = mender
        self._writing = writing
        self._advance = advance

    def restore(self, key_range: ShardRange) -> RangeOutcome:
        """Bring a key range back; look at it again when anything was written.

        Raises:
            BackupDamagedError: The inventory is not what the manifest says.
            CloudError: The bucket could not be listed or written.
        """
        tally = _Tally()
        with cloud_errors(self._comparison.target.uri()):
            for mended in self._mended(key_range, tally):
                tally.add(mended)
            if tally.has_written:
                self._prove(key_range, tally)
        return tally.outcome(key_range.number)

    def _mended(self, key_range: ShardRange, tally: "_Tally") -> Iterator[Mended]:
        waiting: deque[Future[list[Mended]]] = deque()
        for steps in batched(self._damaged(key_range, tally), _AT_ONCE, strict=False):
            waiting.append(self._writing.submit(self._mender.mend_all, steps))
            if len(waiting) >= _IN_FLIGHT // _AT_ONCE:
                yield from self._done(waiting.popleft())
        while waiting:
            yield from self._done(waiting.popleft())

    def _damaged(self, key_range: ShardRange, tally: "_Tally") -> Iterator[ObjectStep]:
        for found in self._comparison.steps(key_range):
            step = found.step
            tally.then += found.is_then
            tally.erased += found.is_erased
            if found.is_erased:
                continue
            if step is None:
                tally.equal += 1
                tally.written_before += found.is_written_since(self._mender.begun_at)
                self._advance(1)
            elif self._mender.obstacle(step) == "extra":
                tally.report_extra(step.name)
            else:
                yield step

    def _done(self, future: Future[list[Mended]]) -> list[Mended]:
        done = future.result()
        self._advance(sum(mended.step.damage != "extra" for mended in done))
        return done

    def _prove(self, key_range: ShardRange, tally: "_Tally") -> None:
        for name, step, *_ in self._comparison.steps(key_range):
            if step is None or name in tally.left_names:
                continue
            obstacle = self._mender.obstacle(step)
            if obstacle == "changed":
                tally.leave(name, obstacle)
            elif obstacle != "extra":
                tally.unequal(step)


def spread(key_ranges: Sequence[ShardRange]) -> list[ShardRange]:
    """Order key ranges so that those that are written at once are far from each other.

    A bucket takes many writes into one range of names only after a while.
    """
    apart = max(1, len(key_ranges) // PARALLEL_RANGES)
    return [item for first in range(apart) for item in key_ranges[first::apart]]


class _Tally:
    """Counts what became of the objects of one key range.

    It remembers the names of objects of the inventory that were left: they are no more than its
    shard has. Of extra objects, of which there can be any number, it remembers a few.
    """

    def __init__(self) -> None:
        self.equal = 0
        self.written_before = 0
        self.then = 0
        self.erased = 0
        self.left_names: dict[str, LeftReason] = {}
        self._refusal = ""
        self._extra = 0
        self._extra_names: list[str] = []
        self._restored = ObjectCounts()
        self._moved_aside = 0
        self._unequal = 0
        self._findings: list[Finding] = []

    @property
    def has_written(self) -> bool:
        """Whether anything was written, so that it has to be looked at again."""
        return bool(self._restored.values or self._moved_aside)

    def add(self, mended: Mended) -> None:
        """Count one object."""
        step = mended.step
        if mended.left is not None:
            self.leave(step.name, mended.left)
            self._refusal = self._refusal or mended.refusal
        elif mended.source is None:
            self._moved_aside += 1
        else:
            self._restored.add(step.damage, mended.source, size_bytes=step.size_bytes)

    def report_extra(self, name: str) -> None:
        """Count an extra object that nobody asked to move."""
        self._extra += 1
        if len(self._extra_names) < _MOST_NAMED:
            self._extra_names.append(name)

    def leave(self, name: str, reason: LeftReason) -> None:
        """Count an object that stays as it is."""
        self.left_names[name] = reason

    def unequal(self, step: ObjectStep) -> None:
        """Count an object that is not as it should be after all."""
        self._unequal += 1
        if len(self._findings) < _MOST_NAMED:
            self._findings.append(object_finding(step.expected, step.live, step.damage))

    def outcome(self, number: int) -> RangeOutcome:
        """Return the counts."""
        return RangeOutcome(
            number=number,
            equal=self.equal,
            written_before=self.written_before,
            then=self.then,
            erased=self.erased,
            restored=self._restored.values,
            moved_aside=self._moved_aside,
            left=tuple(self._left()),
            unequal=self._unequal,
            findings=tuple(self._findings),
        )

    def _left(self) -> Iterator[LeftObjects]:
        if self._extra:
            names = tuple(self._extra_names)
            yield LeftObjects(reason="extra", objects=self._extra, names=names)
        for reason in sorted(set(self.left_names.values())):
            names = tuple(name for name, item in self.left_names.items() if item == reason)
            answer = self._refusal if reason == "refused" else ""
            yield LeftObjects(
                reason=reason, objects=len(names), names=names[:_MOST_NAMED], answer=answer
            )
