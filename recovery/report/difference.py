"""What a comparison of rows says, as a document. Pure."""

from collections.abc import Iterator

from recovery.compare.difference import TableDifference
from recovery.document import Block, Document, FactLine, Listing, Paragraph, Section
from recovery.units import counted, listed


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
    yield Listing(
        f"{counted(found.going, 'row')} {going}:",
        tuple(f"- {row}" for row in found.going_samples),
    )
    yield Listing(
        f"{counted(found.coming, 'row')} {coming}:",
        tuple(f"+ {row}" for row in found.coming_samples),
    )
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
