"""Extract jobs: the files they write, what they count, what they refuse."""

import io

import fastavro
import pytest
import requests
from google.api_core.exceptions import BadRequest, NotFound
from google.cloud import bigquery

from tests.contract import real
from tests.contract.bigquery.conftest import Query
from tests.contract.bigquery.server import PROJECT, Server


def extract(
    client: bigquery.Client,
    source: str,
    *uris: str,
    compression: str = "SNAPPY",
    logical: bool = True,
) -> bigquery.ExtractJob:
    """Extract a table as AVRO and return the finished job."""
    config = bigquery.ExtractJobConfig(
        destination_format="AVRO", compression=compression, use_avro_logical_types=logical
    )
    reference = bigquery.TableReference.from_string(f"{PROJECT}.{source}")
    job = client.extract_table(reference, list(uris), job_config=config)
    job.result()
    return job


def records(content: bytes) -> list[dict]:
    """Return the records of an Avro file."""
    return list(fastavro.reader(io.BytesIO(content)))


def header(content: bytes) -> tuple[str, dict]:
    """Return the codec and the schema of an Avro file."""
    reader = fastavro.reader(io.BytesIO(content))
    return reader.metadata["avro.codec"], reader.writer_schema


@pytest.mark.parametrize("compression", ["SNAPPY", "DEFLATE", "NONE"])
def test_one_file(
    server: Server,
    client: bigquery.Client,
    query: Query,
    dataset: str,
    *,
    bucket: str,
    compression: str,
):
    """A small table gives one numbered file of the wanted codec, and the job counts it."""
    query("CREATE TABLE t (a INT64 NOT NULL, s STRING, d DATETIME)")
    query("INSERT INTO t VALUES (1, 'é', DATETIME '2024-01-01 00:00:00'), (2, NULL, NULL)")
    job = extract(client, f"{dataset}.t", f"gs://{bucket}/x/*.avro", compression=compression)
    assert list(job.destination_uri_file_counts) == [1]
    resource = server.call("GET", f"jobs/{job.job_id}").json()
    assert int(resource["statistics"]["extract"]["inputBytes"]) > 0
    files = server.objects(bucket)
    assert list(files) == ["x/000000000000.avro"]
    codec, schema = header(files["x/000000000000.avro"])
    assert codec == {"NONE": "null"}.get(compression, compression.lower())
    assert [field["name"] for field in schema["fields"]] == ["a", "s", "d"]
    assert schema["fields"][0]["type"] == "long"
    assert schema["fields"][2]["type"][1] == {"type": "string", "logicalType": "datetime"}
    assert {row["a"] for row in records(files["x/000000000000.avro"])} == {1, 2}


@real.local_only(real.ORDER)
def test_many_files(
    server: Server, client: bigquery.Client, query: Query, dataset: str, bucket: str
):
    """The size of files can be set; several URIs share them; every row is in exactly one."""
    query("CREATE TABLE t AS SELECT x FROM UNNEST(GENERATE_ARRAY(1, 25)) AS x")
    server.order("file-size", rows=10)
    try:
        one = extract(client, f"{dataset}.t", f"gs://{bucket}/one/*.avro")
        two = extract(client, f"{dataset}.t", f"gs://{bucket}/two/a*.avro", f"gs://{bucket}/two/b*")
    finally:
        server.order("file-size", rows=None)
    assert list(one.destination_uri_file_counts) == [3]
    assert list(two.destination_uri_file_counts) == [2, 1]
    for folder in ("one/", "two/"):
        rows = [
            row["x"] for item in server.objects(bucket, folder).values() for row in records(item)
        ]
        assert sorted(rows) == list(range(1, 26))
    assert sorted(server.objects(bucket, "two/")) == [
        "two/a000000000000.avro",
        "two/a000000000001.avro",
        "two/b000000000000",
    ]


def test_an_empty_table_gives_one_file(
    server: Server, client: bigquery.Client, query: Query, dataset: str, bucket: str
):
    """A table without rows gives one file without records."""
    query("CREATE TABLE t (a INT64)")
    job = extract(client, f"{dataset}.t", f"gs://{bucket}/*.avro")
    assert list(job.destination_uri_file_counts) == [1]
    (content,) = server.objects(bucket).values()
    assert records(content) == []


