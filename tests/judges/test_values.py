"""Google's evaluator and the stand-in give one value to each expression that Rebound relies on."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from manifests.encoding import decode_sql, encode_sql, encodings_of
from manifests.fingerprint import fingerprint_sql
from manifests.partitions import in_partitions, partition_expression
from tests.standin.bigquery.app import create_service
from tests.standin.bigquery.googlesql.evaluate import evaluate
from tests.standin.bigquery.service import Settings
from tests.standin.bigquery.sql.execute import run_script
from tests.standin.bigquery.sql.results import json_rows
from tests.standin.bigquery.sql.session import Session

type Rows = list[tuple[Any, ...]]
type Standin = Callable[[str], Rows]

DAYS = ["0001-01-01", "0999-12-31", "1959-12-31", "1960-01-01", "1970-01-01", "2024-02-29"]
DAYS += ["2159-12-31", "2160-01-01", "9999-12-31"]
TIMES = ["00:00:00", "23:59:59.999999", "12:34:56.789"]
VALUES = {
    "INT64": ["0", "-9223372036854775808", "9223372036854775807", "9007199254740993"],
    "FLOAT64": [
        "'nan'",
        "'inf'",
        "'-inf'",
        "'-0.0'",
        "0.0",
        "4.9e-324",
        "1.7976931348623157e308",
        "0.1",
        "1e21",
        "123456789012345680",
        "-1.5",
        "1e-7",
    ],
    "BOOL": ["TRUE", "FALSE"],
    "STRING": [
        "''",
        "'null'",
        "'\"quoted\\\\ \\n\\t\\u0001\\u007f'",
        "'é'",
        "'\\U0001F3C0'",
        "'\\u2028'",
        "'e\\u0301'",
        "'\\U0010FFFF'",
        "'</script>'",
    ],
    "BYTES": ["b''", "b'\\x00\\xff'", "b'null'"],
    "NUMERIC": [
        "'0'",
        "'-0.000000001'",
        "'99999999999999999999999999999.999999999'",
        "'-99999999999999999999999999999.999999999'",
        "'1.50'",
        "'9007199254740993'",
    ],
    "BIGNUMERIC": ["'0'", "'1.5'", "'0.00000000000000000000000000000000000001'", "'-123.45'"],
    "DATE": [f"'{day}'" for day in DAYS],
    "TIME": [f"'{time}'" for time in TIMES],
    "DATETIME": [f"'{day} {time}'" for day in DAYS for time in TIMES],
    "TIMESTAMP": [f"'{day} {time}+00'" for day in DAYS for time in TIMES],
    "JSON": ["JSON 'null'", "JSON '{}'", "JSON '\"null\"'", "JSON '[1,null,\"é\"]'"],
    "INTERVAL": ["'0-0 0 0:0:0'", "'1-2 3 4:5:6.000007'", "'-1-11 -400 -25:0:0.000001'"],
    "RANGE<DATE>": ["'[2024-01-01, 2024-02-01)'", "'[UNBOUNDED, 2024-02-01)'"],
}
API_NAMES = {"INT64": "INTEGER", "FLOAT64": "FLOAT", "BOOL": "BOOLEAN"}


@pytest.fixture(scope="module")
def standin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standin]:
    """Return what evaluates a query as the stand-in does, in this process."""
    folder: Path = tmp_path_factory.mktemp("standin")
    service = create_service(folder, Settings())
    with service.database.reading() as connection:

        def rows(sql: str) -> Rows:
            session = Session(service=service, connection=connection, project="p")
            query = run_script(session, sql)[-1].query
            assert query is not None
            found = json_rows(connection, query.sql, query.fields)
            return [tuple(cell["v"] for cell in row["f"]) for row in found]

        yield rows
    service.workers.close()
    service.database.close()


def column(kind: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return a column of a type, as BigQuery's API gives it."""
    if kind.startswith("RANGE"):
        return {"name": "v", "type": "RANGE", "rangeElementType": {"type": "DATE"}, **more}
    return {"name": "v", "type": API_NAMES.get(kind, kind), **more}


