"""Rows of a query in the form of BigQuery's REST API."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import duckdb

from tests.standin.bigquery.engine.entries import Entry
from tests.standin.bigquery.engine.types import (
    Field,
    duckdb_type,
    field_of,
    is_repeated,
    item_of,
    quoted,
)
from tests.standin.bigquery.errors import invalid_query

_BATCH = 2000
_TEXTS = {
    # Sums are wider in DuckDB; what does not fit INT64 is an overflow.
    "INTEGER": "({0})::BIGINT::VARCHAR",
    "FLOAT": "bq_text({0})",
    "BYTES": "to_base64({0})",
    "TIMESTAMP": "epoch_us({0})::VARCHAR",
    # All six digits of a fraction, or none (the form that Google's client reads).
    "TIME": "replace(strftime(DATE '1970-01-01' + {0}, '%H:%M:%S.%f'), '.000000', '')",
    "DATETIME": "replace(strftime({0}, '%Y-%m-%dT%H:%M:%S.%f'), '.000000', '')",
}
# Beyond the years 1 to 9999 there are no values.
_BOUNDS = {
    "DATE": ("DATE '0001-01-01'", "DATE '9999-12-31'"),
    "DATETIME": ("TIMESTAMP '0001-01-01'", "TIMESTAMP '9999-12-31 23:59:59.999999'"),
    "TIMESTAMP": (
        "TIMESTAMPTZ '0001-01-01 00:00:00+00'",
        "TIMESTAMPTZ '9999-12-31 23:59:59.999999+00'",
    ),
}
_TIMESTAMP_RANGE = (
    "'[' || coalesce(epoch_us({0}.__range_start__)::VARCHAR, 'UNBOUNDED') || ', ' || "
    "coalesce(epoch_us({0}.__range_end__)::VARCHAR, 'UNBOUNDED') || ')'"
)


@dataclass(frozen=True, kw_only=True)
class Described:
    """A query with its result columns.

    Attributes:
        sql: It, in DuckDB's SQL.
        fields: The columns.
        table: The table that the answer follows from alone; None where more matters.
    """

    sql: str
    fields: list[Field]
    table: Entry | None = None

    def typed(self) -> str:
        """Return the query with every column in the type that holds its field."""
        columns = ", ".join(
            f"CAST({quoted(field['name'])} AS {duckdb_type(field)}) AS {quoted(field['name'])}"
            for field in self.fields
        )
        return f"SELECT {columns} FROM ({self.sql})"


def describe(connection: duckdb.DuckDBPyConnection, sql: str) -> Described:
    """Ask DuckDB for the result columns of a query.

    Raises:
        BigQueryError: Two columns have one name.
    """
    relation = connection.sql(sql)
    fields = [
        field_of(name, kind) for name, kind in zip(relation.columns, relation.types, strict=True)
    ]
    names = [field["name"].lower() for field in fields]
    for name in names:
        if names.count(name) > 1:
            raise invalid_query(f"Duplicate column names in the result are not supported: {name}")
    return Described(sql=sql, fields=fields)


def json_rows(
    connection: duckdb.DuckDBPyConnection, sql: str, fields: list[Field]
) -> Iterator[dict[str, Any]]:
    """Yield the rows of a query as `{"f": [{"v": ...}, ...]}`; timestamps in microseconds."""
    columns = ", ".join(_text(quoted(field["name"]), field) for field in fields) or "1"
    cursor = connection.execute(f"SELECT {columns} FROM ({sql})")
    while rows := cursor.fetchmany(_BATCH):
        for row in rows:
            yield {
                "f": [{"v": _value(item, field)} for item, field in zip(row, fields, strict=False)]
            }


def _text(expression: str, field: Field, depth: int = 0) -> str:
    if is_repeated(field):
        return _list_text(expression, field, depth)
    kind = field["type"]
    if kind == "RECORD":
        members = ", ".join(
            _text(f"({expression}).{quoted(child['name'])}", child, depth)
            for child in field["fields"]
        )
        return f"CASE WHEN {expression} IS NULL THEN NULL ELSE row({members}) END"
    if kind == "RANGE" and field["rangeElementType"]["type"] == "TIMESTAMP":
        return f"CASE WHEN {expression} IS NULL THEN NULL ELSE {_TIMESTAMP_RANGE.format(f'({expression})')} END"
    picoseconds = kind == "TIMESTAMP" and "timestampPrecision" in field
    text = (
        f"bq_text({expression})"
        if picoseconds
        else _TEXTS.get(kind, "bq_text({0})").format(expression)
    )
    if kind not in _BOUNDS or picoseconds:
        return text
    least, greatest = _BOUNDS[kind]
    return (
        f"CASE WHEN {expression} < {least} OR {expression} > {greatest} "
        f"THEN bq_fail('{kind} is out of range') ELSE {text} END"
    )


def _list_text(expression: str, field: Field, depth: int) -> str:
    item = f"r{depth}"
    # A query may use an array with a NULL in it, its result may not hold one (Work with arrays).
    failed = f"bq_fail('Array cannot have a null element; error in writing field {item}')"
    whole = (
        f"CASE WHEN len({expression}) > list_count({expression}) "
        f"THEN ({expression})[{failed}::BIGINT:1] ELSE {expression} END"
    )
    return f"list_transform({whole}, lambda {item}: {_text(item, item_of(field), depth + 1)})"


def _value(value: Any, field: Field) -> Any:  # noqa: ANN401 - JSON values
    if is_repeated(field):
        return [{"v": _value(item, item_of(field))} for item in value or ()]
    if value is None or field["type"] != "RECORD":
        return value
    members = value.values() if isinstance(value, dict) else value
    return {
        "f": [
            {"v": _value(item, child)} for item, child in zip(members, field["fields"], strict=True)
        ]
    }


def with_float_seconds(row: dict[str, Any], fields: list[Field]) -> dict[str, Any]:
    """Return a row with its timestamps in seconds, as answers are by default."""
    return {
        "f": [
            {"v": _seconds(item["v"], field)} for item, field in zip(row["f"], fields, strict=True)
        ]
    }


def _seconds(value: Any, field: Field) -> Any:  # noqa: ANN401 - JSON values
    if value is None:
        return None
    if is_repeated(field):
        return [{"v": _seconds(item["v"], item_of(field))} for item in value]
    if field["type"] == "RECORD":
        return with_float_seconds(value, field["fields"])
    if field["type"] == "TIMESTAMP" and "timestampPrecision" not in field:
        return repr(int(value) / 1_000_000)
    return value
