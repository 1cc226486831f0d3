"""The dataset `rebound_odd`: everything that is hard to bring back, in small tables."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

type Row = dict[str, Any]
type Field = dict[str, Any]

DATASET = "rebound_odd"
_TEN_YEARS_MS = str(3650 * 24 * 60 * 60 * 1000)


@dataclass(frozen=True)
class OddTable:
    """A table and its rows.

    Args:
        name: Its id in the dataset.
        fields: Its schema.
        rows: The rows of each load: the partition they go to, or none, and the rows as JSON.
        layout: Partitioning and the like, as tables.insert takes it.
        delete: Condition of the rows that are deleted after the loads.
    """

    name: str
    fields: Sequence[Field]
    rows: dict[str, list[Row]] = field(default_factory=dict)
    layout: dict[str, Any] = field(default_factory=dict)
    delete: str | None = None


def column(name: str, kind: str, mode: str = "NULLABLE", **more: Any) -> Field:  # noqa: ANN401 - a REST field holds anything
    """Return a schema field as REST writes it."""
    return {"name": name, "type": kind, "mode": mode, **more}


def odd_tables() -> list[OddTable]:
    """Return the tables that are loaded from JSON; `odd_types` is written by INSERT."""
    value = column("value", "STRING")
    return [
        OddTable("empty", [column("id", "INTEGER", "REQUIRED"), value]),
        OddTable(
            "by_ingestion_time",
            [column("id", "INTEGER", "REQUIRED"), value],
            {
                f"$202401{day:02}": [{"id": day * 100 + at, "value": "é" * at} for at in range(day)]
                for day in (1, 2, 5)
            },
            {"timePartitioning": {"type": "DAY"}},
        ),
        OddTable(
            "by_range",
            [column("bucket", "INTEGER"), value],
            {"": [{"bucket": bucket, "value": str(bucket)} for bucket in _RANGE_VALUES]},
            {
                "rangePartitioning": {
                    "field": "bucket",
                    "range": {"start": "0", "end": "1000", "interval": "100"},
                },
                "clustering": {"fields": ["value"]},
            },
        ),
        OddTable(
            "by_hour",
            [column("at", "TIMESTAMP"), column("count", "INTEGER")],
            {
                "": [{"at": _hour(at), "count": at} for at in range(40)]
                + [{"at": None, "count": -1}]
            },
            {"timePartitioning": {"type": "HOUR", "field": "at", "expirationMs": _TEN_YEARS_MS}},
        ),
        OddTable(
            "by_month",
            [column("month", "DATE"), column("count", "INTEGER", defaultValueExpression="0")],
            {"": [{"month": f"{year}-{month:02}-15", "count": month} for year, month in _MONTHS]},
            {
                "timePartitioning": {"type": "MONTH", "field": "month"},
                "requirePartitionFilter": True,
            },
            delete="month = DATE '2023-12-15'",
        ),
        OddTable(
            "duplicates",
            [column("id", "INTEGER"), value],
            {"": [{"id": copies, "value": "same"} for copies in (1, 2, 2, 3, 3, 3, *[5] * 5)]},
        ),
        OddTable(
            "flexible_names",
            [column("spieler name", "STRING"), column("größe_cm", "INTEGER")],
            {"": [{"spieler name": "Dončić", "größe_cm": 201}]},
        ),
    ]


_RANGE_VALUES = (None, None, -1, 0, 99, 100, 555, 555, 999, 1000, 2**40)
_MONTHS = [(2023, 11), (2023, 12), (2024, 2), (2024, 2)]


def _hour(at: int) -> str:
    start = dt.datetime(2024, 3, 9, 20, tzinfo=dt.UTC)
    return (start + dt.timedelta(minutes=47 * at)).isoformat()


def odd_types_fields() -> list[Field]:
    """Return the schema of `odd_types`: each type, nested and repeated."""
    leaf = column("leaf", "RECORD", "REPEATED", fields=[
        column("at", "DATETIME"), column("numbers", "FLOAT", "REPEATED"), column("n", "INTEGER"),
    ])  # fmt: skip
    return [
        column("id", "INTEGER", "REQUIRED", description="Which odd row this is"),
        column("i", "INTEGER"),
        column("f", "FLOAT"),
        column("b", "BOOLEAN"),
        column("s", "STRING"),
        column("short", "STRING", maxLength="5"),
        column("y", "BYTES"),
        column("n", "NUMERIC"),
        column("price", "NUMERIC", precision="10", scale="2"),
        column("big", "BIGNUMERIC"),
        column("narrow", "BIGNUMERIC", precision="5", scale="2"),
        column("d", "DATE"),
        column("t", "TIME"),
        column("dt", "DATETIME"),
        column("ts", "TIMESTAMP"),
        column("g", "GEOGRAPHY"),
        column("j", "JSON"),
        column("iv", "INTERVAL"),
        column("r", "RANGE", rangeElementType={"type": "DATE"}),
        column("words", "STRING", "REPEATED"),
        column(
            "one", "RECORD", fields=[column("x", "INTEGER", "REQUIRED"), column("when", "DATETIME")]
        ),
        column("tree", "RECORD", "REPEATED", fields=[column("name", "STRING"), leaf]),
    ]


_LEAF = "STRUCT(DATETIME '2024-01-02T03:04:05.6' AS `at`, [1.5, CAST('-inf' AS FLOAT64)] AS numbers, 7 AS n)"
_NO_LEAVES = "CAST([] AS ARRAY<STRUCT<`at` DATETIME, numbers ARRAY<FLOAT64>, n INT64>>)"
_NO_TREE = (
    "CAST([] AS ARRAY<STRUCT<name STRING, "
    "leaf ARRAY<STRUCT<`at` DATETIME, numbers ARRAY<FLOAT64>, n INT64>>>>)"
)
# More digits than NUMERIC has; the local engine holds no more than these before the point.
_WIDE = "12345678901234567890123456789.12345678901234567890123456789012345678"
_ODD_VALUES = (
    ("1", "-9223372036854775808", "CAST('nan' AS FLOAT64)", "TRUE", "''", "''", "FROM_BASE64('')",
     "NUMERIC '-99999999999999999999999999999.999999999'", "NUMERIC '12345678.90'",
     f"BIGNUMERIC '{_WIDE}'", "BIGNUMERIC '1.25'", "DATE '0001-01-01'",
     "TIME '00:00:00'", "DATETIME '0001-01-01T00:00:00'", "TIMESTAMP '0001-01-01 00:00:00+00'",
     "ST_GEOGFROMTEXT('POINT(-122.35 47.62)')", "PARSE_JSON('{\"a\": [1, 2.5, null], \"b\": {\"c\": \"é\"}}')",
     "CAST('1-2 3 4:5:6.7' AS INTERVAL)", "CAST('[2024-01-01, 2024-02-01)' AS RANGE<DATE>)",
     "['', 'x', 'é']", "STRUCT(1 AS x, DATETIME '2024-02-29T23:59:59.999999' AS `when`)",
     f"[STRUCT('a' AS name, [{_LEAF}, {_LEAF}] AS leaf), STRUCT('b' AS name, {_NO_LEAVES} AS leaf)]"),
    ("2", "9223372036854775807", "CAST('inf' AS FLOAT64)", "FALSE",
     "'astral 🏀 line\\nquote\"\\' back\\\\slash tab\\t'", "'üñîçø'", "FROM_BASE64('AP+AfwA=')",
     "NUMERIC '99999999999999999999999999999.999999999'", "NUMERIC '-0.01'", f"BIGNUMERIC '-{_WIDE}'",
     "BIGNUMERIC '-999.99'", "DATE '9999-12-31'", "TIME '23:59:59.999999'",
     "DATETIME '9999-12-31T23:59:59.999999'", "TIMESTAMP '9999-12-31 23:59:59.999999+00'",
     "ST_GEOGFROMTEXT('POLYGON((0 0, 1 0, 1 1, 0 1, 0 0))')", "PARSE_JSON('\"text\"')",
     "CAST('-1-11 -400 -25:00:00.000001' AS INTERVAL)",
     "CAST('[UNBOUNDED, 2024-02-01)' AS RANGE<DATE>)", "CAST([] AS ARRAY<STRING>)",
     "STRUCT(2 AS x, CAST(NULL AS DATETIME) AS `when`)", _NO_TREE),
    ("3", "0", "CAST('-0.0' AS FLOAT64)", "NULL", "'null'", "'null'", "FROM_BASE64('bnVsbA==')",
     "NUMERIC '0.000000001'", "0", "BIGNUMERIC '0.00000000000000000000000000000000000001'",
     "BIGNUMERIC '0'", "DATE '2024-02-29'", "TIME '12:34:56.789'",
     "DATETIME '1969-12-31T23:59:59.999999'", "TIMESTAMP '1969-12-31 23:59:59.999999+00'",
     "ST_GEOGFROMTEXT('LINESTRING(1 1, 2 2)')", "PARSE_JSON('null')",
     "CAST('0-0 0 0:0:0' AS INTERVAL)", "CAST('[2024-01-01, UNBOUNDED)' AS RANGE<DATE>)",
     "['same', 'same']", "NULL", f"[STRUCT(CAST(NULL AS STRING) AS name, {_NO_LEAVES} AS leaf)]"),
    ("4", "NULL", "CAST('-inf' AS FLOAT64)", *["NULL"] * 16, "CAST([] AS ARRAY<STRING>)", "NULL",
     _NO_TREE),
    ("5", "9007199254740993", "4.9e-324", *["NULL"] * 16, "CAST([] AS ARRAY<STRING>)", "NULL",
     _NO_TREE),
)  # fmt: skip


def odd_types_statement(project: str) -> str:
    """Return the INSERT that writes the rows of `odd_types`."""
    names = ", ".join(f"`{field_['name']}`" for field_ in odd_types_fields())
    rows = ", ".join(f"({', '.join(values)})" for values in _ODD_VALUES)
    return f"INSERT INTO `{project}.{DATASET}.odd_types` ({names}) VALUES {rows}"
