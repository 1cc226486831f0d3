"""Load jobs: dispositions and what they destroy, partitions, formats, uploads."""

import io
import json

import pytest
from google.api_core.exceptions import BadRequest, Conflict, NotFound
from google.cloud import bigquery

from tests.contract import real
from tests.contract.bigquery.conftest import Query
from tests.contract.bigquery.server import PROJECT, Server
from tests.contract.bigquery.test_extract import extract

# A taxonomy that is not there is refused by the real cloud.
TAGS = {"names": ["projects/p/locations/us/taxonomies/1/policyTags/2"]}
TAGGED = {} if real.PROJECT else {"policyTags": TAGS}


def load(client: bigquery.Client, uri: str, target: str, **how: object) -> bigquery.LoadJob:
    """Load AVRO files into a table and return the finished job."""
    config = bigquery.LoadJobConfig(source_format="AVRO", use_avro_logical_types=True, **how)
    reference = bigquery.TableReference.from_string(f"{PROJECT}.{target}")
    job = client.load_table_from_uri(uri, reference, job_config=config)
    job.result()
    return job


@pytest.fixture
def files(client: bigquery.Client, query: Query, dataset: str, bucket: str) -> str:
    """Return the URI of the rows (1, 2024-01-01) and (2, 2024-01-02) as AVRO."""
    query("CREATE TABLE source (a INT64 NOT NULL, d DATE)")
    query("INSERT INTO source VALUES (1, '2024-01-01'), (2, '2024-01-02')")
    extract(client, f"{dataset}.source", f"gs://{bucket}/s/*.avro")
    return f"gs://{bucket}/s/*.avro"


@pytest.fixture
def target(server: Server, query: Query, dataset: str, agent: str) -> str:
    """Return a table with everything that a disposition could destroy."""
    body = {
        "tableReference": {"projectId": PROJECT, "datasetId": dataset, "tableId": "t"},
        "description": "kept",
        "labels": {"k": "v"},
        "schema": {
            "fields": [
                {"name": "a", "type": "INTEGER", "mode": "REQUIRED", "description": "the key"},
                {"name": "d", "type": "DATE", "mode": "NULLABLE", **TAGGED},
            ]
        },
        "tableConstraints": {"primaryKey": {"columns": ["a"]}},
        "timePartitioning": {"type": "DAY", "field": "d"},
    }
    server.call("POST", f"datasets/{dataset}/tables", json=body).raise_for_status()
    grantee = f"serviceAccount:{agent}"
    query(f"CREATE ROW ACCESS POLICY p ON $d.t GRANT TO ('{grantee}') FILTER USING (TRUE)")
    query("INSERT INTO t VALUES (8, '2024-01-01'), (9, '2024-03-03')")
    return f"{dataset}.t"


def resource(server: Server, target: str) -> tuple[dict, list]:
    """Return a table's resource and its policies."""
    dataset_id, table_id = target.split(".")
    path = f"datasets/{dataset_id}/tables/{table_id}"
    policies = server.call("GET", f"{path}/rowAccessPolicies").json()
    return server.call("GET", path).json(), policies.get("rowAccessPolicies", [])


def test_append_is_the_default(client: bigquery.Client, query: Query, files: str, target: str):
    """A load without a disposition appends; its statistics count files and rows."""
    job = load(client, files, target)
    assert (job.output_rows, job.input_files) == (2, 1)
    assert job.input_file_bytes > 0
    assert query("SELECT a FROM t ORDER BY a") == [(1,), (2,), (8,), (9,)]


def test_truncate_data_keeps_the_table(
    server: Server, client: bigquery.Client, query: Query, *, files: str, target: str
):
    """WRITE_TRUNCATE_DATA replaces the rows and nothing else, and refuses other columns."""
    before, policies = resource(server, target)
    load(client, files, target, write_disposition="WRITE_TRUNCATE_DATA")
    after, still = resource(server, target)
    for part in ("schema", "tableConstraints", "timePartitioning", "description", "labels"):
        assert after[part] == before[part]
    assert len(policies) == len(still) == 1
    assert query("SELECT a FROM t ORDER BY a") == [(1,), (2,)]
    query("CREATE TABLE wider AS SELECT 1 AS a, DATE '2024-01-01' AS d, 2 AS extra")
    uri = files.replace("/s/", "/wider/")
    extract(client, target.replace(".t", ".wider"), uri)
    with pytest.raises(BadRequest):
        load(client, uri, target, write_disposition="WRITE_TRUNCATE_DATA")


