"""Folds many rows that say the same into one. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from recovery.document import Row
from recovery.units import listed

_MOST_TOLD = 6
"""Up to so many things of one sort have a row each."""
_NAMED = 3
_UNCHANGED = "leave"
_BAD = ("cannot",)
"""States that are bad though they are not in capitals."""


def folded(rows: Iterable[Row]) -> Iterator[Row]:
    """Yield rows; many of one sort and state that say the same become one row with their names.

    Each thing that is made, changed or removed is named, because an operator agrees to each. Of things that
    are left only the first are named. A row that is bad, or has rows below it, stays by itself.

    Args:
        rows: The rows, in their order.
    """
    for what, found in groupby(rows, _sort):
        alike: dict[str, list[Row]] = {}
        for row in found:
            alike.setdefault(row.alike.why if what and row.alike else "", []).append(row)
        for same in alike.values():
            if what is None or len(same) <= _MOST_TOLD:
                yield from same
            else:
                yield _as_one(same)


def _sort(row: Row) -> tuple[str, str] | None:
    if row.alike is None or row.below or row.state.isupper() or row.state in _BAD:
        return None
    return row.state, row.alike.sort


def _as_one(rows: Sequence[Row]) -> Row:
    told = [row.alike for row in rows if row.alike is not None]
    is_left = rows[0].state == _UNCHANGED
    names = listed([item.name for item in told], _NAMED if is_left else len(told))
    names += " (`--verbose` names each)" if is_left else ""
    text = f"{told[0].sort}, {len(rows):,} of them {told[0].why.strip()}".rstrip()
    return Row(f"{text}: {names}", rows[0].state)