def table(*fields: dict[str, Any], **layout: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return a table's resource."""
    return {"schema": {"fields": list(fields)}, **layout}


def with_rows(sql: str, *rows: str) -> str:
    """Return a statement with its table `t` made of rows, each the text of one SELECT."""
    return f"WITH `t` AS ({' UNION ALL '.join(f'SELECT {row}' for row in rows)}) {sql}"


def value(kind: str, text: str) -> str:
    """Return a value as SQL."""
    return text if text.startswith("JSON") else f"CAST({text} AS {kind})"


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


# Texts that the stand-in writes otherwise, as its README says.
DIFFERENT = {
    "FLOAT64": {"'-0.0'", "4.9e-324"},
    "STRING": {"'\\u2028'"},
    "BIGNUMERIC": {"'0'"},
    "INTERVAL": set(VALUES["INTERVAL"]),
    "RANGE<DATE>": set(VALUES["RANGE<DATE>"]),
}
# Google's JSON text does not show the sign of a zero.
SAME = {"FLOAT64": {"'-0.0'"}}


@pytest.mark.parametrize("kind", VALUES)
def test_content_is_measured_alike(standin: Standin, kind: str):
    """Each value has the fingerprint that BigQuery gives it, and no two have the same one."""
    listed = (*VALUES[kind], "NULL")
    bounds = {"start": "0", "end": "100", "interval": "1"}
    row_each = {"field": "number", "range": bounds}
    sql = fingerprint_sql("t", table(column(kind), rangePartitioning=row_each))
    rows = [f"{at} AS number, {value(kind, text)} AS v" for at, text in enumerate(listed)]
    google = {listed[int(row[0])]: row[1:] for row in texts(evaluate(with_rows(sql, *rows)))}
    ours = {listed[int(row[0])]: row[1:] for row in texts(standin(with_rows(sql, *rows)))}
    assert {text for text in listed if google[text] != ours[text]} <= DIFFERENT.get(kind, set())
    assert len(set(google.values())) == len(listed) - len(SAME.get(kind, ()))
    assert len(set(ours.values())) >= len(set(google.values()))


@pytest.mark.parametrize("kind", [kind for kind in VALUES if encodings_of(table(column(kind)))])
def test_what_is_stored_as_text_comes_back(standin: Standin, kind: str):
    """The stored form is BigQuery's, and its inverse gives the values again, in their order."""
    resource = table(column(kind, mode="REPEATED"))
    values = f"[{', '.join(value(kind, text) for text in VALUES[kind])}]"
    encoded = with_rows(encode_sql("t", resource), f"{values} AS v")
    agree(standin, f"SELECT text FROM ({encoded}) AS encoded, UNNEST(encoded.v) AS text")
    stored = ", ".join(f"'{text}'" for text in evaluate(encoded)[0][0])
    decoded = with_rows(decode_sql("t", resource), f"[{stored}] AS v")
    both = f"SELECT TO_JSON_STRING(back.v), TO_JSON_STRING({values}) FROM ({decoded}) AS back"
    for rows in (evaluate(both), standin(both)):
        assert rows[0][0] == rows[0][1]


PARTITIONED = [
    (kind, unit)
    for kind in ("DATE", "DATETIME", "TIMESTAMP")
    for unit in ("HOUR", "DAY", "MONTH", "YEAR")
    if (kind, unit) != ("DATE", "HOUR")
]


@pytest.mark.parametrize(("kind", "unit"), PARTITIONED)
def test_partition_ids_of_times(standin: Standin, kind: str, unit: str):
    """A row's partition is the same for both, and the condition of that partition chooses the row."""
    resource = table(column(kind), timePartitioning={"type": unit, "field": "v"})
    _check_partitions(standin, resource, [value(kind, text) for text in (*VALUES[kind], "NULL")])


@pytest.mark.parametrize("bounds", [(-10, 95, 10), (0, 2**63 - 1, 2**61), (-(2**63), -5, 2**62)])
def test_partition_ids_of_ranges(standin: Standin, bounds: tuple[int, int, int]):
    """The same of ranges, up to the ends of INT64."""
    start, end, width = bounds
    edges = {start - 1, start, start + 1, start + width - 1, start + width, end - 1, end}
    inside = [str(edge) for edge in edges if -(2**63) <= edge < 2**63]
    layout = {"field": "v", "range": {"start": str(start), "end": str(end), "interval": str(width)}}
    resource = table(column("INT64"), rangePartitioning=layout)
    _check_partitions(standin, resource, [f"CAST({text} AS INT64)" for text in (*inside, "NULL")])


def _check_partitions(standin: Standin, resource: dict[str, Any], values: list[str]) -> None:
    rows = [f"{text} AS v" for text in values]
    ids = agree(
        standin, with_rows(f"SELECT {partition_expression(resource)} FROM t AS row_", *rows)
    )
    for name in {str(found[0]) for found in ids}:
        chosen = in_partitions(resource, [name])
        sql = f"SELECT {partition_expression(resource)} FROM t AS row_ WHERE {chosen}"
        found = agree(standin, with_rows(sql, *rows))
        assert found == [(name,)] * ids.count((name,))