def test_truncate_destroys(
    server: Server, client: bigquery.Client, query: Query, *, files: str, target: str
):
    """WRITE_TRUNCATE takes the file's schema; tags, descriptions, keys and policies are gone."""
    load(client, files, target, write_disposition="WRITE_TRUNCATE")
    after, policies = resource(server, target)
    assert all("policyTags" not in field for field in after["schema"]["fields"])
    assert all("description" not in field for field in after["schema"]["fields"])
    assert "tableConstraints" not in after
    assert policies == []
    assert (after["description"], after["labels"]) == ("kept", {"k": "v"})
    assert query("SELECT COUNT(*) FROM t") == [(2,)]


def test_empty_and_never(client: bigquery.Client, query: Query, files: str, target: str):
    """WRITE_EMPTY refuses a table with rows, CREATE_NEVER a table that is missing."""
    with pytest.raises(Conflict):
        load(client, files, target, write_disposition="WRITE_EMPTY")
    query("TRUNCATE TABLE t")
    assert load(client, files, target, write_disposition="WRITE_EMPTY").output_rows == 2
    with pytest.raises(NotFound):
        load(client, files, f"{target}x", create_disposition="CREATE_NEVER")
    assert load(client, files, f"{target}x").output_rows == 2


def test_a_table_without_columns_takes_those_of_the_files(
    client: bigquery.Client, query: Query, files: str, target: str
):
    """A table that was made without a schema gets that of the first load, REQUIRED columns too."""
    bare = f"{PROJECT}.{target}x"
    client.create_table(bare)
    assert load(client, files, f"{target}x", write_disposition="WRITE_EMPTY").output_rows == 2
    schema = client.get_table(bare).schema
    assert [(field.name, field.mode) for field in schema] == [("a", "REQUIRED"), ("d", "NULLABLE")]
    assert query("SELECT a FROM tx ORDER BY a") == [(1,), (2,)]


def test_one_partition(
    client: bigquery.Client, query: Query, *, dataset: str, bucket: str, files: str, target: str
):
    """A load into a partition replaces only its rows and refuses those of another."""
    extract(client, f"{dataset}.source", f"gs://{bucket}/all/*.avro")
    query("CREATE TABLE one AS SELECT 1 AS a, DATE '2024-01-01' AS d")
    extract(client, f"{dataset}.one", f"gs://{bucket}/one/*.avro")
    how = {"write_disposition": "WRITE_TRUNCATE", "create_disposition": "CREATE_NEVER"}
    query("ALTER TABLE t ALTER COLUMN a DROP NOT NULL")
    load(client, f"gs://{bucket}/one/*.avro", f"{target}$20240101", **how)
    assert query("SELECT a FROM t ORDER BY a") == [(1,), (9,)]
    with pytest.raises(BadRequest, match="belong to different partitions"):
        load(client, files, f"{target}$20240101", **how)
    assert query("SELECT a FROM t ORDER BY a") == [(1,), (9,)]


def test_an_ingestion_time_partition(
    client: bigquery.Client, query: Query, dataset: str, files: str
):
    """Rows loaded into a partition of an ingestion-time table are in that partition."""
    query("CREATE TABLE i (a INT64, d DATE) PARTITION BY _PARTITIONDATE")
    load(client, files, f"{dataset}.i$20240105", write_disposition="WRITE_TRUNCATE")
    found = query("SELECT DISTINCT FORMAT_TIMESTAMP('%Y%m%d', _PARTITIONTIME, 'UTC') FROM i")
    assert found == [("20240105",)]


def test_required_and_types(client: bigquery.Client, query: Query, dataset: str, bucket: str):
    """NULL in a REQUIRED column, another type and a DATETIME text are refused; nothing is written."""
    query("CREATE TABLE source AS SELECT CAST(NULL AS INT64) AS a")
    query("CREATE TABLE text AS SELECT 'x' AS a")
    query("CREATE TABLE moment AS SELECT DATETIME '2024-01-01 00:00:00' AS a")
    for name, column in (("source", "INT64 NOT NULL"), ("text", "INT64"), ("moment", "DATETIME")):
        query(f"CREATE TABLE into_{name} (a {column})")
        extract(client, f"{dataset}.{name}", f"gs://{bucket}/{name}/*.avro")
        with pytest.raises(BadRequest):
            load(client, f"gs://{bucket}/{name}/*.avro", f"{dataset}.into_{name}")
        assert query(f"SELECT COUNT(*) FROM into_{name}") == [(0,)]


