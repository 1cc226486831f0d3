"""Where a range of document names can be cut when no name in it is known. Pure.

A cut is made at the first character in which names of the range can differ. So a range whose names
begin alike needs one cut more for each character they share, and pieces without documents cost next
to nothing to read.
"""

from collections.abc import Iterator, Sequence

from manifests.documents import HALF, PathKey
from manifests.names import LOWEST_ID, NameRange, Position

_LONGEST_ID_BYTES = 1500
"""Firestore, Quotas and limits."""
_END = 0x110000
_SURROGATES = range(0xD800, 0xE000)
_MARKS = (
    *range(0x20, 0x80),
    *(
        0x80,
        0x400,
        0x1000,
        0x3000,
        0x4E00,
        0x6000,
        0x8000,
        0xA000,
        0xAC00,
        0xE000,
        0x10000,
        0x20000,
    ),
)
"""Code points that names are cut at first: each that people type, and blocks of others."""
_MOST_PIECES = 64
_NUMBERS = "\0"
"""What the sort keys of numeric ids begin with, which sort before all others."""


def finer_cuts(names: NameRange) -> list[Position]:
    """Return positions inside a range, in name order; none where it holds one document at most."""
    start = () if names.start is None else names.start.key[0]
    end = None if names.end is None else names.end.key[0]
    shared = sum(1 for _ in _equal(start, end or ()))
    is_behind_a_document = names.start is not None and names.start.after
    found: list[Position] = []
    for depth in range(shared, len(start) + 1):
        least = start[depth] if depth < len(start) else ""
        bound = end[depth] if end is not None and shared == depth < len(end) else None
        own = (
            [Position(names.start.path, after=True)] if names.start and depth == len(start) else []
        )
        for choices in _ids(least, bound):
            inside = (
                [cut for cut in own + _positions(start[:depth], ids) if _is_inside(cut, names)]
                for ids in choices
            )
            found = [*next(filter(None, inside), []), *found]
            if found and not is_behind_a_document:
                return found
    return found


def _equal(one: Sequence[object], other: Sequence[object]) -> Iterator[object]:
    for left, right in zip(one, other, strict=False):
        if left != right:
            return
        yield left


def _is_inside(cut: Position, names: NameRange) -> bool:
    return (names.start is None or names.start.key < cut.key) and (
        names.end is None or cut.key < names.end.key
    )


def _positions(above: PathKey, ids: list[str]) -> list[Position]:
    rest = [] if len(above) % 2 else [LOWEST_ID]
    return [Position("/".join([*map(_id, above), _id(item), *rest])) for item in ids]


def _id(key: str) -> str:
    return f"__id{int(key[1:]) - HALF}__" if key.startswith(_NUMBERS) else key


def _ids(least: str, bound: str | None) -> Iterator[list[list[str]]]:
    """Yield sort keys of ids from one to another: the coarsest first, and of each a finer choice.

    Args:
        least: Where they begin.
        bound: Where they end, or None for no end.
    """
    if bound is not None and bound <= "\1":
        yield [_numbers(least, bound)]
        return
    shared = sum(1 for _ in _equal(least, bound or ""))
    for length in range(shared, len(least) + 1):
        prefix = least[:length]
        first = ord(least[length]) + 1 if length < len(least) else 1
        is_bounded = bound is not None and bound.startswith(prefix) and length < len(bound)
        end = ord(bound[length]) + 1 if bound is not None and is_bounded else _END
        marked = [item for item in _MARKS if first <= item < end]
        if length == len(least) and least:
            marked.insert(0, 0)
        yield [
            [prefix + chr(item) for item in points if _can_be(prefix + chr(item))]
            for points in (marked, _spread(first, end))
        ]
        if least.startswith(_NUMBERS):
            return


def _spread(first: int, end: int) -> list[int]:
    step = max((end - first) // _MOST_PIECES, 1)
    return [item for item in range(first, end, step) if item not in _SURROGATES]


def _numbers(least: str, bound: str) -> list[str]:
    first = int(least[1:] or 0)
    end = int(bound[1:]) if bound.startswith(_NUMBERS) else 2 * HALF
    return [f"{_NUMBERS}{item:020d}" for item in _spread(first, end)]


def _can_be(text: str) -> bool:
    """Whether a text is an id that Firestore accepts (Firestore, Quotas and limits)."""
    is_reserved = len(text) > 3 and text.startswith("__") and text.endswith("__")  # noqa: PLR2004
    return not (
        is_reserved or text in {".", ".."} or "/" in text or len(text.encode()) > _LONGEST_ID_BYTES
    )
