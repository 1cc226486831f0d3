"""What is told of monitoring queries and their answers, as documents. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from recovery.document import Column, Document, Paragraph, Section, Table
from recovery.ops.monitoring import MonitoringQuery, Said

_NOTHING = "-"
_NO_NOTES = Column("")


def answer_document(
    query: MonitoringQuery,
    values: Mapping[str, Said],
    names: Sequence[str],
    rows: Sequence[Sequence[Any]],
) -> Document:
    """Tell what a query answers, below what is normal and what to do.

    Args:
        query: The query.
        values: The values of its parameters.
        names: The names of the columns.
        rows: The rows.
    """
    said = ", ".join(f"{name} {shown_value(value)}" for name, value in values.items())
    about = (
        Paragraph(query.answers),
        Paragraph(f"normal: {query.normal}"),
        Paragraph(f"to do: {query.to_do}"),
    )
    found = table_of(names, rows) if rows else Paragraph("no rows")
    return Document(
        title=f"{query.name} ({said})", sections=(Section(blocks=about), Section(blocks=(found,)))
    )


def table_of(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> Table:
    """Lay rows out below the names of their columns."""
    columns = [
        Column(
            name,
            "right"
            if all(isinstance(it, int | float | Decimal | None) for it in cells)
            else "left",
        )
        for name, cells in zip(names, zip(*rows, strict=True), strict=True)
    ]
    lines = [(*map(shown_value, row), "") for row in rows]
    return Table(columns=(*columns, _NO_NOTES), rows=tuple(lines))


def queries_document(queries: Iterable[MonitoringQuery]) -> Document:
    """List queries: what each answers, and what it takes."""
    columns = (Column("query"), Column("takes"), Column("answers"))
    rows = [
        (it.name, " ".join(f"{one.name}={one.default}" for one in it.parameters), it.answers)
        for it in queries
    ]
    return Document(title="", sections=(Section(blocks=(Table(columns, tuple(rows)),)),))


def shown_value(value: object) -> str:
    """Write a value of a row for a person."""
    if value is None:
        return _NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M}"
    return f"{value:,}" if isinstance(value, int | Decimal) else str(value)


def json_value(value: object) -> object:
    """Return a value of a row as JSON has it; numbers of NUMERIC as text, which keeps them exact."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return value.isoformat() if isinstance(value, date | datetime) else str(value)
