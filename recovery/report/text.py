"""Writes a document as text for a terminal: one thing a line, tables in columns. Pure."""

import re
import textwrap
from collections.abc import Iterable, Iterator

from recovery.document import (
    Block,
    Chart,
    Command,
    Document,
    FactLine,
    Listing,
    Paragraph,
    ProofLine,
    Row,
    Rows,
    Section,
    Table,
    Telling,
    Timeline,
)
from recovery.units import as_text, printable

_GAP = "  "
_NOTHING = "-"
_LISTED = ", "
_INDENT = "    "
_COUNT_WIDTH = 9
_BEHIND_A_NUMBER = re.compile(r"(?<=\d) (?=\w)|(?<=\d of) (?=\d)")
_COMMAND = re.compile(r"`[^`]+`")
_UNBROKEN = "\N{NO-BREAK SPACE}"
# How far rows are set in, and how wide their states are, at each depth.
_SET_OUT: dict[Telling, tuple[tuple[int, int], ...]] = {
    "planned": ((2, 20), (4, 8), (13, 0)),
    "ended": ((2, 9), (12, 0), (14, 0)),
    "ended documents": ((2, 9), (12, 0), (17, 0)),
    "so far": ((2, 10),),
    "held": ((0, 0),),
    "health": ((2, 9), (12, 0)),
}
# On a narrower terminal a row follows its state at once, so that its name has room.
_LEAST_SET_OUT = 72
_SET_CLOSE: tuple[tuple[int, int], ...] = ((2, 0), (4, 8), (13, 0))
_BARS = "\N{LOWER ONE EIGHTH BLOCK}\N{LOWER ONE QUARTER BLOCK}\N{LOWER THREE EIGHTHS BLOCK}\N{LOWER HALF BLOCK}\N{LOWER FIVE EIGHTHS BLOCK}\N{LOWER THREE QUARTERS BLOCK}\N{LOWER SEVEN EIGHTHS BLOCK}\N{FULL BLOCK}"
_NO_BAR = "\N{MIDDLE DOT}"


def text_of(document: Document, *, columns: int | None = None) -> str:
    """Write a document.

    Args:
        document: The document; its conclusion is left out.
        columns: The width of the terminal in characters. Lines are broken to fit it, but for commands, which
            have to be copied whole; None for no bound.
    """
    lines = folded(printable(document.title), columns=columns) if document.title else []
    for number, section in enumerate(document.sections):
        written = list(_section_lines(section, columns))
        is_empty = not (section.blocks if document.has_headings else written)
        if is_empty and (number or document.has_headings):
            continue
        lines += [""] if number or (document.has_headings and lines) else []
        lines += [section.heading] if document.has_headings and section.heading else []
        lines += written
    return as_text(lines)


def _section_lines(section: Section, columns: int | None) -> Iterator[str]:
    for block in section.blocks:
        for line in map(printable, _block_lines(block, columns)):
            yield from [line] if isinstance(block, Command) else folded(line, columns=columns)


def _block_lines(block: Block, columns: int | None) -> Iterable[str]:
    match block:
        case Rows():
            return row_lines(block.rows, block.telling, columns=columns)
        case Table():
            return table_lines(block, columns=columns)
        case Command():
            return _command_lines(block, columns)
        case _:
            return list(_other_lines(block))


def _other_lines(
    block: FactLine | Paragraph | Listing | ProofLine | Chart | Timeline,
) -> Iterator[str]:
    match block:
        case Listing():
            yield block.heading
            yield from (f"  {item}" for item in block.items)
        case Chart():
            yield _chart_line(block)
        case FactLine() | Paragraph() | ProofLine():
            yield _sentence(block)


def _chart_line(chart: Chart) -> str:
    """Write a bar a point, each as high as its number is beside the highest."""
    known = [number for _, number in chart.points if number is not None]
    if not known:
        return f"  {chart.label}: nothing is known"
    most = max(known) or 1
    top = len(_BARS) - 1
    bars = "".join(
        _NO_BAR if number is None else _BARS[round(max(number, 0) / most * top)]
        for _, number in chart.points
    )
    (first, _), (last, number) = chart.points[0], chart.points[-1]
    now = "unknown" if number is None else f"{number:,.10g}"
    return f"  {chart.label}: {bars} {first} to {last}, {min(known):,.10g} to {max(known):,.10g}, last {now}"


