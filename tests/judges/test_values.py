"""Google's evaluator and the stand-in give one value to each expression that Rebound relies on."""

import pytest

from manifests.encoding import decode_sql, encode_sql, encodings_of
from manifests.fingerprint import fingerprint_sql
from tests.judges.both import (
    TIME_PARTITIONED,
    Standin,
    agree,
    by_range,
    by_time,
    check_partitions,
    column,
    row_each,
    rows_of,
    table,
    texts,
    with_tables,
)
from tests.standin.bigquery.googlesql.evaluate import evaluate

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


def value(kind: str, text: str) -> str:
    """Return a value as SQL."""
    return text if text.startswith("JSON") else f"CAST({text} AS {kind})"


# Texts that the stand-in writes otherwise, as its README says.
DIFFERENT = {"RANGE<DATE>": set(VALUES["RANGE<DATE>"])}
# Google's JSON text does not show the sign of a zero.
SAME = {"FLOAT64": {"'-0.0'"}}


@pytest.mark.parametrize("kind", VALUES)
def test_content_is_measured_alike(standin: Standin, kind: str):
    """Each value has the fingerprint that BigQuery gives it, and no two have the same one."""
    listed = (*VALUES[kind], "NULL")
    rows = [f"{at} AS number, {value(kind, text)} AS v" for at, text in enumerate(listed)]
    sql = with_tables({"t": rows_of(*rows)}, fingerprint_sql("t", row_each(column(kind))))
    google = {listed[int(row[0])]: row[1:] for row in texts(evaluate(sql))}
    ours = {listed[int(row[0])]: row[1:] for row in texts(standin(sql))}
    assert {text for text in listed if google[text] != ours[text]} == DIFFERENT.get(kind, set())
    assert len(set(google.values())) == len(listed) - len(SAME.get(kind, ()))
    assert len(set(ours.values())) >= len(set(google.values()))


@pytest.mark.parametrize("kind", [kind for kind in VALUES if encodings_of(table(column(kind)))])
def test_what_is_stored_as_text_comes_back(standin: Standin, kind: str):
    """The stored form is BigQuery's, and its inverse gives the values again, in their order."""
    resource = table(column(kind, mode="REPEATED"))
    values = f"[{', '.join(value(kind, text) for text in VALUES[kind])}]"
    encoded = with_tables({"t": f"SELECT {values} AS v"}, encode_sql("t", resource))
    agree(standin, f"SELECT text FROM ({encoded}) AS encoded, UNNEST(encoded.v) AS text")
    stored = ", ".join(f"'{text}'" for text in evaluate(encoded)[0][0])
    decoded = with_tables({"t": f"SELECT [{stored}] AS v"}, decode_sql("t", resource))
    both = f"SELECT TO_JSON_STRING(back.v), TO_JSON_STRING({values}) FROM ({decoded}) AS back"
    for rows in (evaluate(both), standin(both)):
        assert rows[0][0] == rows[0][1]


def test_partitions_of_times(standin: Standin):
    """A row's partition is the same for both, and the condition of that partition chooses the row."""
    tables = [
        by_time(kind, unit, [value(kind, text) for text in VALUES[kind]])
        for kind, unit in TIME_PARTITIONED
    ]
    check_partitions(standin, tables)


def test_partitions_of_ranges(standin: Standin):
    """The same of ranges, up to the ends of INT64."""
    tables = []
    for start, end, width in ((-10, 95, 10), (0, 2**63 - 1, 2**61), (-(2**63), -5, 2**62)):
        edges = {start - 1, start, start + 1, start + width - 1, start + width, end - 1, end}
        tables.append(by_range((start, end, width), edges))
    check_partitions(standin, tables)
