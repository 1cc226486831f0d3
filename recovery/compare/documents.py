"""What differs between stored documents and a database as it is. Pure: two sorted streams joined.

missing  in the backup, not in the database
changed  other content, last written at or before the recovery point
newer    other content, written after the recovery point: by somebody's work or by the damage,
         which nothing here can tell apart
extra    not in the backup
later    other content, written after the recovery itself began: never what it is to undo
added    not in the backup, written after the recovery began
erased   in the backup, and stays erased: what is live under its name counts as not in the backup
expired  brought back, and deleted again by Firestore: it is past a time to live that the plan told of
"""

import operator
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Literal, NamedTuple

from manifests.documents import DocumentRecord, PathKey, collection_id, path_key
from manifests.values import Resource, Value
from recovery.compare.digest import Digest
from recovery.listening import Listening

DocumentState = Literal[
    "equal", "missing", "changed", "newer", "extra", "later", "added", "erased", "expired"
]
MOST_LISTED = 100
"""So many documents of each state are named in a plan or report; all are counted."""


class DocumentPair(NamedTuple):
    """One document as it was and as it is; one of the two can be None."""

    state: DocumentState
    stored: DocumentRecord | None
    live: DocumentRecord | None

    @property
    def path(self) -> str:
        """Return the document's path."""
        record = self.stored or self.live
        return record.path if record else ""

    def is_written_since(self, nanos: int) -> bool:
        """Whether the document was written after an instant, in nanoseconds since 1970."""
        return self.live is not None and self.live.update_time_nanos > nanos

    @property
    def size_bytes(self) -> int:
        """Return about how much memory both take."""
        return sum(record.size_bytes for record in (self.stored, self.live) if record)


class ListedDocument(Value):
    """A document that is not equal."""

    path: str
    state: DocumentState


class CollectionState(Value):
    """How many documents of the collections with one id are in which state."""

    collection_id: str
    equal: int = 0
    missing: int = 0
    changed: int = 0
    newer: int = 0
    extra: int = 0
    later: int = 0
    added: int = 0
    erased: int = 0
    expired: int = 0


class DatabaseState(Value):
    """How a database, or the part of it that is recovered, compares with the backup.

    Attributes:
        exists: Whether there is a database at all.
        collections: In order of their ids.
        listed: The first documents of each state but `equal`.
        referring: How many documents of the backup refer to the original database, of which this
            one is a copy.
        left_out: How many documents of the backup are below each collection that is never restored.
        seen: A digest of the documents that are not equal, each with the time of its last write.
        settings: What somebody set it to be; None where it may not be read.
        indexes: What is set about its indexes and fields, by what it is called; None where it may
            not be read.
        expiring: How many documents of the backup each time to live deletes that the backup does not
            know, by what it is called: they are past their time.
        expiring_as_before: How many each one deletes that the backup knows, and is set as it was.
        expiring_again: How many each one would delete that the backup knows, and is not set so now.
        listening: What Eventarc starts for each document that is written.
    """

    exists: bool
    seen: str = ""
    referring: int = 0
    left_out: Mapping[str, int] = {}
    settings: Resource | None = None
    indexes: Mapping[str, str] | None = {}
    expiring: Mapping[str, int] = {}
    expiring_as_before: Mapping[str, int] = {}
    expiring_again: Mapping[str, int] = {}
    listening: Listening = Listening()
    collections: tuple[CollectionState, ...] = ()
    listed: tuple[ListedDocument, ...] = ()

    def count(self, *states: DocumentState) -> int:
        """Return how many documents are in any of these states."""
        return sum(getattr(item, state) for item in self.collections for state in states)


def joined(
    stored: Iterable[DocumentRecord],
    live: Iterable[DocumentRecord],
    *,
    recovery_point_nanos: int,
    begun_nanos: int | None = None,
    same: Callable[[bytes, bytes], bool] = operator.eq,
) -> Iterator[DocumentPair]:
    """Pair what was with what is, both in name order.

    Args:
        stored: The documents at the recovery point.
        live: The documents now.
        recovery_point_nanos: The recovery point, since 1970.
        begun_nanos: When the recovery began, since 1970; None before one has.
        same: Whether the fields of two documents are the same content.
    """

    def is_older(live: DocumentRecord) -> bool:
        return begun_nanos is None or live.update_time_nanos <= begun_nanos

    def pair(was: DocumentRecord, now: DocumentRecord) -> DocumentPair:
        if same(was.fields, now.fields):
            return DocumentPair("equal", was, now)
        if not is_older(now):
            return DocumentPair("later", was, now)
        is_newer = now.update_time_nanos > recovery_point_nanos
        return DocumentPair("newer" if is_newer else "changed", was, now)

    left, right = _keyed(stored), _keyed(live)
    was, now = next(left, None), next(right, None)
    while was is not None or now is not None:
        if now is None or (was is not None and was[0] < now[0]):
            yield DocumentPair("missing", was[1] if was else None, None)
            was = next(left, None)
        elif was is None or now[0] < was[0]:
            yield DocumentPair("extra" if is_older(now[1]) else "added", None, now[1])
            now = next(right, None)
        else:
            yield pair(was[1], now[1])
            was, now = next(left, None), next(right, None)


def parted(
    stored: Iterable[DocumentRecord], is_erased: Callable[[str], bool]
) -> tuple[list[DocumentRecord], list[DocumentRecord]]:
    """Return the documents of a backup that stay erased, and the others, in their order."""
    both: tuple[list[DocumentRecord], list[DocumentRecord]] = [], []
    for record in stored:
        both[not is_erased(record.path)].append(record)
    return both


def _keyed(records: Iterable[DocumentRecord]) -> Iterator[tuple[PathKey, DocumentRecord]]:
    return ((path_key(record.path), record) for record in records)


class StateTally:
    """Counts and lists the states of documents while they pass by."""

    def __init__(self) -> None:
        self._counts: dict[str, Counter[str]] = defaultdict(Counter)
        self._listed: dict[DocumentState, list[str]] = defaultdict(list)
        self._seen = Digest()

    def add(self, pair: DocumentPair) -> None:
        """Take one document into account."""
        self._counts[collection_id(pair.path)][pair.state] += 1
        if pair.state in ("equal", "erased", "expired"):
            return
        self._seen.add(pair.path, pair.live and pair.live.update_time_nanos)
        if len(self._listed[pair.state]) < MOST_LISTED:
            self._listed[pair.state].append(pair.path)

    def merge(self, other: "StateTally") -> None:
        """Take everything into account that another tally, of later documents, did."""
        self._seen.add(other._seen.text)  # noqa: SLF001 - same class
        for name, counts in other._counts.items():  # noqa: SLF001 - same class
            self._counts[name] += counts
        for state, paths in other._listed.items():  # noqa: SLF001 - same class
            self._listed[state] = (self._listed[state] + paths)[:MOST_LISTED]

    def state(self, *, exists: bool) -> DatabaseState:
        """Return what passed by, as a value."""
        return DatabaseState(
            exists=exists,
            seen=self._seen.text,
            collections=tuple(
                CollectionState(collection_id=name, **self._counts[name])
                for name in sorted(self._counts)
            ),
            listed=tuple(
                ListedDocument(path=path, state=state)
                for state in sorted(self._listed)
                for path in self._listed[state]
            ),
        )
