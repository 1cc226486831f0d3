"""Retention that objects have of their own, and what of it is set again. Pure.

It can be set where the bucket allows it. A later date can always be set; a lock is for ever: nobody
can delete the object, nor shorten its time, before the date (Cloud Storage, Object Retention Lock).
"""

from datetime import datetime
from typing import Literal, NamedTuple

from manifests.json_text import parsed
from manifests.kinds.buckets.model import ObjectSettings
from manifests.shapes import inner
from manifests.values import Resource, aware

Fate = Literal["none", "over", "set", "locked", "unlocked", "lost"]
"""What becomes of the retention of an object that comes back.

    none      it had none
    over      its date has passed
    set       it is set again
    locked    it is set again and locked, which was asked for
    unlocked  it was locked, and nobody asked for that: the object comes back without
    lost      the bucket does not let objects have any
"""


class ObjectRetention(NamedTuple):
    """A retention of one object."""

    is_locked: bool
    until: datetime


class RetentionRules(NamedTuple):
    """What a recovery does about retention.

    Attributes:
        is_allowed: Whether objects of the bucket can have a retention of their own.
        locks: Whether what was locked is locked again.
        now: When the recovery is planned, or began.
    """

    is_allowed: bool
    locks: bool
    now: datetime

    def fate(self, wanted: ObjectSettings) -> Fate:
        """Return what becomes of the retention that an object had."""
        had = retention_of(wanted)
        if had is None:
            return "none"
        if had.until <= self.now:
            return "over"
        if not self.is_allowed:
            return "lost"
        if not had.is_locked:
            return "set"
        return "locked" if self.locks else "unlocked"

    def lacking(self, wanted: ObjectSettings, present: ObjectSettings) -> Fate:
        """Return what becomes of the retention that an object had and has no more.

        It is "none" where the object is kept at least as long and as surely as it was.
        """
        had, has = retention_of(wanted), retention_of(present)
        if had is None or (has and has.until >= had.until and has.is_locked >= had.is_locked):
            return "none"
        return self.fate(wanted)

    def patch(self, wanted: ObjectSettings, present: ObjectSettings) -> Resource:
        """Return what sets the retention of an object again; empty when nothing has to be.

        It never gets an earlier date, nor loses a lock. One that is locked now is made longer only
        where locking is asked for.
        """
        had, has = retention_of(wanted), retention_of(present)
        is_left = had is None or self.fate(wanted) not in ("set", "locked")
        if had is None or is_left or (has and has.is_locked and not self.locks):
            return {}
        until = max(had.until, has.until) if has else had.until
        is_locked = had.is_locked or bool(has and has.is_locked)
        if has == (is_locked, until):
            return {}
        mode, moment = "Locked" if is_locked else "Unlocked", until.isoformat()
        retention = {"mode": mode, "retainUntilTime": moment.replace("+00:00", "Z")}
        # An object has one or the other (Cloud Storage, Object holds), and a bucket can give each a
        # hold by default.
        return {"retention": retention, "eventBasedHold": False}


def retention_of(settings: ObjectSettings) -> ObjectRetention | None:
    """Read the retention of an object; None where it has none that tells its date.

    Raises:
        ValueError: It is no retention.
    """
    told = parsed(settings.retention.encode()) if settings.retention else {}
    if not isinstance(told, dict):
        message = "a retention is an object"
        raise ValueError(message)  # noqa: TRY004 - what was read is wrong, not its type in our code
    until = told.get("retainUntilTime")
    if until is None:
        return None
    return ObjectRetention(told.get("mode") == "Locked", aware(str(until)))


def locks(present: ObjectSettings, patch: Resource) -> bool:
    """Whether a patch locks what is not locked, which a parameter has to say (Objects: patch)."""
    has = retention_of(present)
    is_unlocked = has is not None and not has.is_locked
    return is_unlocked and inner(patch, "retention").get("mode") == "Locked"


def allows_retention(bucket: Resource) -> bool:
    """Whether objects of a bucket can have a retention of their own."""
    return inner(bucket, "objectRetention").get("mode") == "Enabled"
