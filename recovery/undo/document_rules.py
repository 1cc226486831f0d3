"""Which documents go back after a recovery, and which were written since. Pure."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from manifests.documents import DocumentRecord

_MOST_NAMED = 10


class GoingDocument(NamedTuple):
    """One document that goes back.

    Attributes:
        path: Below the root of the database.
        before: What it was before the recovery; None where there was none.
        live: What it is now; None where it is gone.
    """

    path: str
    before: DocumentRecord | None
    live: DocumentRecord | None

    @property
    def name(self) -> str:
        return self.path


class RecoveredDocuments(NamedTuple):
    """What is known of the documents of a recovery.

    Attributes:
        since_nanos: When it began.
        until_nanos: When it ended.
        live: Every document as it is now.
        stored: What the backup holds, by path.
        replaced: What it replaced, as it was.
        removed: What it removed, as it was.
        same: Whether two contents are equal, as far as Firestore tells them apart.
    """

    since_nanos: int
    until_nanos: int
    live: Mapping[str, DocumentRecord]
    stored: Mapping[str, bytes]
    replaced: Mapping[str, DocumentRecord]
    removed: Mapping[str, DocumentRecord]
    same: Callable[[bytes, bytes], bool]

    def is_back(self, before: DocumentRecord) -> bool:
        """Whether a document is as it was already: an undo that broke off put it back."""
        now = self.live.get(before.path)
        return now is not None and self.same(now.fields, before.fields)

    def is_ours(self, now: DocumentRecord) -> bool:
        """Whether a document holds what the recovery wrote, and nobody wrote it since."""
        stored = self.stored.get(now.path)
        is_old = now.update_time_nanos <= self.until_nanos
        return is_old and stored is not None and self.same(now.fields, stored)


def going_documents(found: RecoveredDocuments) -> tuple[list[GoingDocument], list[str]]:
    """Return what goes back, and the paths of what was written since.

    What the recovery wrote was written while it ran, and is what the backup holds.
    """
    items = sorted(
        [*_replaced(found), *_removed(found), *_made(found)], key=lambda item: item[0].path
    )
    going = [item for item, is_ours in items if is_ours]
    return going, [item.path for item, is_ours in items if not is_ours]


def told_of(going: Sequence[GoingDocument]) -> tuple[str, ...]:
    """Name the first documents that go back, and count the rest: those come first that are as they were again."""
    first = sorted(going, key=lambda item: item.before is None)
    named = [f"{it.path} {'as it was' if it.before else 'goes'}" for it in first[:_MOST_NAMED]]
    rest = len(going) - len(named)
    return (*named, f"... {rest:,} more") if rest else tuple(named)


def unknown_documents(found: RecoveredDocuments, *, written: int, removed: int) -> int:
    """Return of how many documents nobody knows what they were: what was kept of them is gone.

    What the recovery made was made since it began; of what is gone by now nothing can be told.

    Args:
        found: What is known.
        written: How many documents the recovery made or replaced.
        removed: How many it removed.
    """
    others = (found.live.get(path) for path in found.stored.keys() - found.replaced.keys())
    made = sum(now is None or now.create_time_nanos >= found.since_nanos for now in others)
    replaced = max(written - made - len(found.replaced), 0)
    return replaced + max(removed - len(found.removed), 0)


def _replaced(found: RecoveredDocuments) -> Iterator[tuple[GoingDocument, bool]]:
    for path, before in found.replaced.items():
        now = found.live.get(path)
        if not found.is_back(before):
            yield GoingDocument(path, before, now), now is not None and found.is_ours(now)


def _removed(found: RecoveredDocuments) -> Iterator[tuple[GoingDocument, bool]]:
    for path, before in found.removed.items():
        if not found.is_back(before):
            yield GoingDocument(path, before, None), path not in found.live


def _made(found: RecoveredDocuments) -> Iterator[tuple[GoingDocument, bool]]:
    for path, now in found.live.items():
        is_made = found.since_nanos <= now.create_time_nanos <= found.until_nanos
        if is_made and path not in found.replaced and path in found.stored:
            yield GoingDocument(path, None, now), found.is_ours(now)


def digest_of(going: Sequence[GoingDocument]) -> str:
    """Return which state of documents was looked at, and what they become."""
    seen = hashlib.sha256()
    for item in going:
        before = hashlib.sha256(item.before.fields).hexdigest() if item.before else None
        now = item.live and item.live.update_time_nanos
        seen.update(f"{item.path}\0{now}\0{before}\0".encode())
    return seen.hexdigest()
