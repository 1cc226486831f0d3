"""Which objects go back after a recovery, and which were written since. Pure."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from manifests.model import ObjectRecord, ObjectVersion
from manifests.versions import same_content
from recovery.kinds.buckets.rules.objects import EXTRA


class GoingObject(NamedTuple):
    """One object that goes back.

    Attributes:
        before: The version that was live before the recovery; None where there was none.
        aside: What its bytes are called where they were put aside; empty where the bucket keeps
            them itself.
        live: The version that is live now; None where none is.
    """

    name: str
    before: ObjectVersion | None
    aside: str
    live: ObjectVersion | None


class Recovered(NamedTuple):
    """What is known of the objects of a recovery.

    Attributes:
        since: When it began.
        until: When it ended.
        versions: Every version in the bucket: live, noncurrent and soft-deleted ones.
        records: What the backup holds, by name.
        aside: What was put aside, by its name in the folder of the recovery.
    """

    since: datetime
    until: datetime
    versions: Sequence[ObjectVersion]
    records: Mapping[str, ObjectRecord]
    aside: Mapping[str, ObjectVersion]

    @property
    def live(self) -> dict[str, ObjectVersion]:
        """Return what is live now, by name."""
        return {item.name: item for item in self.versions if item.state == "live"}

    @property
    def ended(self) -> dict[str, ObjectVersion]:
        """Return what stopped being live while the recovery ran, by name; the first of each."""
        ended = [item for item in self.versions if item.ended_at and self.during(item.ended_at)]
        ended.sort(key=lambda item: item.created_at, reverse=True)
        return {item.name: item for item in ended}

    def during(self, moment: datetime) -> bool:
        """Whether something happened while the recovery ran."""
        return self.since <= moment <= self.until

    def wrote(self, version: ObjectVersion) -> bool:
        """Whether the recovery wrote a version: while it ran, and with what the backup holds."""
        record = self.records.get(version.name)
        is_equal = record is not None and same_content(record.version, version)
        return is_equal and self.during(version.created_at)


def going_objects(found: Recovered) -> tuple[list[GoingObject], list[str]]:
    """Return what goes back, and the names of what was written since."""
    extra, newer = _extra(found)
    going = sorted([*_written(found), *extra], key=lambda item: item.name)
    return going, sorted({*newer, *_overwritten(found)})


def _written(found: Recovered) -> Iterator[GoingObject]:
    ended = found.ended
    for name, now in found.live.items():
        if not found.wrote(now):
            continue
        if name in ended:
            yield GoingObject(name, ended[name], "", now)
        elif name in found.aside:
            yield GoingObject(name, found.aside[name], found.aside[name].name, now)
        else:
            yield GoingObject(name, None, "", now)


def _overwritten(found: Recovered) -> Iterator[str]:
    """Yield what the recovery wrote and somebody wrote again, or deleted, since."""
    for item in found.versions:
        is_over = item.ended_at is not None and item.ended_at > found.until
        if is_over and found.wrote(item):
            yield item.name


def _extra(found: Recovered) -> tuple[list[GoingObject], list[str]]:
    live = found.live
    moved = {
        name.removeprefix(EXTRA): kept
        for name, kept in found.aside.items()
        if name.startswith(EXTRA)
    }
    going = [
        GoingObject(name, kept, kept.name, None) for name, kept in moved.items() if name not in live
    ]
    return going, [name for name in moved if name in live]


def digest_of(going: Sequence[GoingObject]) -> str:
    """Return which state of objects was looked at."""
    seen = hashlib.sha256()
    for item in going:
        seen.update(f"{item.name}\0{item.live and item.live.generation}\0".encode())
    return seen.hexdigest()
