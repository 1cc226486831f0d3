"""Objects of a bucket counted while they pass by, so that a plan is small whatever the bucket holds."""

from collections import Counter
from collections.abc import Iterable

from manifests.object_retention import Fate, RetentionRules
from recovery.compare.digest import Digest
from recovery.compare.objects import Damage
from recovery.kinds.buckets.rules.buckets import ObjectCount, ObjectSample
from recovery.kinds.buckets.rules.objects import ObjectStep, Source

_SAMPLES_OF_A_KIND = 3
_MOST_KEYS = 20


class ObjectCounts:
    """Counts objects and their bytes by damage and source."""

    def __init__(self) -> None:
        self._counted: dict[tuple[Damage, Source], list[int]] = {}

    def add(self, damage: Damage, source: Source, *, size_bytes: int, objects: int = 1) -> None:
        """Count some objects that have so many bytes together."""
        count = self._counted.setdefault((damage, source), [0, 0])
        count[0] += objects
        count[1] += size_bytes

    def merge(self, counts: Iterable[ObjectCount]) -> None:
        """Add what was counted elsewhere."""
        for item in counts:
            self.add(item.damage, item.source, size_bytes=item.size_bytes, objects=item.objects)

    @property
    def values(self) -> tuple[ObjectCount, ...]:
        """Return the counts, in a fixed order."""
        return tuple(
            ObjectCount(damage=damage, source=source, objects=objects, size_bytes=size_bytes)
            for (damage, source), (objects, size_bytes) in sorted(self._counted.items())
        )


class StepCounter:
    """Counts steps by damage and source, and keeps a few of each as samples.

    Args:
        retention: What is done about the retention of objects; None where that is not counted.
        only_missing: Whether what is there and differs is left: then nothing of it is set.
    """

    def __init__(
        self, retention: RetentionRules | None = None, *, only_missing: bool = False
    ) -> None:
        self.objects = 0
        self.equal = 0
        self.then = 0
        self.erased = 0
        self.fates: Counter[Fate] = Counter()
        self.keys: Counter[str] = Counter()
        self._retention = retention
        self._only_missing = only_missing
        self._counts = ObjectCounts()
        self.sampled: dict[tuple[Damage, Source], list[ObjectSample]] = {}
        self._seen = Digest()

    def add_equal(self, fate: Fate = "none") -> None:
        """Count an object that is as it was, but for a retention that is not set again."""
        self.objects += 1
        self.equal += 1
        self.fates[fate] += 1

    def add(self, step: ObjectStep) -> None:
        """Count one step."""
        self.objects += step.damage != "extra"
        is_left = self._only_missing and step.is_there
        if self._retention is not None and step.is_brought_back and not is_left:
            self.fates[self._retention.lacking(step.wanted_settings, step.kept_settings)] += 1
        if step.new_key is not None and not is_left:
            self._add_key(step.new_key, 1)
        live = step.live
        self._seen.add(step.name, live and (live.generation, live.metageneration))
        self._counts.add(step.damage, step.source, size_bytes=step.size_bytes)
        samples = self.sampled.setdefault((step.damage, step.source), [])
        if len(samples) < _SAMPLES_OF_A_KIND:
            samples.append(
                ObjectSample(name=step.name, damage=step.damage, source=step.source, why=step.why)
            )

    def merge(self, other: "StepCounter") -> None:
        """Add what another counter, of later names, has counted."""
        self.objects += other.objects
        self.fates += other.fates
        for key, objects in other.keys.items():
            self._add_key(key, objects)
        self.equal += other.equal
        self.then += other.then
        self.erased += other.erased
        self._seen.add(other.seen)
        self._counts.merge(other.counts)
        for kind, later in other.sampled.items():
            samples = self.sampled.setdefault(kind, [])
            samples += later[: _SAMPLES_OF_A_KIND - len(samples)]

    def _add_key(self, key: str, objects: int) -> None:
        # An inventory is what somebody wrote: it may name as many keys as objects.
        is_known = key in self.keys or len(self.keys) < _MOST_KEYS
        self.keys[key if is_known else "further keys"] += objects

    @property
    def counts(self) -> tuple[ObjectCount, ...]:
        """Return the counts, in a fixed order."""
        return self._counts.values

    @property
    def seen(self) -> str:
        """Return a digest of the objects that are not as they were, each with its generation."""
        return self._seen.text

    @property
    def samples(self) -> tuple[ObjectSample, ...]:
        """Return the samples, in a fixed order."""
        return tuple(item for _, samples in sorted(self.sampled.items()) for item in samples)