def _command_lines(block: Command, columns: int | None) -> list[str]:
    """Write a command behind what it is for, or on a line of its own, from which it can be copied."""
    condition = f", {block.condition}" if block.condition else ""
    line = f"{block.purpose}: {block.command}{condition}"
    if columns is None or len(line) <= columns:
        return [line]
    return [
        *folded(f"{block.purpose}{condition}:", columns=columns),
        f"{_INDENT}{block.command}",
    ]


def _sentence(block: FactLine | Paragraph | ProofLine) -> str:
    if isinstance(block, FactLine):
        return ", ".join(f"{label} {value}" for label, value in block.facts)
    return block.text


def row_lines(
    rows: Iterable[Row], telling: Telling, *, depth: int = 0, columns: int | None = None
) -> Iterator[str]:
    """Write rows and what is below them, each set in by its depth.

    Args:
        rows: The rows.
        telling: What their states tell.
        depth: How deep they are.
        columns: The width of the terminal; None for any.
    """
    is_close = telling == "planned" and columns is not None and columns < _LEAST_SET_OUT
    indent, width = (_SET_CLOSE if is_close else _SET_OUT[telling])[depth]
    for row in rows:
        state = (
            f"{row.state:<{width}}{_GAP if len(row.state) > width else ' '}" if row.state else ""
        )
        count = "" if row.count is None else f"{row.count:>{_COUNT_WIDTH},} "
        yield f"{' ' * indent}{state}{count}{row.text}"
        if row.below:
            yield from row_lines(row.below, telling, depth=depth + 1, columns=columns)


def table_lines(table: Table, *, columns: int | None) -> list[str]:
    """Lay things out in columns; where they are too wide each name gets a line of its own.

    Where the columns do not fit even then, each value follows its heading. No line breaks inside a number.

    Args:
        table: The things; the first column has their names, the last one notes without a width.
        columns: The width of the terminal; None for one line a thing, however long.
    """
    everything = (tuple(column.heading for column in table.columns), *table.rows)
    inner = range(1, len(table.columns) - 1)
    widths = {place: max(len(row[place]) for row in everything) for place in inner}
    longest = max(len(row[0]) for row in everything)
    needed = longest + sum(widths.values()) + len(_GAP) * len(widths)
    is_narrow = columns is not None and needed > columns
    if columns is not None and needed - longest - len(_GAP) + len(_INDENT) > columns:
        return list(_told_apart(table, columns))
    lines = []
    for row in everything:
        name, notes = row[0], row[-1]
        cells = _GAP.join(
            row[place].rjust(width)
            if table.columns[place].align == "right"
            else row[place].ljust(width)
            for place, width in widths.items()
        )
        lines += [name] if is_narrow else []
        line = f"{_INDENT}{cells}" if is_narrow else f"{name:<{longest}}{_GAP}{cells}"
        if columns is None or len(line) + len(_GAP) + len(notes) <= columns:
            lines.append(f"{line}{_GAP}{notes}".rstrip())
        else:
            lines += [line.rstrip(), *folded(f"{_INDENT}{notes}", columns=columns)]
    return lines


def _told_apart(table: Table, columns: int) -> Iterator[str]:
    """Yield each thing on lines of its own: what it is called, then every value behind its heading."""
    headings = [column.heading for column in table.columns]
    for row in table.rows:
        told = zip(headings[1:], row[1:], strict=True)
        values = _LISTED.join(
            f"{heading} {cell}".strip() for heading, cell in told if cell not in ("", _NOTHING)
        )
        yield from folded(f"{row[0]}{_GAP}{values}".rstrip(), columns=columns)


def folded(line: str, *, columns: int | None) -> list[str]:
    """Break a line that is too long, between words, with what follows indented.

    A number stays with the word behind it, and a command in backticks on one line, so that it can be
    pasted: what is longer than a line is not broken.

    Args:
        line: The line.
        columns: The width of the terminal; None for any.
    """
    if columns is None or len(line) <= columns:
        return [line]
    start = len(line) - len(line.lstrip())

    def whole(found: re.Match[str]) -> str:
        return found[0].replace(" ", _UNBROKEN)

    lines = textwrap.wrap(
        _COMMAND.sub(whole, _BEHIND_A_NUMBER.sub(_UNBROKEN, line)),
        columns,
        subsequent_indent=" " * start + _INDENT,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [line.replace(_UNBROKEN, " ") for line in lines]
