"""Which objects go back after a recovery, and which were written since. Pure."""

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from manifests.kinds.buckets.model import ObjectRecord, ObjectVersion
from manifests.versions import same_content, settings_patch
from recovery.kinds.buckets.rules.buckets import ObjectCount
from recovery.kinds.buckets.rules.objects import REPLACED, SAME_CONTENT
from recovery.kinds.former import AsideObject


class GoingObject(NamedTuple):
    """One object that goes back.

    Attributes:
        before: The version that was live before the recovery; None where there was none.
        aside: The copy of its bytes that was put aside; None where the bucket keeps them itself.
        live: The version that is live now; None where none is.
        is_said: Whether only its metadata goes back, since its content is what it was.
    """

    name: str
    before: ObjectVersion | None
    aside: AsideObject | None
    live: ObjectVersion | None
    is_said: bool = False


@dataclass(frozen=True)
class RecoveredObjects:
    """What is known of the objects of a recovery.

    Attributes:
        since: When it began.
        until: When it ended.
        versions: Every version in the bucket: live, noncurrent and soft-deleted ones.
        records: What the backup holds, by name.
        aside: What was put aside, and is there still.
        gone: What was put aside, and is not there any more.
        said: Objects whose metadata alone was set, as they were, by name.
    """

    since: datetime
    until: datetime
    versions: Sequence[ObjectVersion]
    records: Mapping[str, ObjectRecord]
    aside: Sequence[AsideObject]
    gone: Sequence[AsideObject]
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
            return GoingObject(name, ended, None, None)
        kept = self.replaced.get(name)
        if kept is not None:
            return GoingObject(name, kept.before, kept, None)
        said = self.said.get(name)
        return None if said is None else GoingObject(name, said, None, None, is_said=True)

    @cached_property
    def replaced(self) -> dict[str, AsideObject]:
        """Return what was put aside because another content took its place, by name."""
        return {item.before.name: item for item in self.aside if not item.is_extra}

    @cached_property
    def lost(self) -> frozenset[str]:
        """Return the names of what cannot go back: it is not as it was, and its copy is not there."""
        return frozenset(
            item.before.name
            for item in self.gone
            if item.before.name not in self.ended
            and not is_as_before(item.before, self.live.get(item.before.name))
        )

    def wrote(self, version: ObjectVersion) -> bool:
        """Whether the recovery wrote a version: while it ran, and with what the backup holds."""
        record = self.records.get(version.name)
        is_equal = record is not None and same_content(record.version, version)
        return is_equal and self.during(version.created_at)

    def is_ours(self, version: ObjectVersion) -> bool:
        """Whether a version is as the recovery left it, metadata included."""
        if not self.wrote(version):
            return False
        was_said = version.updated_at <= self.until
        return was_said or is_said_as(self.records[version.name].version, version)

    @property
    def earlier(self) -> int:
        """Count the names of the backup whose earlier content is known."""
        kept = {item.before.name for item in (*self.aside, *self.gone) if not item.is_extra}
        ended = {name for name, item in self.ended.items() if not self.wrote(item)}
        return len((kept | ended) & self.records.keys())

    @property
    def made(self) -> int:
        """Count the names that the recovery wrote and of which no earlier version is kept."""
        wrote = {item.name for item in self.versions if self.wrote(item)}
        return sum(self.before(name) is None for name in wrote - self.lost)


def going_objects(found: RecoveredObjects) -> tuple[list[GoingObject], list[str]]:
    """Return what goes back, and the names of what was written since."""
    extra, theirs = _extra(found)
    said, changed = _said(found)
    going = sorted([*_written(found), *extra, *said], key=lambda item: item.name)
    left = {*theirs, *changed, *_overwritten(found), *_said_since(found), *found.lost}
    return going, sorted(left)


def _written(found: RecoveredObjects) -> Iterator[GoingObject]:
    for name, now in found.live.items():
        if found.is_ours(now) and name not in found.lost:
            yield (found.before(name) or GoingObject(name, None, None, None))._replace(live=now)


def _said_since(found: RecoveredObjects) -> Iterator[str]:
    """Yield what the recovery wrote and whose metadata somebody changed since."""
    for name, now in found.live.items():
        if found.wrote(now) and not found.is_ours(now):
            yield name


def _overwritten(found: RecoveredObjects) -> Iterator[str]:
    """Yield what the recovery wrote and somebody wrote again since, but what is back already."""
    live = found.live
    for item in found.versions:
        is_over = item.ended_at is not None and item.ended_at > found.until
        if is_over and found.wrote(item):
            before = found.before(item.name)
            if not _is_back(before.before if before else None, live.get(item.name)):
                yield item.name


