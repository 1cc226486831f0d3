"""Ranges of document names, in the order Firestore gives them. Pure.

A position is just before or just after a path, so that ranges can be cut and compared without
asking whether a document is there.
"""

from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

from manifests.documents import PathKey, numeric_id, path_key

LOWEST_ID = "__id-9223372036854775808__"
"""No document id sorts before this one: numeric ids of Datastore do (google-cloud-firestore, Query,
`REFERENCE_NAME_MIN_ID`)."""


class Position(NamedTuple):
    """A place between documents: just before a path, or just after it."""

    path: str
    after: bool = False

    @property
    def key(self) -> tuple[PathKey, bool]:
        """Return what sorts positions."""
        return path_key(self.path), self.after

    @property
    def text(self) -> str:
        """Say where the position is."""
        return f"{'after' if self.after else 'before'} {self.path}"


class NameRange(NamedTuple):
    """The documents between two positions; None leaves that side open."""

    start: Position | None = None
    end: Position | None = None

    @property
    def text(self) -> str:
        """Say which names the range holds."""
        start = "the first name" if self.start is None else self.start.text
        end = "the last name" if self.end is None else self.end.text
        return f"the range from {start} to {end}"

    def common(self, other: "NameRange") -> "NameRange | None":
        """Return the documents that are in both ranges, or None where no document can be."""
        starts = [item for item in (self.start, other.start) if item is not None]
        ends = [item for item in (self.end, other.end) if item is not None]
        start = max(starts, key=lambda item: item.key, default=None)
        end = min(ends, key=lambda item: item.key, default=None)
        if start is not None and end is not None and start.key >= end.key:
            return None
        return NameRange(start, end)

    def holds(self, path: str) -> bool:
        """Whether a document is in the range."""
        at = Position(path).key
        return (self.start is None or self.start.key <= at) and (
            self.end is None or at < self.end.key
        )


EVERYTHING = NameRange()


def only(path: str) -> NameRange:
    """Return the range of one document, without what is below it."""
    return NameRange(Position(path), Position(path, after=True))


def below(path: str) -> NameRange:
    """Return the range of a collection, or of a document, with everything below it."""
    if len(path.split("/")) % 2:
        return NameRange(Position(f"{path}/{LOWEST_ID}"), Position(f"{path}\0/{LOWEST_ID}"))
    return NameRange(Position(path), Position(_next_sibling(path)))


def cut(cuts: list[str]) -> list[NameRange]:
    """Return the ranges that paths cut all names into, in order.

    Args:
        cuts: Where a new range begins, in any order: PartitionQuery orders its answers within a
            page only.
    """
    ordered = [Position(path) for path in sorted(set(cuts), key=path_key)]
    return [
        NameRange(start, end) for start, end in zip([None, *ordered], [*ordered, None], strict=True)
    ]


def inside(paths: Sequence[str], names: NameRange) -> Sequence[str]:
    """Return those of some paths, in name order, that are in a range."""
    start, end = names
    first = 0 if start is None else bisect_left(paths, start.key, key=_place)
    last = len(paths) if end is None else bisect_left(paths, end.key, key=_place)
    return paths[first:last]


def _place(path: str) -> tuple[PathKey, bool]:
    return Position(path).key


def united(ranges: list[NameRange]) -> list[NameRange]:
    """Return the same documents as ranges that do not overlap, in order."""
    merged: list[NameRange] = []
    for item in sorted(ranges, key=lambda item: item.start.key if item.start else ()):
        if merged and (merged[-1].end is None or merged[-1].common(item) is not None):
            ends = (merged[-1].end, item.end)
            closed = [end for end in ends if end is not None]
            end = max(closed, key=lambda end: end.key) if len(closed) == len(ends) else None
            merged[-1] = NameRange(merged[-1].start, end)
        else:
            merged.append(item)
    return merged


def without(ranges: list[NameRange], *left_out: NameRange) -> list[NameRange]:
    """Return what is left of ranges when others are taken out of them."""
    for hole in left_out:
        left = NameRange(None, hole.start) if hole.start else None
        right = NameRange(hole.end, None) if hole.end else None
        rest = [item.common(side) for item in ranges for side in (left, right) if side is not None]
        ranges = [item for item in rest if item is not None]
    return ranges


def _next_sibling(path: str) -> str:
    """Return the least path beside a document that is after everything below it."""
    number = numeric_id(path.rsplit("/", 1)[1])
    if number is None:
        return f"{path}\0"
    return f"{path.rsplit('/', 1)[0]}/__id{number + 1}__"