def test_missing_and_broken_files(
    server: Server, client: bigquery.Client, query: Query, dataset: str, bucket: str
):
    """A pattern without files is notFound, a file that is not Avro invalid."""
    query("CREATE TABLE t (a INT64)")
    with pytest.raises(NotFound):
        load(client, f"gs://{bucket}/nothing/*", f"{dataset}.t")
    server.put_object(bucket, "broken.avro", b"Obj\x01 and then nothing good")
    with pytest.raises(BadRequest):
        load(client, f"gs://{bucket}/broken.avro", f"{dataset}.t")


@pytest.mark.parametrize("size", [1, 60_000])
def test_json_uploads(client: bigquery.Client, query: Query, dataset: str, size: int):
    """Rows sent along as JSON are loaded, in one request or in many."""
    query("CREATE TABLE t (a INT64, s STRUCT<x ARRAY<STRING>>, n NUMERIC, b BYTES, j JSON)")
    schema = client.get_table(f"{dataset}.t").schema
    row = {"a": 1, "s": {"x": ["p", "q"]}, "n": "1.5", "b": "AAE=", "j": {"k": [1]}}
    lines = "\n".join(json.dumps({**row, "a": at}) for at in range(size)).encode()
    config = bigquery.LoadJobConfig(source_format="NEWLINE_DELIMITED_JSON", schema=schema)
    job = client.load_table_from_file(io.BytesIO(lines), f"{dataset}.t", job_config=config)
    job.result()
    assert job.output_rows == size
    sql = "SELECT COUNT(*), SUM(a), MAX(n), MAX(s.x[OFFSET(1)]), MIN(TO_JSON_STRING(j)) FROM t"
    assert query(sql)[0][:2] == (size, size * (size - 1) // 2)
    assert [str(value) for value in query(sql)[0][2:]] == ["1.5", "q", '{"k":[1]}']


def test_csv_and_parquet(
    server: Server, client: bigquery.Client, query: Query, dataset: str, bucket: str
):
    """CSV and Parquet files are loaded into typed columns."""
    query("CREATE TABLE t (a INT64, d DATE, n NUMERIC)")
    server.put_object(bucket, "rows.csv", b"a,d,n\n1,2024-01-01,1.5\n2,,\n")
    reference = f"{dataset}.t"
    config = bigquery.LoadJobConfig(source_format="CSV", skip_leading_rows=1)
    client.load_table_from_uri(f"gs://{bucket}/rows.csv", reference, job_config=config).result()
    target = bigquery.ExtractJobConfig(destination_format="PARQUET")
    client.extract_table(reference, f"gs://{bucket}/rows.parquet", job_config=target).result()
    config = bigquery.LoadJobConfig(source_format="PARQUET")
    client.load_table_from_uri(f"gs://{bucket}/rows.parquet", reference, job_config=config).result()
    assert [row[0] for row in query("SELECT a FROM t ORDER BY a")] == [1, 1, 2, 2]


def test_streamed_rows(client: bigquery.Client, query: Query, dataset: str):
    """InsertAll takes good rows, tells what is wrong with others, and drops repeated ids."""
    query("CREATE TABLE t (a INT64 NOT NULL, s STRING DEFAULT 'x')")
    name = f"{dataset}.t"
    assert client.insert_rows_json(name, [{"a": 1}], row_ids=["one"]) == []
    assert client.insert_rows_json(name, [{"a": 1}], row_ids=["one"]) == []
    errors = client.insert_rows_json(name, [{"a": 2}, {"s": "y"}, {"a": 3, "z": 1}])
    assert [(error["index"], error["errors"][0]["reason"]) for error in errors] == [
        (0, "stopped"),
        (1, "invalid"),
        (2, "invalid"),
    ]
    assert client.insert_rows_json(name, [{"a": 4}, {"s": "y"}], skip_invalid_rows=True)
    assert sorted(row[0] for row in client.list_rows(name)) == [1, 4]


def test_a_streamed_row_has_the_defaults_of_what_it_does_not_name(
    client: bigquery.Client, query: Query, dataset: str
):
    """Whatever the rows beside it name; a null that it names stays one (Specify default column values)."""
    query("CREATE TABLE t (a INT64, s STRING DEFAULT 'x', n INT64 DEFAULT 7)")
    rows = [{"a": 1, "s": "own"}, {"a": 2, "n": 8}, {"a": 3, "s": None}, {"a": 4}]
    assert client.insert_rows_json(f"{dataset}.t", rows) == []
    found = query("SELECT a, s, n FROM t ORDER BY a")
    assert found == [(1, "own", 7), (2, "x", 8), (3, None, 7), (4, "x", 7)]
