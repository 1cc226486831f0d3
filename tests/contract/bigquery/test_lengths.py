"""Lengths and digits that a type names are minded by everything that writes (Parameterized data types)."""

import io
import json

import pytest
from google.api_core.exceptions import BadRequest
from google.cloud import bigquery

from tests.contract.bigquery.conftest import Query
from tests.contract.bigquery.test_extract import extract

TOO_MUCH = [
    ("STRING(3)", "'abcd'", r"STRING\(3\) has maximum length 3 but got a value with length 4"),
    ("BYTES(3)", "b'abcd'", r"BYTES\(3\) has maximum length 3 but got a value with length 4"),
    ("ARRAY<STRING(3)>", "['a', 'abcd']", r"STRING\(3\) has maximum length 3"),
    (
        "STRUCT<x ARRAY<STRUCT<y BYTES(3)>>>",
        "STRUCT([STRUCT(b'abcd' AS y)] AS x)",
        r"BYTES\(3\) has",
    ),
    ("NUMERIC(3, 1)", "NUMERIC '99.95'", r"DECIMAL\(3,1\).*out of range"),
    ("BIGNUMERIC(3, 1)", "BIGNUMERIC '100'", r"BIGNUMERIC\(3, 1\) does not hold"),
]

NEW_ROW = "WHEN NOT MATCHED THEN INSERT ROW"


@pytest.mark.parametrize(("kind", "value", "message"), TOO_MUCH)
def test_statements_mind_lengths(query: Query, kind: str, value: str, message: str):
    """INSERT, UPDATE and MERGE refuse what does not fit, in GoogleSQL's words, and write nothing."""
    query(f"CREATE TABLE t (a INT64, v {kind})")
    query("INSERT t (a) VALUES (1)")
    for sql in (
        f"INSERT t VALUES (2, {value})",
        f"INSERT t SELECT 2, {value}",
        f"UPDATE t SET v = {value} WHERE TRUE",
        f"MERGE t USING (SELECT 2 AS a, {value} AS v) AS s ON t.a = s.a {NEW_ROW}",
    ):
        with pytest.raises(BadRequest, match=message):
            query(sql)
    assert query("SELECT a FROM t") == [(1,)]


def test_what_fits_is_written(query: Query):
    """A text is measured in characters, bytes in bytes; digits behind the scale are rounded."""
    query("CREATE TABLE t (s STRING(3), b BYTES(3), n NUMERIC(3, 1), g BIGNUMERIC(3, 1))")
    query(
        "INSERT t VALUES ('é😀ü', b'abc', NUMERIC '-1.25', BIGNUMERIC '99.9'), (NULL, b'', 0, NULL)"
    )
    query("UPDATE t SET s = '' WHERE s IS NULL")
    found = query("SELECT s, b, CAST(n AS STRING), CAST(g AS STRING) FROM t ORDER BY s")
    assert found == [("", b"", "0", None), ("é😀ü", b"abc", "-1.3", "99.9")]


def test_loads_and_streams_mind_lengths(
    client: bigquery.Client, query: Query, dataset: str, bucket: str
):
    """Files, rows sent along, streamed rows and results of queries are measured as well."""
    query("CREATE TABLE t (v STRING(3))")
    query("CREATE TABLE wide AS SELECT 'abcd' AS v")
    table = client.get_table(f"{dataset}.t")
    extract(client, f"{dataset}.wide", f"gs://{bucket}/w*.avro")
    avro = bigquery.LoadJobConfig(source_format="AVRO", schema=table.schema)
    with pytest.raises(BadRequest, match="maximum length 3"):
        client.load_table_from_uri(f"gs://{bucket}/w*.avro", table, job_config=avro).result()
    rows = io.BytesIO(json.dumps({"v": "abcd"}).encode())
    plain = bigquery.LoadJobConfig(
        source_format="NEWLINE_DELIMITED_JSON",
        schema=table.schema,
        write_disposition="WRITE_TRUNCATE_DATA",
    )
    with pytest.raises(BadRequest, match="maximum length 3"):
        client.load_table_from_file(rows, table, job_config=plain).result()
    into = bigquery.QueryJobConfig(destination=table, write_disposition="WRITE_APPEND")
    with pytest.raises(BadRequest, match="maximum length 3"):
        client.query(f"SELECT v FROM {dataset}.wide", into, job_retry=None).result()
    refused = client.insert_rows_json(table, [{"v": "abc"}, {"v": "abcd"}])
    assert [(it["index"], it["errors"][0]["reason"]) for it in refused] == [
        (0, "stopped"),
        (1, "invalid"),
    ]
    assert query("SELECT COUNT(*) FROM t") == [(0,)]


def test_a_type_is_never_made_narrower(client: bigquery.Client, query: Query, dataset: str):
    """A patch may widen lengths and digits, not narrow them (Modifying table schemas)."""
    query("CREATE TABLE t (s STRING(3), n NUMERIC(5, 2))")
    table = client.get_table(f"{dataset}.t")
    for narrow in (
        {"s": bigquery.SchemaField("s", "STRING", max_length=2)},
        {"n": bigquery.SchemaField("n", "NUMERIC", precision=5, scale=1)},
        {"n": bigquery.SchemaField("n", "NUMERIC", precision=5, scale=3)},
    ):
        table.schema = [narrow.get(it.name, it) for it in table.schema]
        with pytest.raises(BadRequest, match="Provided Schema does not match"):
            client.update_table(table, ["schema"])
        table = client.get_table(f"{dataset}.t")
    table.schema = [
        bigquery.SchemaField("s", "STRING", max_length=4),
        bigquery.SchemaField("n", "NUMERIC"),
    ]
    assert client.update_table(table, ["schema"]).schema[0].max_length == 4
    query("INSERT t VALUES ('abcd', 1.125)")