def test_partitions_and_the_past(
    server: Server, client: bigquery.Client, query: Query, dataset: str, bucket: str
):
    """`t$partition` gives that partition's rows and `t@ms` those of that time."""
    query("CREATE TABLE t (a INT64, d DATE) PARTITION BY d")
    query("INSERT INTO t VALUES (1, '2024-01-01'), (2, '2024-01-02'), (3, NULL)")
    moment = query("SELECT UNIX_MILLIS(CURRENT_TIMESTAMP()) + 1")[0][0]
    query("SELECT COUNT(*) FROM t")
    query("DELETE FROM t WHERE TRUE")
    for decorator, wanted in (("", []), (f"@{moment}", [1, 2, 3])):
        extract(client, f"{dataset}.t{decorator}", f"gs://{bucket}/at{len(wanted)}/*")
        (content,) = server.objects(bucket, f"at{len(wanted)}/").values()
        assert sorted(row["a"] for row in records(content)) == wanted
    query("INSERT INTO t VALUES (1, '2024-01-01'), (2, '2024-01-02'), (3, NULL)")
    for decorator, wanted in (("20240102", [2]), ("__NULL__", [3]), ("20230101", [])):
        extract(client, f"{dataset}.t${decorator}", f"gs://{bucket}/{decorator}/*")
        (content,) = server.objects(bucket, f"{decorator}/").values()
        assert [row["a"] for row in records(content)] == wanted
    with pytest.raises(BadRequest):
        extract(client, f"{dataset}.t$2024", f"gs://{bucket}/wrong/*")


def test_refusals(client: bigquery.Client, query: Query, dataset: str, bucket: str):
    """Views, RANGE columns, GZIP, two wildcards, missing tables and buckets are refused."""
    query("CREATE TABLE t (a INT64)")
    query("CREATE TABLE r (a RANGE<DATE>)")
    query("CREATE VIEW v AS SELECT a FROM $d.t")
    target = f"gs://{bucket}/x/*.avro"
    for source, uri, how, error in (
        ("v", target, {}, BadRequest),
        ("r", target, {}, BadRequest),
        ("t", target, {"compression": "GZIP"}, BadRequest),
        ("t", f"gs://{bucket}/*/x*.avro", {}, BadRequest),
        ("nothing", target, {}, NotFound),
        ("t", "gs://no-such-bucket-here/*.avro", {}, NotFound),
    ):
        with pytest.raises(error):
            extract(client, f"{dataset}.{source}", uri, **how)


@real.local_only(real.ORDER)
def test_one_file_has_a_limit(
    server: Server, client: bigquery.Client, query: Query, dataset: str, bucket: str
):
    """More than 1 GB of rows need a wildcard; the limit is lowered here."""
    query("CREATE TABLE t AS SELECT REPEAT('x', 1000) AS s FROM UNNEST(GENERATE_ARRAY(1, 10))")
    server.order("file-size", most_bytes_in_one_file=5000)
    try:
        with pytest.raises(BadRequest, match="too large to be exported to a single file"):
            extract(client, f"{dataset}.t", f"gs://{bucket}/one.avro")
        extract(client, f"{dataset}.t", f"gs://{bucket}/*.avro")
    finally:
        server.order("file-size", most_bytes_in_one_file=10**9)


@real.local_only(real.ORDER)
def test_a_single_uri_gives_one_file(
    server: Server, client: bigquery.Client, query: Query, dataset: str, bucket: str
):
    """Without a wildcard all rows are in the one file that was named."""
    query("CREATE TABLE t AS SELECT x FROM UNNEST(GENERATE_ARRAY(1, 25)) AS x")
    server.order("file-size", rows=10)
    try:
        extract(client, f"{dataset}.t", f"gs://{bucket}/one.avro")
    finally:
        server.order("file-size", rows=None)
    assert len(records(server.objects(bucket)["one.avro"])) == 25


@real.local_only(real.ORDER)
def test_a_view_of_the_storage_that_fails(
    server: Server, client: bigquery.Client, query: Query, dataset: str, bucket: str
):
    """A passing fault of Cloud Storage is tried again; the extract succeeds."""
    query("CREATE TABLE t AS SELECT 1 AS a")
    fault = {"operation": "storage.objects.insert", "kind": "status", "status": 503, "times": 1}
    requests.post(f"{server.storage}/standin/faults", json=fault, timeout=240).raise_for_status()
    extract(client, f"{dataset}.t", f"gs://{bucket}/*.avro")
    removed = requests.delete(f"{server.storage}/standin/faults", timeout=240).json()
    assert [item["fired"] for item in removed] == [1]
    assert len(server.objects(bucket)) == 1
