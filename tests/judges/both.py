"""What the tests of values share: tables that a query brings along, and two answers to it."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from manifests.partitions import (
    in_partitions,
    partition_expression,
    partition_filter,
)
from tests.standin.bigquery.googlesql.evaluate import evaluate

type Rows = list[tuple[Any, ...]]
type Standin = Callable[[str], Rows]
type PartitionedTable = tuple[dict[str, Any], list[str]]

TIME_PARTITIONED = [
    (kind, unit)
    for kind in ("DATE", "DATETIME", "TIMESTAMP")
    for unit in ("HOUR", "DAY", "MONTH", "YEAR")
    if (kind, unit) != ("DATE", "HOUR")
]
"""Every type of a column and every length of a partition that go together."""

_API_NAMES = {"INT64": "INTEGER", "FLOAT64": "FLOAT", "BOOL": "BOOLEAN"}


def column(kind: str, name: str = "v", **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return a column of a type, as BigQuery's API gives it."""
    if kind.startswith("RANGE"):
        element = {"type": kind.removeprefix("RANGE<").removesuffix(">")}
        return {"name": name, "type": "RANGE", "rangeElementType": element, **more}
    return {"name": name, "type": _API_NAMES.get(kind, kind), **more}


def table(*fields: dict[str, Any], **layout: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return a table's resource."""
    return {"schema": {"fields": list(fields)}, **layout}


def row_each(*fields: dict[str, Any]) -> dict[str, Any]:
    """Return the resource of a table whose rows are partitioned by a number that each has.

    It is no column of the resource, so that equal rows are measured alike.
    """
    bounds = {"start": "0", "end": "100", "interval": "1"}
    return table(*fields, rangePartitioning={"field": "number", "range": bounds})


def by_range(layout: tuple[int, int, int], values: Iterable[int]) -> PartitionedTable:
    """Return a table that is partitioned by ranges, with those of some values that INT64 has.

    Args:
        layout: Start, end and width of the ranges.
        values: The values; NULL is added.
    """
    start, end, width = (str(number) for number in layout)
    bounds = {"start": start, "end": end, "interval": width}
    inside = [f"CAST({it} AS INT64)" for it in sorted(set(values)) if -(2**63) <= it < 2**63]
    resource = table(column("INT64"), rangePartitioning={"field": "v", "range": bounds})
    return resource, [*inside, "CAST(NULL AS INT64)"]


def by_time(kind: str, unit: str, values: Iterable[str]) -> PartitionedTable:
    """Return a table that is partitioned by time, with some values and NULL."""
    resource = table(column(kind), timePartitioning={"type": unit, "field": "v"})
    return resource, [*values, f"CAST(NULL AS {kind})"]


def with_tables(tables: Mapping[str, str], sql: str) -> str:
    """Return a statement with tables that are queries."""
    return f"WITH {', '.join(f'`{name}` AS ({query})' for name, query in tables.items())} {sql}"


def rows_of(*rows: str) -> str:
    """Return the query of rows, each the text of one SELECT."""
    return " UNION ALL ".join(f"SELECT {row}" for row in rows)


def texts(rows: Rows) -> list[tuple[str | None, ...]]:
    """Return rows as the API writes them: every number as text."""
    return [tuple(map(_text, row)) for row in rows]


def _text(cell: Any) -> str | None:  # noqa: ANN401 - any value
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, Decimal):
        return f"{cell.normalize():f}"
    return None if cell is None else str(cell)


def agree(standin: Standin, sql: str) -> list[tuple[str | None, ...]]:
    """Insist that both evaluate a query to the same rows, and return them."""
    google, ours = sorted(texts(evaluate(sql)), key=repr), sorted(texts(standin(sql)), key=repr)
    assert ours == google, sql
    return google


def check_partitions(standin: Standin, tables: Sequence[PartitionedTable]) -> None:
    """Insist on one id for each row on both sides, and that conditions choose rows by their ids.

    Args:
        standin: The other side than Google.
        tables: Resources of tables that are partitioned by their column `v`, and its values.
    """
    named = {
        f"t{at}": rows_of(*(f"{value} AS v" for value in values))
        for at, (_, values) in enumerate(tables)
    }
    ids: dict[int, list[str]] = defaultdict(list)
    for number, name in agree(standin, _of_all(named, tables, lambda _: "")):
        ids[int(str(number))].append(str(name))
    chosen = agree(standin, _of_all(named, tables, lambda at: _conditions(tables[at][0], ids[at])))
    wanted = [
        (str(at), name, "".join("01"[name in names] for names in _asked(found)))
        for at, found in ids.items()
        for name in found
    ]
    assert sum(map(len, ids.values())) == sum(len(values) for _, values in tables)
    assert chosen == sorted(wanted, key=repr)


def _of_all(
    named: Mapping[str, str], tables: Sequence[PartitionedTable], more: Callable[[int], str]
) -> str:
    """Return the query of the partition id of every row that a filter of the partitions lets pass."""
    selects = [
        f"SELECT {at} AS place, {partition_expression(resource)} AS id{more(at)} FROM `t{at}` AS row_"
        f"{partition_filter({**resource, 'requirePartitionFilter': True})}"
        for at, (resource, _) in enumerate(tables)
    ]
    return with_tables(named, " UNION ALL ".join(selects))


def _conditions(resource: dict[str, Any], ids: Iterable[str]) -> str:
    """Return whether the conditions of partitions choose a row: of one, of some, of all but some."""
    *some, others = _asked(ids)
    left_out = [name for name in dict.fromkeys(ids) if name not in others]
    conditions = [in_partitions(resource, names) for names in some]
    conditions.append(in_partitions(resource, left_out, negated=True))
    chosen = (f"IF({condition}, '1', '0')" for condition in conditions)
    return f", CONCAT({', '.join(chosen)}) AS chosen"


def _asked(ids: Iterable[str]) -> list[list[str]]:
    """Return the sets of partitions that are asked for: the first, the last ones, and the others."""
    names = sorted(set(ids))
    single = dict.fromkeys([*names[:1], *names[-3:]])
    return [*([name] for name in single), names[:2], names[2:]]
