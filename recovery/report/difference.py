"""Writes a comparison of rows as a document. Pure."""

import json
from collections.abc import Iterator

from recovery.compare.difference import TableDifference
from recovery.document import Block, Document, FactLine, Listing, Paragraph, Section
from recovery.units import counted, listed

_MOST_LETTERS = 300
"""How many characters of a row are shown; of a longer one what differs, or its beginning. JSON has it whole."""


def difference_document(found: TableDifference) -> Document:
    """Tell which rows of a table go and which come back."""
    point = f"{found.recovery_point:%Y-%m-%d %H:%M} UTC, run {found.run_id}"
    if not found.partitions:
        return Document((Section((Paragraph(f"{found.table}: its rows are those of {point}"),)),))
    return Document(
        (Section(tuple(difference_blocks(found))),), title=f"{found.table} compared with {point}"
    )


def difference_blocks(
    found: TableDifference,
    *,
    going: str = "there now and not in the backup",
    coming: str = "in the backup and not there now",
) -> Iterator[Block]:
    """Yield which rows go and which come.

    Args:
        found: The comparison.
        going: What is said of rows that go.
        coming: What is said of rows that come.
    """
    yield FactLine((("partitions that differ:", listed(found.partitions, 20)),))
    for sign, number, told, samples in (
        ("-", found.going, going, found.going_samples),
        ("+", found.coming, coming, found.coming_samples),
    ):
        sampled = tuple(f"{sign} {_brief(row, found)}" for row in samples)
        yield Listing(f"{counted(number, 'row')} {told}:", sampled)
    if found.erased:
        rows = f"{counted(found.erased, 'row')} of the backup stay erased, and are not among them"
        yield Paragraph(rows)
    if not found.key:
        yield Paragraph(
            "which columns differ: `--key COLUMN` counts it, by what tells which row is which"
        )
    else:
        rows, key = counted(found.changed, "row"), ", ".join(found.key)
        columns = sorted(found.columns.items(), key=lambda item: (-item[1], item[0]))
        yield Listing(
            f"{rows} with the same {key} and other values:",
            tuple(f"{name}: {counted(number, 'row')}" for name, number in columns),
        )


def _brief(row: str, found: TableDifference) -> str:
    """Write a row of JSON: of a long one its key and the columns that differ somewhere, where they are known."""
    if len(row) <= _MOST_LETTERS:
        return row
    columns: dict[str, object] = json.loads(row)
    told = {name: columns[name] for name in (*found.key, *found.columns) if name in columns}
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":")) if found.columns else row
    if len(text) > _MOST_LETTERS:
        text = f"{text[:_MOST_LETTERS]}..."
    left = len(columns) - len(told)
    return f"{text} and {counted(left, 'column')} more" if found.columns and left else text