def _extra(found: RecoveredObjects) -> tuple[list[GoingObject], list[str]]:
    """Return what was moved aside and goes back, and the names of what cannot."""
    live = found.live
    going: list[GoingObject] = []
    theirs: list[str] = []
    for kept in found.aside:
        name = kept.before.name
        if kept.is_extra and name not in live:
            going.append(GoingObject(name, kept.before, kept, None))
        elif kept.is_extra and not _is_back(kept.before, live[name]):
            theirs.append(name)
    return going, theirs


def _said(found: RecoveredObjects) -> tuple[list[GoingObject], list[str]]:
    """Return the objects whose metadata alone goes back, and the names of what was changed since.

    An object whose content was written anew to set its metadata counts as written.
    """
    live = found.live
    going: list[GoingObject] = []
    theirs: list[str] = []
    for name, before in found.said.items():
        now, record = live.get(name), found.records.get(name)
        if now is not None and found.wrote(now):
            continue
        if now is None or not _is_same_version(before, now):
            theirs.append(name)
        elif is_said_as(before, now):
            continue
        elif record is None or not is_said_as(record.version, now):
            theirs.append(name)
        else:
            going.append(GoingObject(name, before, None, now, is_said=True))
    return going, theirs


def _is_same_version(before: ObjectVersion, now: ObjectVersion) -> bool:
    """Whether only metadata can differ: two states of one version have the same content and key."""
    is_same = before.generation == now.generation and same_content(before, now)
    return is_same and before.settings.kms_key == now.settings.kms_key


def is_said_as(before: ObjectVersion, now: ObjectVersion) -> bool:
    """Whether the metadata of an object is what it was."""
    return not settings_patch(before.settings, now.settings)


def is_as_before(before: ObjectVersion | None, now: ObjectVersion | None) -> bool:
    """Whether an object is what it was before the recovery."""
    if now is None or before is None:
        return now is None and before is None
    return same_content(before, now) and is_said_as(before, now)


def _is_back(before: ObjectVersion | None, live: ObjectVersion | None) -> bool:
    """Whether what was there is there again: an undo that broke off put it back."""
    return is_as_before(before, live)


def lost_before(
    made: int,
    restored: Sequence[ObjectCount],
    said: int = 0,
    *,
    earlier: int,
    moved: int = 0,
    extra: int = 0,
) -> str:
    """Return why an object that the recovery seems to have made may have replaced one; else empty.

    The version that was replaced can have expired since. Then the object must not be deleted.

    Args:
        made: Of how many names that it wrote no earlier version is kept.
        restored: What the recovery says that it brought back.
        said: Of how many objects it wrote down the metadata.
        earlier: Of how many names it is known which content was there before another.
        moved: How many objects it says that it moved aside.
        extra: Of how many it wrote that down.
    """
    if moved > extra:
        return (
            f"{moved} objects were moved aside, and of {extra} it was written down which these are"
        )
    only_said = sum(item.objects for item in restored if item.source in SAME_CONTENT)
    if only_said > said:
        return f"of {only_said} objects only what is said of them was set, and that was not kept"
    replaced = sum(item.objects for item in restored if item.damage in REPLACED)
    if replaced > earlier:
        # The check below is not enough, since it counts what is there now. Whoever removed a made object
        # since makes up for a replaced one whose former version is gone: that would count as made, and be
        # deleted.
        return f"{replaced} objects were replaced, and of {earlier} it is known what they were"
    missing = sum(item.objects for item in restored if item.damage == "missing")
    if made <= missing:
        return ""
    return (
        f"{made} objects have no earlier version, and {missing} were made: the others' is not kept"
    )


def keys_of(going: Sequence[GoingObject], known: Collection[str]) -> dict[str, list[str]]:
    """Return the keys of Cloud KMS that only a journal names, and the objects that get each.

    Args:
        going: What goes back.
        known: The keys of the bucket and of the run.
    """
    found: dict[str, list[str]] = {}
    for item in going:
        key = item.before.settings.kms_key if item.before else None
        is_told = item.is_said or item.aside is not None
        present = item.live.settings.kms_key if item.live else None
        if key and is_told and key not in (*known, present):
            found.setdefault(key, []).append(item.name)
    return found


def digest_of(going: Sequence[GoingObject]) -> str:
    """Return which state of objects was looked at, and what they become."""
    seen = hashlib.sha256()
    for item in going:
        live = item.live and (item.live.generation, item.live.metageneration)
        kept = item.aside and (item.aside.name, item.aside.generation)
        seen.update(f"{item.name}\0{live}\0{item.before!r}\0{kept}\0".encode())
    return seen.hexdigest()
