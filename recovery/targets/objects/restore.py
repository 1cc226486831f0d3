"""Brings the objects of one bucket back, stretch by stretch, and proves each stretch."""

from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future

from manifests.cloud.retry import cloud_errors
from recovery.compare import Finding
from recovery.compare.objects import object_finding
from recovery.outcome import LeftObjects, LeftReason, StretchOutcome
from recovery.plan.buckets import ObjectCount
from recovery.plan.objects import ObjectStep
from recovery.targets.objects.comparison import Comparison, Stretch
from recovery.targets.objects.mending import Mended, Mender

_IN_FLIGHT = 1000
_MOST_NAMED = 10

type Advance = Callable[[int], None]
"""Told how many more objects were looked at."""


class StretchRestore:
    """Restores stretches of one bucket.

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

    def restore(self, stretch: Stretch) -> StretchOutcome:
        """Bring a stretch back; look at it again when anything was written."""
        tally = _Tally()
        with cloud_errors(self._comparison.target.uri()):
            for mended in self._mended(stretch, tally):
                tally.add(mended)
            if tally.has_written:
                self._prove(stretch, tally)
        return tally.outcome(stretch.number)

    def _mended(self, stretch: Stretch, tally: "_Tally") -> Iterator[Mended]:
        waiting: deque[Future[Mended]] = deque()
        for _, step in self._comparison.steps(stretch):
            if step is None:
                tally.equal += 1
                self._advance(1)
                continue
            waiting.append(self._writing.submit(self._mender.mend, step))
            if len(waiting) >= _IN_FLIGHT:
                yield self._done(waiting.popleft())
        while waiting:
            yield self._done(waiting.popleft())

    def _done(self, future: Future[Mended]) -> Mended:
        mended = future.result()
        self._advance(mended.step.damage != "extra")
        return mended

    def _prove(self, stretch: Stretch, tally: "_Tally") -> None:
        for name, step in self._comparison.steps(stretch):
            if step is None or name in tally.left_names:
                continue
            obstacle = self._mender.obstacle(step)
            if obstacle is None or obstacle in ("no source", "not allowed"):
                tally.unequal(step)
            else:
                tally.leave(name, obstacle)


class _Tally:
    """Counts what became of the objects of one stretch; names only those that were left."""

    def __init__(self) -> None:
        self.equal = 0
        self.left_names: dict[str, LeftReason] = {}
        self._restored: Counter[tuple[str, str]] = Counter()
        self._restored_bytes: Counter[tuple[str, str]] = Counter()
        self._moved_aside = 0
        self._unequal = 0
        self._findings: list[Finding] = []

    @property
    def has_written(self) -> bool:
        """Whether anything was written, so that it has to be looked at again."""
        return bool(self._restored or self._moved_aside)

    def add(self, mended: Mended) -> None:
        """Count one object."""
        step = mended.step
        if mended.left is not None:
            self.leave(step.name, mended.left)
        elif mended.source is None:
            self._moved_aside += 1
        else:
            self._restored[step.damage, mended.source] += 1
            self._restored_bytes[step.damage, mended.source] += step.size_bytes

    def leave(self, name: str, reason: LeftReason) -> None:
        """Count an object that stays as it is."""
        self.left_names[name] = reason

    def unequal(self, step: ObjectStep) -> None:
        """Count an object that is not as it should be after all."""
        self._unequal += 1
        if len(self._findings) < _MOST_NAMED:
            self._findings.append(object_finding(step.expected, step.live, step.damage))

    def outcome(self, number: int) -> StretchOutcome:
        """Return the counts."""
        restored = [
            ObjectCount.model_validate(
                {
                    "damage": damage,
                    "source": source,
                    "objects": objects,
                    "size_bytes": self._restored_bytes[damage, source],
                }
            )
            for (damage, source), objects in sorted(self._restored.items())
        ]
        return StretchOutcome(
            number=number,
            equal=self.equal,
            restored=tuple(restored),
            moved_aside=self._moved_aside,
            left=tuple(
                LeftObjects(
                    reason=reason,
                    objects=sum(item == reason for item in self.left_names.values()),
                    names=tuple(name for name, item in self.left_names.items() if item == reason)[
                        :_MOST_NAMED
                    ],
                )
                for reason in sorted(set(self.left_names.values()))
            ),
            unequal=self._unequal,
            findings=tuple(self._findings),
        )
