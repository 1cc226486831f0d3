"""GoogleSQL: values of every type, DML, transactions, and the statements that Rebound issues."""

import datetime as dt
import math
from decimal import Decimal

import pytest
from google.api_core.exceptions import BadRequest, NotFound
from google.cloud import bigquery

from manifests.control_statements import only_if
from manifests.encoding import decode_sql, encode_sql, stored_fields
from manifests.fingerprint import combined, unchanged_sql
from manifests.statements import published
from tests.contract.bigquery.conftest import Query
from tests.contract.bigquery.measuring import measure
from tests.contract.bigquery.server import PROJECT

COLUMNS = """
    i INT64 NOT NULL, f FLOAT64, s STRING, b BYTES, n NUMERIC, small NUMERIC(5, 1), big BIGNUMERIC,
    d DATE, dt DATETIME, ts TIMESTAMP, tm TIME, j JSON, g GEOGRAPHY, iv INTERVAL, r RANGE<DATE>,
    a ARRAY<INT64>, st STRUCT<x INT64, y ARRAY<STRUCT<z STRING, w DATETIME, h GEOGRAPHY>>>, bo BOOL
"""
ROWS = r"""
    (9223372036854775807, CAST('NaN' AS FLOAT64), 'é\n"\'', b'\x00\xff', 123456789.123456789, 1.5,
     CAST('-0.12345678901234567890123456789012345678' AS BIGNUMERIC), '0001-01-01',
     DATETIME '2024-02-29 23:59:59.999999', TIMESTAMP '2024-01-01 00:00:00.123456+00',
     TIME '23:59:59.999999', JSON '{"a": [1, null, "x"]}', ST_GEOGFROMTEXT('POINT(1 2)'),
     CAST('-1-2 3 -4:5:6.5' AS INTERVAL), CAST('[2020-01-01, UNBOUNDED)' AS RANGE<DATE>), [1, 2],
     STRUCT(5, [STRUCT('q', DATETIME '2024-01-01 00:00:00', ST_GEOGPOINT(1, 2)), STRUCT('w', NULL, NULL)]), TRUE),
    (-9223372036854775808, -0.0, '', b'', -0.000000001, -9999.9, CAST('0' AS BIGNUMERIC), '9999-12-31',
     NULL, NULL, NULL, NULL, NULL, NULL, NULL, [], NULL, FALSE),
    (0, CAST('-inf' AS FLOAT64), NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
     NULL, NULL, NULL, NULL)
"""


@pytest.fixture
def everything(query: Query, client: bigquery.Client, dataset: str) -> bigquery.Table:
    """Return a table with every type."""
    query(f"CREATE TABLE everything ({COLUMNS})")
    query(f"INSERT INTO everything VALUES {ROWS}")
    return client.get_table(f"{dataset}.everything")


def test_values_come_back_exactly(everything: bigquery.Table, query: Query):
    """Extremes of every type come back as they went in."""
    first, third, second = query(f"SELECT * FROM {everything.table_id} ORDER BY i DESC")
    assert first[0] == 2**63 - 1
    assert math.isnan(first[1])
    assert first[2:7] == (
        "é\n\"'",
        b"\x00\xff",
        Decimal("123456789.123456789"),
        Decimal("1.5"),
        Decimal("-0.12345678901234567890123456789012345678"),
    )
    assert first[7:11] == (
        dt.date(1, 1, 1),
        dt.datetime(2024, 2, 29, 23, 59, 59, 999999),  # noqa: DTZ001 - DATETIME has no zone
        dt.datetime(2024, 1, 1, 0, 0, 0, 123456, tzinfo=dt.UTC),
        dt.time(23, 59, 59, 999999),
    )
    assert first[11:13] == ({"a": [1, None, "x"]}, "POINT(1 2)")
    assert first[15] == [1, 2]
    assert [item["z"] for item in first[16]["y"]] == ["q", "w"]
    assert (second[0], math.copysign(1, second[1]), second[2], second[3]) == (-(2**63), -1, "", b"")
    assert (third[1], third[15], third[16]) == (-math.inf, [], None)


def test_types_survive_queries(
    everything: bigquery.Table, query: Query, client: bigquery.Client, dataset: str
):
    """A table made from a subquery has the same types, all nullable."""
    query(f"CREATE TABLE copy AS SELECT * FROM (SELECT * FROM {everything.table_id} WHERE TRUE)")
    copied = client.get_table(f"{dataset}.copy").schema
    assert [field.field_type for field in copied] == [
        field.field_type for field in everything.schema
    ]
    assert {field.mode for field in copied} == {"NULLABLE", "REPEATED"}


