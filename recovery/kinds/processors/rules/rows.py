"""What the rows of one date have to be, and what is wrong with them. Pure.

Only the rows are a proof: an answered request is none, nor is a success in the history.
"""

import math
from collections.abc import Iterator, Mapping
from datetime import date

from manifests.catalog_processors import Processor
from manifests.values import Value
from recovery.compare.findings import Finding
from recovery.kinds.processors.rules.calendar import Games


class RowsOfDate(Value):
    """What a table holds of one date.

    Attributes:
        rows: How many rows.
        doubled: Rows whose key another row has.
        games: How many games they are about; None where rows tell of none.
        empty: How many rows lack each column that may not be empty.
    """

    rows: int
    doubled: int = 0
    games: int | None = None
    empty: Mapping[str, int] = {}


def findings_of(
    processor: Processor, day: date, rows: RowsOfDate, games: Games
) -> tuple[Finding, ...]:
    """Return what is wrong with the rows of a date; nothing when they pass every check.

    Args:
        processor: What the rows have to be.
        day: The date.
        rows: The rows.
        games: The games of the date.
    """
    subject = f"{processor.table} {day}"
    return tuple(
        Finding(subject=subject, aspect=aspect, expected=expected, actual=actual)
        for aspect, expected, actual in _wrong(processor, rows, games)
    )


def _wrong(processor: Processor, rows: RowsOfDate, games: Games) -> Iterator[tuple[str, str, str]]:
    count = games.count or 1
    least = max(1, math.ceil(count * processor.least_rows_a_game))
    if rows.rows < least:
        yield "count of rows", f"at least {least:,}", f"{rows.rows:,}"
    if rows.games is not None and rows.games < count:
        yield "count of games", f"{count:,}", f"{rows.games:,}"
    most = processor.most_rows_a_game
    if most is not None and games.is_exact and rows.rows > count * most:
        yield "count of rows", f"at most {math.floor(count * most):,}", f"{rows.rows:,}"
    if rows.doubled:
        yield f"count of rows whose {', '.join(processor.key)} is doubled", "0", f"{rows.doubled:,}"
    for column, share in processor.most_empty.items():
        if rows.rows and (empty := rows.empty.get(column, 0)) > share * rows.rows:
            found = f"{empty / rows.rows:.1%}"
            yield f"share of rows without {column}", f"at most {share:.0%}", found
