"""Answers of Google's reference evaluator, in the values that Google's client gives of BigQuery's."""

import datetime as dt
import json
from collections.abc import Callable
from decimal import Context, Decimal
from pathlib import Path
from typing import Any

from google.cloud import bigquery
from zetasql.wasi._pb2.zetasql.public import value_pb2

from tests.standin.bigquery.googlesql.requests import answered

FOLDER = Path(__file__).with_name("answers")
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_DIGITS = Context(prec=80)


def lines(name: str) -> list[str]:
    """Return the lines of a file of expressions or queries."""
    text = (FOLDER / f"{name}.sql").read_text()
    return [line for line in text.splitlines() if line and not line.startswith("--")]


def google(sql: str) -> list[tuple[Any, ...]]:
    """Evaluate a query with Google's reference evaluator.

    Raises:
        GoogleSqlError: The query is refused, or fails on its values.
    """
    rows = answered(sql).content.table_data.row
    return [tuple(_google(value) for value in row.cell) for row in rows]


def standin(client: bigquery.Client, sql: str) -> list[tuple[Any, ...]]:
    """Run a query on the stand-in.

    Raises:
        google.api_core.exceptions.GoogleAPICallError: It is refused or fails.
    """
    rows = client.query(sql, job_retry=None).result(job_retry=None)
    return [tuple(_client(row[at], field) for at, field in enumerate(rows.schema)) for row in rows]


def same(one: Any, other: Any) -> bool:  # noqa: ANN401 - any value
    """Whether two values are equal, types, NaN and the sign of zero included."""
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        pairs = zip(one, other, strict=False)
        return len(one) == len(other) and all(same(*pair) for pair in pairs)
    return type(one) is type(other) and repr(one) == repr(other)


def _google(value: value_pb2.ValueProto) -> Any:  # noqa: ANN401 - any value
    kind = value.WhichOneof("value")
    if kind is None:
        return None
    return _GOOGLE.get(kind, lambda same_: same_)(getattr(value, kind))


def _decimal(digits: int) -> Callable[[bytes], Decimal]:
    def read(value: bytes) -> Decimal:
        whole = int.from_bytes(value, "little", signed=True)
        return Decimal(whole).scaleb(-digits, _DIGITS).normalize(_DIGITS)

    return read


def _datetime(value: value_pb2.ValueProto.Datetime) -> dt.datetime:
    bits = value.bit_field_datetime_seconds
    day = (bits >> 26, bits >> 22 & 15, bits >> 17 & 31)
    clock = dt.time(bits >> 12 & 31, bits >> 6 & 63, bits & 63, value.nanos // 1000)
    return dt.datetime.combine(dt.date(*day), clock)


def _time(value: int) -> dt.time:
    bits, nanos = divmod(value, 1 << 30)
    return dt.time(bits >> 12 & 31, bits >> 6 & 63, bits & 63, nanos // 1000)


_GOOGLE: dict[str, Callable[[Any], Any]] = {
    "date_value": lambda value: dt.date(1970, 1, 1) + dt.timedelta(days=value),
    "datetime_value": _datetime,
    "time_value": _time,
    "timestamp_value": lambda value: (
        _EPOCH + dt.timedelta(seconds=value.seconds, microseconds=value.nanos // 1000)
    ),
    "numeric_value": _decimal(9),
    "bignumeric_value": _decimal(38),
    "json_value": lambda value: _json(json.loads(value)),
    # BigQuery's API shows an array that is NULL as an empty one.
    "array_value": lambda value: [_google(item) for item in value.element] or None,
    "struct_value": lambda value: tuple(_google(item) for item in value.field),
}


def _json(value: Any) -> Any:  # noqa: ANN401 - any value
    # Google's client shows JSON's null as it shows NULL.
    return None if value is None else ("JSON", value)


def _client(value: Any, field: bigquery.SchemaField) -> Any:  # noqa: ANN401 - any value
    if field.mode == "REPEATED":
        item = bigquery.SchemaField(field.name, field.field_type, fields=field.fields)
        return [_client(each, item) for each in value] or None
    if field.field_type == "JSON":
        return _json(value)
    if isinstance(value, Decimal):
        return value.normalize(_DIGITS)
    if isinstance(value, dict):
        return tuple(
            _client(each, child) for each, child in zip(value.values(), field.fields, strict=True)
        )
    return value
