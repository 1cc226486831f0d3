"""Cuts a document to what a page has room for: what needs attention first, the rest as a count. Pure."""

import itertools
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from html import escape

from recovery.document import (
    Block,
    Chart,
    Command,
    Conclusion,
    Document,
    FactLine,
    Listing,
    Paragraph,
    ProofLine,
    Row,
    Rows,
    Section,
    Table,
    Timeline,
)
from recovery.report.tones import STATES, tone_of
from recovery.units import printable

_MOST_BYTES_OF_A_TEXT = 2_000
_MOST_BYTES_OF_A_LINE = 600
_MOST_BELOW = 25
_MOST_POINTS = 120
# How many bytes of HTML are around a line, and around one without a state.
_MARKUP_BYTES = 75
_LITTLE_MARKUP_BYTES = 50
# The length of a character that is written out, as `\U0001f600`.
_MOST_BYTES_OF_A_CHARACTER = 10
_UNCHANGED = ("leave", "equal", "proven", "done")


def fitted_to(document: Document, most_bytes: int) -> Document:
    """Return a document that fits a page: long texts cut, long lists folded, all of it printable.

    Args:
        document: The document.
        most_bytes: How many bytes its lines may take, in HTML.
    """
    blocks = [_cut_block(block) for section in document.sections for block in section.blocks]
    fitting = _fitting([_lines(block) for block in blocks], most_bytes)
    folded = map(_folded, blocks, fitting)
    end = document.conclusion
    return Document(
        title=_cut(document.title),
        has_headings=document.has_headings,
        conclusion=end and Conclusion(_cut(end.state), _cut(end.text), _cut(end.hint)),
        sections=tuple(
            Section(tuple(itertools.islice(folded, len(section.blocks))), _cut(section.heading))
            for section in document.sections
        ),
    )


def _fitting(blocks: Sequence[tuple[Row, ...]], most_bytes: int) -> list[set[int]]:
    """Choose the lines there is room for, of all blocks alike; return the places of each block's."""
    ranked = sorted(
        (_rank(row), place, number)
        for number, rows in enumerate(blocks)
        for place, row in enumerate(rows)
    )
    fitting: list[set[int]] = [set() for _ in blocks]
    for _, place, number in ranked:
        most_bytes -= _cost(blocks[number][place])
        if most_bytes < 0:
            break
        fitting[number].add(place)
    return fitting


def _lines(block: Block) -> tuple[Row, ...]:
    """Return the lines of a block as rows, to weigh and to choose them alike."""
    match block:
        case Rows():
            return block.rows
        case Table():
            return tuple(Row("  ".join(cells)) for cells in block.rows)
        case Listing():
            return tuple(map(Row, block.items))
        case _:
            return ()


def _folded(block: Block, fitting: set[int]) -> Block:
    """Return a block without the lines there is no room for; it ends with how many these are."""
    lines = _lines(block)
    if len(fitting) == len(lines):
        return block
    states = Counter(row.state for place, row in enumerate(lines) if place not in fitting)
    told = ", ".join(f"{number:,} {state}" for state, number in sorted(states.items()) if state)
    rest = f"... {len(lines) - len(fitting):,} more{f': {told}' if told else ''}"
    match block:
        case Rows():
            return replace(block, rows=(*_at(block.rows, fitting), Row(rest)))
        case Table():
            blank = ("",) * (len(block.columns) - 1)
            return replace(block, rows=(*_at(block.rows, fitting), (rest, *blank)))
        case Listing():
            return replace(block, items=(*_at(block.items, fitting), rest))
        case _:
            return block


def _at[T](lines: Sequence[T], places: set[int]) -> list[T]:
    return [lines[place] for place in sorted(places)]


def _rank(row: Row) -> int:
    """Return the rank of a line: first what is wrong, then other states, last what is unchanged."""
    if tone_of(row.state) == "bad" or any(
        tone_of(word) == "bad" for word in STATES.findall(row.text)
    ):
        return 0
    return 1 if row.state and row.state not in _UNCHANGED else 2


def _cost(row: Row) -> int:
    markup = _MARKUP_BYTES if row.state else _LITTLE_MARKUP_BYTES
    return _bytes_of(row.state + row.text) + markup + sum(map(_cost, row.below))


def _cut_block(block: Block) -> Block:
    match block:
        case Rows():
            return replace(block, rows=tuple(map(_cut_row, block.rows)))
        case Table():
            return _cut_table(block)
        case Listing():
            return Listing(_cut(block.heading), tuple(map(_cut_line, block.items)))
        case FactLine():
            return FactLine(tuple((_cut(label), _cut(value)) for label, value in block.facts))
        case _:
            return _cut_other(block)


def _cut_other(block: Paragraph | ProofLine | Command | Chart | Timeline) -> Block:
    match block:
        case Timeline():
            spans = block.spans[-_MOST_POINTS:]
            cut = (replace(it, name=_cut_line(it.name), state=_cut_line(it.state)) for it in spans)
            return Timeline(_cut_line(block.label), tuple(cut))
        case Chart():
            points = block.points[-_MOST_POINTS:]
            told = tuple((_cut_line(name), number) for name, number in points)
            return Chart(_cut_line(block.label), told)
        case Command():
            return Command(_cut(block.purpose), _cut(block.command), _cut(block.condition))
        case Paragraph():
            return Paragraph(_cut(block.text))
        case ProofLine():
            return ProofLine(_cut(block.text), is_good=block.is_good)


def _cut_table(table: Table) -> Table:
    return Table(
        tuple(replace(column, heading=_cut(column.heading)) for column in table.columns),
        tuple(tuple(map(_cut_line, row)) for row in table.rows),
    )


def _cut_row(row: Row) -> Row:
    below = tuple(map(_cut_row, row.below[:_MOST_BELOW]))
    if len(row.below) > _MOST_BELOW:
        below += (Row(f"... {len(row.below) - _MOST_BELOW:,} more"),)
    return Row(_cut_line(row.text), _cut_line(row.state), row.count, below)


def _cut_line(text: str) -> str:
    return _cut(text, _MOST_BYTES_OF_A_LINE)


def _cut(text: str, most_bytes: int = _MOST_BYTES_OF_A_TEXT) -> str:
    """Make a text printable, and end it where it is too long; what is left out is counted."""
    if len(text) * _MOST_BYTES_OF_A_CHARACTER <= most_bytes:
        return printable(text)
    # A character is a byte at least.
    longest = range(min(len(text), most_bytes) + 1)
    place = bisect_right(longest, most_bytes, key=lambda end: _bytes_of(printable(text[:end]))) - 1
    if place == len(text):
        return printable(text)
    return f"{printable(text[:place])}... {len(text) - place:,} more characters"


def _bytes_of(text: str) -> int:
    return len(escape(text).encode())
