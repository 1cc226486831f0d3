"""The value of any query, as Google's reference evaluator gives it."""

import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from zetasql.wasi._pb2.zetasql.public import value_pb2

from tests.standin.bigquery.googlesql.requests import answered


def evaluate(sql: str) -> list[tuple[Any, ...]]:
    """Evaluate a query that reads no table but its own WITH, and return its rows.

    `WITH `p.d.t` AS (SELECT ...) SELECT ... FROM `p.d.t`` gives a statement its table. Strings,
    integers, floats, booleans, NUMERIC, bytes and JSON (its text) come as Python's; an array is a list, a
    struct a tuple; a date is days since 1970, a NaN is the text `NaN`, so that it equals itself. What
    else there is, a query has to CAST to STRING.

    Raises:
        GoogleSqlError: The query is refused, or fails on its values.
    """
    rows = answered(sql).content.table_data.row
    return [tuple(_python(value) for value in row.cell) for row in rows]


def _python(value: value_pb2.ValueProto) -> Any:  # noqa: ANN401 - any value
    kind = value.WhichOneof("value")
    if kind is None:
        return None
    if kind not in _PYTHON:
        raise TypeError(f"{kind} is not decoded: CAST it to STRING in the query")
    return _PYTHON[kind](getattr(value, kind))


def _same(value: Any) -> Any:  # noqa: ANN401 - any value
    return value


_PYTHON: dict[str, Callable[[Any], Any]] = {
    "int64_value": _same,
    "bool_value": _same,
    "double_value": lambda value: "NaN" if math.isnan(value) else value,
    "string_value": _same,
    "bytes_value": _same,
    "json_value": _same,
    "date_value": _same,
    "numeric_value": lambda value: Decimal(int.from_bytes(value, "little", signed=True)).scaleb(-9),
    "array_value": lambda value: [_python(item) for item in value.element],
    "struct_value": lambda value: tuple(_python(item) for item in value.field),
}
