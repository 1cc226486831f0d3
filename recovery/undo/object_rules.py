"""Which objects go back after a recovery, and which were written since. Pure."""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from manifests.kinds.buckets.model import ObjectRecord, ObjectVersion
from manifests.versions import same_content, settings_patch
from recovery.kinds.buckets.rules.buckets import ObjectCount
from recovery.kinds.buckets.rules.objects import EXTRA, SAME_CONTENT
from recovery.naming import bounded

_SHORTENED = re.compile(r"~[0-9a-f]{64}\Z")


class GoingObject(NamedTuple):
    """One object that goes back.

    Attributes:
        before: The version that was live before the recovery; None where there was none.
        aside: What its bytes are called where they were put aside; empty where the bucket keeps
            them itself.
        live: The version that is live now; None where none is.
        is_said: Whether only what is said of it goes back: its content is what it was.
    """

    name: str
    before: ObjectVersion | None
    aside: str
    live: ObjectVersion | None
    is_said: bool = False


@dataclass(frozen=True)
class Recovered:
    """What is known of the objects of a recovery.

    Attributes:
        since: When it began.
        until: When it ended.
        versions: Every version in the bucket: live, noncurrent and soft-deleted ones.
        records: What the backup holds, by name.
        aside: What was put aside, by its name.
        folder: Where it lies.
        said: Objects of which only what is said of them was set, as they were, by name.
    """

    since: datetime
    until: datetime
    versions: Sequence[ObjectVersion]
    records: Mapping[str, ObjectRecord]
    aside: Mapping[str, ObjectVersion]
    folder: str
    said: Mapping[str, ObjectVersion]

    @cached_property
    def live(self) -> dict[str, ObjectVersion]:
        """Return what is live now, by name."""
        return {item.name: item for item in self.versions if item.state == "live"}

    @cached_property
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
        if kept is not None:
            return GoingObject(name, kept, kept.name, None)
        said = self.said.get(name)
        return None if said is None else GoingObject(name, said, "", None, is_said=True)

    def wrote(self, version: ObjectVersion) -> bool:
        """Whether the recovery wrote a version: while it ran, and with what the backup holds."""
        record = self.records.get(version.name)
        is_equal = record is not None and same_content(record.version, version)
        return is_equal and self.during(version.created_at)

    def is_ours(self, version: ObjectVersion) -> bool:
        """Whether a version is as the recovery left it, also in what is said of it."""
        if not self.wrote(version):
            return False
        was_said = version.updated_at <= self.until
        return was_said or is_said_as(self.records[version.name].version, version)

    @property
    def made(self) -> int:
        """Return of how many names that the recovery wrote no earlier version is kept."""
        wrote = {item.name for item in self.versions if self.wrote(item)}
        return sum(self.before(name) is None for name in wrote)


def going_objects(found: Recovered) -> tuple[list[GoingObject], list[str]]:
    """Return what goes back, and the names of what was written since."""
    extra, newer = _extra(found)
    said, changed = _said(found)
    going = sorted([*_written(found), *extra, *said], key=lambda item: item.name)
    return going, sorted({*newer, *changed, *_overwritten(found), *_said_since(found)})


def _written(found: Recovered) -> Iterator[GoingObject]:
    for name, now in found.live.items():
        if found.is_ours(now):
            yield (found.before(name) or GoingObject(name, None, "", None))._replace(live=now)


def _said_since(found: Recovered) -> Iterator[str]:
    """Yield what the recovery wrote and somebody said something else of since."""
    for name, now in found.live.items():
        if found.wrote(now) and not found.is_ours(now):
            yield name


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


def _said(found: Recovered) -> tuple[list[GoingObject], list[str]]:
    """Return objects of which only what is said goes back, and the names of what was changed since.

    One whose content was written anew to set what is said of it is one that was written.
    """
    live = found.live
    going: list[GoingObject] = []
    newer: list[str] = []
    for name, before in found.said.items():
        now, record = live.get(name), found.records.get(name)
        if now is not None and found.wrote(now):
            continue
        if now is None or now.generation != before.generation:
            newer.append(name)
        elif is_said_as(before, now):
            continue
        elif record is None or not is_said_as(record.version, now):
            newer.append(name)
        else:
            going.append(GoingObject(name, before, "", now, is_said=True))
    return going, newer


def is_said_as(before: ObjectVersion, now: ObjectVersion) -> bool:
    """Whether what is said of an object is what it was."""
    return not settings_patch(before.settings, now.settings)


def is_as_before(before: ObjectVersion | None, now: ObjectVersion | None) -> bool:
    """Whether an object is what it was before the recovery."""
    if now is None or before is None:
        return now is None and before is None
    return same_content(before, now) and is_said_as(before, now)


def _is_back(before: ObjectVersion | None, live: ObjectVersion | None) -> bool:
    """Whether what was there is there again: an undo that broke off put it back."""
    return is_as_before(before, live)


def lost_before(made: int, restored: Sequence[ObjectCount], said: int = 0) -> str:
    """Return why what seems to be made by the recovery may have replaced something; empty where not.

    What was there before can have expired since: nothing is deleted that could stand in its place.

    Args:
        made: Of how many names that it wrote no earlier version is kept.
        restored: What the recovery says that it brought back.
        said: Of how many objects it wrote down what was said of them.
    """
    only_said = sum(item.objects for item in restored if item.source in SAME_CONTENT)
    if only_said > said:
        return f"of {only_said} objects only what is said of them was set, and that was not kept"
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
        live = item.live and (item.live.generation, item.live.metageneration)
        seen.update(f"{item.name}\0{live}\0".encode())
    return seen.hexdigest()
