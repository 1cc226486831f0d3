"""Tells many things of which the same is told as one, unless all of them are asked for. Pure."""

from collections.abc import Iterable, Iterator
from itertools import groupby

from recovery.document import Row
from recovery.units import listed

_MOST_TOLD = 6
"""So many things of one sort are told one by one."""
_NAMED = 3


def folded(rows: Iterable[Row]) -> Iterator[Row]:
    """Yield rows; many neighbours of which the same is told are one, with the first of their names.

    What something else is told of below is told by itself, as is what is in capitals: that is bad.

    Args:
        rows: The rows, in their order.
    """
    for what, found in groupby(rows, _common):
        alike = tuple(found)
        if what is None or len(alike) <= _MOST_TOLD:
            yield from alike
        else:
            yield _as_one(alike)


def _common(row: Row) -> tuple[str, str, str] | None:
    if row.alike is None or row.below or row.state.isupper():
        return None
    return row.state, row.alike.sort, row.alike.why


def _as_one(rows: tuple[Row, ...]) -> Row:
    told = [row.alike for row in rows if row.alike is not None]
    names = listed([item.name for item in told], _NAMED)
    text = f"{told[0].sort}, {len(rows):,} of them {told[0].why.strip()}".rstrip()
    return Row(f"{text}: {names} (`--verbose` names each)", rows[0].state)
