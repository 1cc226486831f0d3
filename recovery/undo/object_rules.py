"""Which objects go back after a recovery, and which were written since. Pure."""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from manifests.kinds.buckets.model import ObjectRecord, ObjectVersion
from manifests.versions import same_content
from recovery.kinds.buckets.rules.buckets import ObjectCount
from recovery.kinds.buckets.rules.objects import EXTRA
from recovery.naming import bounded

_SHORTENED = re.compile(r"~[0-9a-f]{64}\Z")


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
        aside: What was put aside, by its name.
        folder: Where it lies.
    """

    since: datetime
    until: datetime
    versions: Sequence[ObjectVersion]
    records: Mapping[str, ObjectRecord]
    aside: Mapping[str, ObjectVersion]
    folder: str

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

    def before(self, name: str) -> GoingObject | None:
        """Return what was live under a name before the recovery replaced it, as far as it is kept."""
        if (ended := self.ended.get(name)) is not None:
            return GoingObject(name, ended, "", None)
        kept = self.aside.get(bounded(self.folder, name))
        return None if kept is None else GoingObject(name, kept, kept.name, None)

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
    for name, now in found.live.items():
        if found.wrote(now):
            yield (found.before(name) or GoingObject(name, None, "", None))._replace(live=now)


def _overwritten(found: Recovered) -> Iterator[str]:
    """Yield what the recovery wrote and somebody wrote again since, but what is back already."""
    live = found.live
    for item in found.versions:
        is_over = item.ended_at is not None and item.ended_at > found.until
        if is_over and found.wrote(item):
            before = found.before(item.name)
            if not _is_back(before.before if before else None, live.get(item.name)):
                yield item.name


def _extra(found: Recovered) -> tuple[list[GoingObject], list[str]]:
    """Return what was moved aside and goes back, and the names of what cannot.

    Of a name that was too long for the folder only a digest is kept.
    """
    live, folder = found.live, f"{found.folder}{EXTRA}"
    going: list[GoingObject] = []
    newer: list[str] = []
    for full, kept in found.aside.items():
        name = full.removeprefix(folder)
        was = live.get(f"{EXTRA}{name}")
        if not full.startswith(folder) or (was is not None and found.wrote(was)):
            continue
        if _SHORTENED.search(full) or (name in live and not _is_back(kept, live[name])):
            newer.append(name)
        elif name not in live:
            going.append(GoingObject(name, kept, kept.name, None))
    return going, newer


def _is_back(before: ObjectVersion | None, live: ObjectVersion | None) -> bool:
    """Whether what was there is there again: an undo that broke off put it back."""
    if before is None or live is None:
        return before is live
    return same_content(before, live)


def lost_before(going: Sequence[GoingObject], restored: Sequence[ObjectCount]) -> str:
    """Return why what seems to be made by the recovery may have replaced something; empty where not.

    What was there before can have expired since: nothing is deleted that could stand in its place.

    Args:
        going: What goes back.
        restored: What the recovery says that it brought back.
    """
    made = sum(item.before is None for item in going)
    missing = sum(item.objects for item in restored if item.damage == "missing")
    if made <= missing:
        return ""
    return (
        f"{made} objects have no earlier version, and {missing} were made: the others' is not kept"
    )


def digest_of(going: Sequence[GoingObject]) -> str:
    """Return which state of objects was looked at."""
    seen = hashlib.sha256()
    for item in going:
        seen.update(f"{item.name}\0{item.live and item.live.generation}\0".encode())
    return seen.hexdigest()
