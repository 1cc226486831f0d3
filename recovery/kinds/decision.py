"""What the rules of every kind are given and return: the origin, what was seen, the decision. Pure."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import NamedTuple

from manifests.erasures import NOTHING_ERASED, Erasures
from manifests.errors import ManifestAlteredError
from manifests.model.run import Manifest
from manifests.values import UtcTime, Value
from recovery.kinds.step import Step
from recovery.unseen import Unseen


class Seen(Value):
    """The things of one kind as they are.

    Attributes:
        unseen: What could not be looked at; it appears in no other field.
        older: What was made before the recovery began that is resumed, by the names of its steps: no
            attempt of it created that, though one can have undeleted it. Empty where none is resumed.
    """

    unseen: tuple[Unseen, ...] = ()
    older: frozenset[str] = frozenset()


class Origin(NamedTuple):
    """What is brought back.

    Attributes:
        manifest: That of the run, in which what falls back is as in older runs; None without a run.
        points: The recovery points of what falls back, by name.
        expired: When the expiration of what is brought back was over, by name.
        protected: The names of what the catalog protects, whether the run holds it or not.
        erased: The keys that stay erased, whatever the run holds.
    """

    manifest: Manifest | None = None
    points: Mapping[str, UtcTime] = {}
    expired: Mapping[str, UtcTime] = {}
    protected: frozenset[str] = frozenset()
    erased: Erasures = NOTHING_ERASED

    @property
    def run(self) -> Manifest:
        """Return the manifest of the run.

        Raises:
            ManifestAlteredError: The plan needs a run and names none.
        """
        if self.manifest is None:
            raise ManifestAlteredError("the plan is about what comes from a run, and names none")
        return self.manifest

    def point(self, name: str) -> UtcTime:
        """Return the recovery point of one thing: its own where it falls back."""
        return self.points.get(name, self.run.recovery_point)


class Own(NamedTuple):
    """Where Rebound keeps what is its own: no recovery writes there."""

    buckets: Collection[str]
    datasets: Collection[str]


class Decision(NamedTuple):
    """What is decided of the things of one kind.

    Attributes:
        steps: What happens to each.
        lost: What no recovery brings back.
        left_alone: What differs and is left, because only what is missing was asked for.
        point: The instant that is gone back to, where no run says it.
    """

    steps: tuple[Step, ...]
    lost: tuple[str, ...] = ()
    left_alone: tuple[str, ...] = ()
    point: datetime | None = None