def test_encoding_is_undone(
    everything: bigquery.Table, query: Query, client: bigquery.Client, dataset: str
):
    """Rebound's encoding of every type, and its inverse, give an equal table."""
    resource = everything.to_api_repr()
    name = f"{PROJECT}.{dataset}"
    query(f"CREATE TABLE stored AS {encode_sql(f'{name}.everything', resource)}")
    kinds = [field["type"] for field in stored_fields(resource["schema"]["fields"])]
    assert [field.field_type for field in client.get_table(f"{dataset}.stored").schema] == kinds
    query("CREATE TABLE back LIKE everything")
    fields = ", ".join(f"`{field.name}`" for field in everything.schema)
    query(
        f"BEGIN TRANSACTION; DELETE FROM `{name}.back` AS row_ WHERE '__ALL__' IN ('__ALL__'); "
        f"INSERT INTO `{name}.back` ({fields}) SELECT {fields} FROM "
        f"({decode_sql(f'{name}.stored', resource)}) AS row_ WHERE '__ALL__' IN ('__ALL__'); "
        "COMMIT TRANSACTION;"
    )
    before = measure(client, f"{dataset}.everything", resource)
    assert before == measure(client, f"{dataset}.back", resource)
    assert before["__ALL__"].row_count == 3


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (
            "NUMERIC",
            [
                "0.1",
                "0.100000001",
                "99999999999999999999999999999.999999999",
                "99999999999999999999999999999.999999998",
            ],
        ),
        (
            "FLOAT64",
            ["0.1", "CAST('NaN' AS FLOAT64)", "NULL", "CAST('inf' AS FLOAT64)", "0.0"],
        ),
        ("INT64", ["9007199254740993", "9007199254740992", "-9223372036854775808"]),
        ("BYTES", ["b'\\x00'", "b''", "b'AA=='", "NULL"]),
        ("STRING", ["''", "NULL", "'null'", "'\"'", "'\\\\'", "'\\n'", "'a'", "'A'"]),
        (
            "TIMESTAMP",
            ["TIMESTAMP '2024-01-01 00:00:00.000001'", "TIMESTAMP '2024-01-01 00:00:00'"],
        ),
        ("ARRAY<STRING>", ["['a', 'b']", "['a,b']", "['a\",\"b']", "[]", "['']"]),
        (
            "BIGNUMERIC",
            ["CAST('0.1' AS BIGNUMERIC)", "CAST('0.10000000000000000001' AS BIGNUMERIC)"],
        ),
    ],
)
def test_different_values_have_different_texts(query: Query, kind: str, values: list[str]):
    """TO_JSON_STRING and the fingerprint tell all distinct values of a type apart."""
    query(f"CREATE TABLE t (v {kind})")
    for value in values:
        query(f"INSERT INTO t VALUES ({value})")
    text = "TO_JSON_STRING(STRUCT(row_.v AS v))"
    found = query(f"SELECT {text}, FARM_FINGERPRINT({text}) FROM t AS row_")
    assert len({row[0] for row in found}) == len({row[1] for row in found}) == len(values)


def test_json_encodings(query: Query):
    """Texts are those that BigQuery documents, where the README names no difference."""
    values = "1 AS i, 9007199254740993 AS big, 1.0 AS f, CAST(1.5 AS NUMERIC) AS n, b'\\x00' AS b, "
    values += "TIMESTAMP '2024-01-02 03:04:05' AS t, NULL AS z, [1, 2] AS a, STRUCT('x' AS y) AS s"
    wanted = (
        '{"i":1,"big":"9007199254740993","f":1,"n":"1.5","b":"AA==",'
        '"t":"2024-01-02T03:04:05Z","z":null,"a":[1,2],"s":{"y":"x"}}'
    )
    assert query(f"SELECT TO_JSON_STRING(STRUCT({values}))") == [(wanted,)]


def test_overflow_is_an_error(query: Query):
    """No integer wraps around."""
    for sql in (
        "SELECT 9223372036854775807 + 1",
        "SELECT SUM(x) FROM UNNEST([9223372036854775807, 1]) AS x",
        "SELECT CAST('9223372036854775808' AS INT64)",
    ):
        with pytest.raises(BadRequest):
            query(sql)


def test_dml_counts(query: Query, client: bigquery.Client, dataset: str):
    """INSERT, UPDATE, DELETE and MERGE change what they say and count it."""
    query("CREATE TABLE t (id INT64, v STRING DEFAULT 'new')")
    query("CREATE TABLE s AS SELECT 2 AS id, 'two' AS v UNION ALL SELECT 4, 'four'")
    query("INSERT INTO t (id) VALUES (1), (2), (3)")
    query("UPDATE t SET v = CONCAT(v, '!') WHERE id < 3")
    query("UPDATE t SET v = s.v FROM s WHERE t.id = s.id")
    job = client.query(
        f"MERGE {dataset}.t AS t USING {dataset}.s AS s ON t.id = s.id "
        "WHEN MATCHED THEN UPDATE SET v = 'merged' WHEN NOT MATCHED THEN INSERT ROW "
        "WHEN NOT MATCHED BY SOURCE AND t.id = 3 THEN DELETE"
    )
    job.result()
    assert query("SELECT id, v FROM t ORDER BY id") == [(1, "new!"), (2, "merged"), (4, "four")]
    stats = job.dml_stats
    assert (stats.inserted_row_count, stats.updated_row_count, stats.deleted_row_count) == (1, 1, 1)
    assert job.num_dml_affected_rows == 3
    with pytest.raises(BadRequest):
        query("UPDATE t SET v = 'x' FROM UNNEST([1, 1]) AS one WHERE t.id = one")


