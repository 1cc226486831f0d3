"""What a plan says of the retention that objects have of their own. Pure."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from manifests.object_retention import Fate, RetentionRules, allows_retention
from manifests.values import Resource, Value
from recovery.request import Request
from recovery.units import counted


def retention_rules(bucket: Resource, request: Request, *, now: datetime) -> RetentionRules:
    """Return what is done about the retention of objects.

    Args:
        bucket: The configuration of the bucket that they come back to.
        request: What the operator asked for.
        now: When the recovery is planned, or began.
    """
    return RetentionRules(allows_retention(bucket), locks=request.lock_again, now=now)


class RetentionCounts(Value):
    """How many objects come back with which retention; each field is a `Fate`."""

    set: int = 0
    locked: int = 0
    unlocked: int = 0
    lost: int = 0

    @classmethod
    def of(cls, fates: Counter[Fate]) -> "RetentionCounts":
        """Return the counts that a plan tells of."""
        return cls(
            set=fates["set"],
            locked=fates["locked"],
            unlocked=fates["unlocked"],
            lost=fates["lost"],
        )

    @property
    def sentences(self) -> Iterator[str]:
        """Write what is set again."""
        if self.set:
            yield f"set again: the retention of {counted(self.set, 'object')}"
        if self.locked:
            objects = counted(self.locked, "object").upper()
            yield f"LOCKS {objects} UNTIL THEIR DATES: NOBODY CAN UNDO THAT"

    def notes(self, bucket: str) -> Iterator[str]:
        """Say what is not brought back."""
        if self.unlocked:
            yield (
                f"the locked retention of {counted(self.unlocked, 'object')} of bucket {bucket}: "
                "`--lock-again` sets and locks it, which nobody can undo"
            )
        if self.lost:
            yield (
                f"the retention of {counted(self.lost, 'object')} of bucket {bucket}: the bucket does "
                "not let objects have any, which can be enabled in Google's console, for ever"
            )
