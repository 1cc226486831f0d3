"""Tables for a person, of any width: lines from values, and no line breaks inside a number. Pure."""

import re
import textwrap
from collections.abc import Sequence
from typing import NamedTuple

_GAP = "  "
_INDENT = "    "
_BEHIND_A_NUMBER = re.compile(r"(?<=\d) (?=\w)")
_UNBROKEN = "\N{NO-BREAK SPACE}"


class Row(NamedTuple):
    """One thing, or the header.

    Attributes:
        name: What it is called.
        cells: What is told of each; numbers and times, which stand right.
        notes: What is told of it alone.
    """

    name: str
    cells: tuple[str, ...]
    notes: str = ""


def grid(header: Row, rows: Sequence[Row], *, columns: int | None) -> list[str]:
    """Lay things out in columns; where they are too wide each name gets a line of its own.

    Args:
        header: What the columns are called.
        rows: The things.
        columns: The width of the terminal; None for one line a thing, however long.
    """
    everything = (header, *rows)
    widths = [
        max(map(len, cells)) for cells in zip(*(row.cells for row in everything), strict=True)
    ]
    longest = max(len(row.name) for row in everything)
    is_narrow = columns is not None and longest + sum(widths) + len(_GAP) * len(widths) > columns
    lines = []
    for row in everything:
        cells = _GAP.join(cell.rjust(width) for cell, width in zip(row.cells, widths, strict=True))
        lines += [row.name] if is_narrow else []
        line = f"{_INDENT}{cells}" if is_narrow else f"{row.name:<{longest}}{_GAP}{cells}"
        if columns is None or len(line) + len(_GAP) + len(row.notes) <= columns:
            lines.append(f"{line}{_GAP}{row.notes}".rstrip())
        else:
            lines += [line.rstrip(), *folded(f"{_INDENT}{row.notes}", columns=columns)]
    return lines


def folded(line: str, *, columns: int | None) -> list[str]:
    """Break a line that is too long, between words, with what follows indented.

    A number stays with the word behind it. A word that is longer than a line is not broken.

    Args:
        line: The line.
        columns: The width of the terminal; None for any.
    """
    if columns is None or len(line) <= columns:
        return [line]
    start = len(line) - len(line.lstrip())
    parts = textwrap.wrap(
        _BEHIND_A_NUMBER.sub(_UNBROKEN, line),
        columns,
        subsequent_indent=" " * start + _INDENT,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [part.replace(_UNBROKEN, " ") for part in parts]