def test_required_is_enforced(query: Query):
    """NULL in a REQUIRED column is refused, nested ones too, and nothing is written."""
    query("CREATE TABLE t (a INT64 NOT NULL, s STRUCT<x INT64 NOT NULL>)")
    for row in ("NULL, NULL", "1, STRUCT(NULL)"):
        with pytest.raises(BadRequest):
            query(f"INSERT INTO t VALUES ({row})")
    query("INSERT INTO t VALUES (1, NULL)")
    with pytest.raises(BadRequest):
        query("UPDATE t SET a = NULL WHERE TRUE")
    assert query("SELECT COUNT(*) FROM t") == [(1,)]


def test_a_transaction_is_atomic(query: Query):
    """What a failing transaction did before it failed is undone."""
    query("CREATE TABLE t (a INT64 NOT NULL)")
    query("INSERT INTO t VALUES (1)")
    for insert in ("SELECT CAST('x' AS INT64)", "SELECT NULL", "SELECT a FROM nothing"):
        with pytest.raises((BadRequest, NotFound)):
            query(
                "BEGIN TRANSACTION; DELETE FROM t WHERE TRUE; "
                f"INSERT INTO t {insert}; COMMIT TRANSACTION;"
            )
        assert query("SELECT a FROM t") == [(1,)]
    query(
        "BEGIN TRANSACTION; DELETE FROM t WHERE TRUE; INSERT INTO t VALUES (2); COMMIT TRANSACTION;"
    )
    assert query("SELECT a FROM t") == [(2,)]


def test_a_script_that_is_guarded_fails_where_somebody_wrote(
    query: Query, client: bigquery.Client, dataset: str
):
    """Rows are put back only while there is in their partitions what was looked at."""
    query("CREATE TABLE live (d DATE, a INT64) PARTITION BY d")
    query("INSERT INTO live VALUES ('2024-01-01', 1), ('2024-01-01', 2), ('2024-01-02', 3)")
    query("CREATE TABLE kept (d DATE, a INT64) PARTITION BY d")
    query("INSERT INTO kept VALUES ('2024-01-01', 9)")
    name, kept = f"{PROJECT}.{dataset}.live", f"{PROJECT}.{dataset}.kept"
    resource = client.get_table(name).to_api_repr()
    seen = combined(measure(client, f"{dataset}.live", resource).values())
    both = ["20240101", "20240102"]
    guard = unchanged_sql(name, resource, both, seen, version=2, refusal="written since")
    script = only_if(
        guard, published(name, kept, resource, both[:1], both[1:]), name, resource, both
    )
    query("UPDATE live SET a = 4 WHERE a = 3")
    with pytest.raises(BadRequest, match="written since"):
        query(script)
    assert sorted(query("SELECT a FROM live")) == [(1,), (2,), (4,)]
    query("UPDATE live SET a = 3 WHERE a = 4")
    query(script)
    assert query("SELECT a FROM live") == [(9,)]


def test_parameters(query: Query):
    """Parameters keep their types, in arrays and structs too."""
    moment = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
    found = query(
        "SELECT @i + 1, @s, @a, @t, @st.x",
        bigquery.ScalarQueryParameter("i", "INT64", 5),
        bigquery.ScalarQueryParameter("s", "STRING", "it's"),
        bigquery.ArrayQueryParameter("a", "FLOAT64", [0.5]),
        bigquery.ScalarQueryParameter("t", "TIMESTAMP", moment),
        bigquery.StructQueryParameter("st", bigquery.ScalarQueryParameter("x", "INT64", 7)),
    )
    assert found == [(6, "it's", [0.5], moment, 7)]
    assert query("SELECT ?", bigquery.ScalarQueryParameter(None, "INT64", 1)) == [(1,)]


def test_a_job_tells_its_parameters_as_texts(client: bigquery.Client):
    """Whatever a simple value was sent as (BigQuery REST, QueryParameterValue.value)."""
    config = bigquery.QueryJobConfig(
        query_parameters=[
            bigquery.ScalarQueryParameter("f", "FLOAT64", 0.5),
            bigquery.ArrayQueryParameter("a", "FLOAT64", [1.5]),
            bigquery.StructQueryParameter("s", bigquery.ScalarQueryParameter("x", "FLOAT64", 2.5)),
        ]
    )
    job = client.query("SELECT @f + @a[OFFSET(0)] + @s.x", job_config=config, job_retry=None)
    assert [row.values() for row in job.result(job_retry=None)] == [(4.5,)]
    told = client.get_job(job.job_id).to_api_repr()["configuration"]["query"]["queryParameters"]
    scalar, array, struct = (item["parameterValue"] for item in told)
    assert scalar["value"] == "0.5"
    assert array["arrayValues"] == [{"value": "1.5"}]
    assert struct["structValues"] == {"x": {"value": "2.5"}}
