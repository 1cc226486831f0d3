"""What a recovery would do to the objects of a bucket, and why; counted, never listed whole."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from manifests.model import Frozen, ObjectRecord, ObjectVersion
from manifests.versions import same_content, settings_patch, turns_back
from recovery.compare.findings import Finding
from recovery.compare.objects import Damage, damage_of, live_of

Source = Literal["metadata", "live", "noncurrent", "soft-deleted", "vault", "none"]
"""Where an object comes back from, cheapest first.

    metadata      the content is right, only what is said about it is written
    live          the same, but only writing the content onto itself can undo it
    noncurrent    an older generation in the bucket, copied there by the service
    soft-deleted  a deleted generation that the bucket still keeps, restored by the service
    vault         the backup
    none          nowhere: it cannot be brought back
"""

_SAMPLES_OF_A_KIND = 3


@dataclass(frozen=True, slots=True)
class Origin:
    """One place with the content of an object as it was.

    Attributes:
        version: The surviving version; None for the vault.
        why: For a person.
    """

    source: Source
    why: str
    version: ObjectVersion | None = None


@dataclass(frozen=True, slots=True)
class ObjectStep:
    """What has to happen to one object.

    Attributes:
        origins: Where its content is, best first; empty for an extra object or when nowhere.
    """

    name: str
    damage: Damage
    expected: ObjectRecord | None
    live: ObjectVersion | None
    origins: tuple[Origin, ...]

    @property
    def source(self) -> Source:
        """Return the best source."""
        return self.origins[0].source if self.origins else "none"

    @property
    def replaces(self) -> bool:
        """Whether content that is live now would be replaced."""
        return self.damage in ("overwritten", "corrupted")

    @property
    def size_bytes(self) -> int:
        """Return the size of the object as it was; of an extra one, as it is."""
        version = self.expected.version if self.expected is not None else self.live
        return 0 if version is None else version.size_bytes

    @property
    def why(self) -> str:
        """Say why this source."""
        if self.damage == "extra":
            return "the recovery point does not know it"
        return self.origins[0].why if self.origins else "no version of it survives with its crc32c"


class ObjectCount(Frozen):
    """How many objects have one damage and one source."""

    damage: Damage
    source: Source
    objects: int
    size_bytes: int


class ObjectSample(Frozen):
    """One of the objects that were counted, explained."""

    name: str
    damage: Damage
    source: Source
    why: str


class BucketPlan(Frozen):
    """What happens to one bucket.

    Attributes:
        bucket: The bucket as the backup names it.
        target: The bucket that is written.
        create: Whether it is created first.
        keeps_replaced: Whether the target itself keeps what is replaced, as a noncurrent or
            soft-deleted version; otherwise a copy is put aside first.
        objects: How many objects the recovery point holds, in the scope that was asked for.
        equal: Those of them that are as they were.
        configuration: What differs in the bucket's own configuration; it is left alone.
    """

    bucket: str
    target: str
    create: bool
    keeps_replaced: bool
    objects: int
    equal: int
    counts: tuple[ObjectCount, ...]
    samples: tuple[ObjectSample, ...]
    configuration: tuple[Finding, ...] = ()

    @property
    def extra(self) -> int:
        """Return how many objects the recovery point does not know."""
        return sum(item.objects for item in self.counts if item.damage == "extra")

    @property
    def damaged(self) -> int:
        """Return how many objects are not as they were."""
        return sum(item.objects for item in self.counts if item.damage != "extra")

    @property
    def unrecoverable(self) -> int:
        """Return how many damaged objects have no source."""
        counted = (item for item in self.counts if item.damage != "extra")
        return sum(item.objects for item in counted if item.source == "none")

    @property
    def replaced(self) -> int:
        """Return how many objects hold other content now that would be replaced."""
        replaced = ("overwritten", "corrupted")
        counted = (item for item in self.counts if item.damage in replaced)
        return sum(item.objects for item in counted if item.source != "none")

    @property
    def moved_bytes(self) -> int:
        """Return how many bytes are copied."""
        return sum(item.size_bytes for item in self.counts if item.source != "metadata")


class StepCounter:
    """Counts steps by damage and source, and keeps a few of each as samples."""

    def __init__(self) -> None:
        self.objects = 0
        self.equal = 0
        self.counted: dict[tuple[Damage, Source], list[int]] = {}
        self.sampled: dict[tuple[Damage, Source], list[ObjectSample]] = {}

    def add_equal(self) -> None:
        """Count an object that is as it was."""
        self.objects += 1
        self.equal += 1

    def add(self, step: ObjectStep) -> None:
        """Count one step."""
        self.objects += step.damage != "extra"
        kind = (step.damage, step.source)
        count = self.counted.setdefault(kind, [0, 0])
        count[0] += 1
        count[1] += step.size_bytes
        samples = self.sampled.setdefault(kind, [])
        if len(samples) < _SAMPLES_OF_A_KIND:
            samples.append(
                ObjectSample(name=step.name, damage=step.damage, source=step.source, why=step.why)
            )

    def merge(self, other: "StepCounter") -> None:
        """Add what another counter, of later names, has counted."""
        self.objects += other.objects
        self.equal += other.equal
        for kind, (objects, size_bytes) in other.counted.items():
            count = self.counted.setdefault(kind, [0, 0])
            count[0] += objects
            count[1] += size_bytes
            samples = self.sampled.setdefault(kind, [])
            samples += other.sampled[kind][: _SAMPLES_OF_A_KIND - len(samples)]

    @property
    def counts(self) -> tuple[ObjectCount, ...]:
        """Return the counts, in a fixed order."""
        return tuple(
            ObjectCount(damage=kind[0], source=kind[1], objects=objects, size_bytes=size_bytes)
            for kind, (objects, size_bytes) in sorted(self.counted.items())
        )

    @property
    def samples(self) -> tuple[ObjectSample, ...]:
        """Return the samples, in a fixed order."""
        return tuple(item for _, samples in sorted(self.sampled.items()) for item in samples)


def plan_object(
    name: str,
    expected: ObjectRecord | None,
    versions: Sequence[ObjectVersion],
    recovery_point: datetime,
) -> ObjectStep | None:
    """Decide what has to happen to one object; None when it is as it was.

    Args:
        name: Its name.
        expected: Its record in the inventory, or None.
        versions: Every version of it that the bucket still has.
        recovery_point: The instant of the inventory.
    """
    live = live_of(versions)
    damage = damage_of(expected, live, recovery_point)
    if damage is None:
        return None
    origins: tuple[Origin, ...] = ()
    if expected is not None:
        origins = tuple(_origins(expected, live, versions))
    return ObjectStep(name, damage, expected, live, origins)


def _origins(
    expected: ObjectRecord, live: ObjectVersion | None, versions: Sequence[ObjectVersion]
) -> Iterator[Origin]:
    """Yield every place with the very content an object had, cheapest first."""
    wanted = expected.version
    if live is not None and same_content(wanted, live):
        if not turns_back(wanted.settings, live.settings):
            yield Origin("metadata", "its content is what it was; only metadata is written", live)
        yield Origin("live", "a custom time goes back only with its content written anew", live)
    for version in _surviving("noncurrent", wanted, versions):
        yield Origin("noncurrent", f"{_named(version)} is in the bucket", version)
    for version in _surviving("soft-deleted", wanted, versions):
        patch = settings_patch(wanted.settings, version.settings)
        if not (patch and turns_back(wanted.settings, version.settings)):
            yield Origin("soft-deleted", f"{_named(version)} is kept by soft delete", version)
    if expected.stored_as is not None:
        yield Origin("vault", "only the vault still holds its content")


def _surviving(
    state: Literal["noncurrent", "soft-deleted"],
    wanted: ObjectVersion,
    versions: Sequence[ObjectVersion],
) -> list[ObjectVersion]:
    """Return the versions with the wanted content: the very generation first, then the newest."""
    found = [item for item in versions if item.state == state and same_content(wanted, item)]
    found.sort(key=lambda item: (item.generation == wanted.generation, item.created_at))
    return found[::-1]


def _named(version: ObjectVersion) -> str:
    return (
        f"generation {version.generation} of {version.created_at:%Y-%m-%d %H:%M:%S} with its crc32c"
    )
