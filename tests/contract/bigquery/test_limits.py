"""What one job may do, and what it leaves of a table's protection, as BigQuery documents it."""

import io

import pytest
from google.api_core.exceptions import BadRequest, Forbidden
from google.cloud import bigquery

from tests.contract.bigquery.conftest import Query
from tests.contract.bigquery.server import PROJECT, Server

MANY = 4001


def copy(client: bigquery.Client, dataset: str, into: str, disposition: str) -> None:
    """Copy table t."""
    config = bigquery.CopyJobConfig(write_disposition=disposition)
    client.copy_table(f"{dataset}.t", f"{dataset}.{into}", job_config=config).result()


def load(client: bigquery.Client, into: str, rows: str) -> None:
    """Load lines of JSON."""
    config = bigquery.LoadJobConfig(
        source_format="NEWLINE_DELIMITED_JSON", schema=[bigquery.SchemaField("a", "INT64")]
    )
    client.load_table_from_file(io.StringIO(rows), into, job_config=config).result()


def test_only_an_appending_copy_keeps_the_policies_of_its_destination(
    query: Query, client: bigquery.Client, dataset: str
) -> None:
    """Using row-level security with other features, Copy jobs."""
    query("CREATE TABLE t AS SELECT 1 AS n")
    left = {}
    for disposition in ("WRITE_APPEND", "WRITE_EMPTY", "WRITE_TRUNCATE"):
        query(f"CREATE TABLE {disposition} (n INT64)")
        query(
            f"CREATE ROW ACCESS POLICY one ON $d.{disposition} "
            "GRANT TO ('user:a@example.com') FILTER USING (n = 1)"
        )
        copy(client, dataset, disposition, disposition)
        path = f"/projects/{client.project}/datasets/{dataset}/tables/{disposition}"
        call = client._connection.api_request  # noqa: SLF001 - the client has no call for policies
        found = call(method="GET", path=f"{path}/rowAccessPolicies")
        left[disposition] = len(found.get("rowAccessPolicies", []))
    assert left == {"WRITE_APPEND": 1, "WRITE_EMPTY": 0, "WRITE_TRUNCATE": 0}


def test_a_job_changes_so_many_partitions_at_most(
    query: Query, client: bigquery.Client, dataset: str
) -> None:
    """By INSERT, by copy and by DELETE; the statements of a script count for themselves."""
    layout = "PARTITION BY RANGE_BUCKET(n, GENERATE_ARRAY(0, 10000, 1))"
    fill = f"SELECT n FROM UNNEST(GENERATE_ARRAY(1, {MANY})) AS n"
    query(f"CREATE TABLE t (n INT64) {layout}")
    with pytest.raises(BadRequest, match="Too many partitions"):
        query(f"INSERT t {fill}")
    query(
        f"BEGIN TRANSACTION; INSERT t {fill} WHERE n > 9; INSERT t {fill} WHERE n <= 9; COMMIT TRANSACTION"
    )
    assert query("SELECT COUNT(*) FROM t") == [(MANY,)]
    query(f"CREATE TABLE u (n INT64) {layout}")
    with pytest.raises(BadRequest, match="Too many partitions"):
        copy(client, dataset, "u", "WRITE_APPEND")
    changes = (
        "DELETE FROM t WHERE TRUE",
        "UPDATE t SET n = n WHERE TRUE",
        "MERGE t USING (SELECT -1 AS x) AS s ON n = s.x WHEN NOT MATCHED BY SOURCE THEN DELETE",
    )
    for change in changes:
        with pytest.raises(BadRequest, match="Too many partitions"):
            query(change)
    query("UPDATE t SET n = 1 WHERE n < 100")


def test_a_load_names_so_many_files_at_most(client: bigquery.Client, dataset: str) -> None:
    """Quotas and limits, Load jobs."""
    uris = [f"gs://some-bucket/{number}.avro" for number in range(10_001)]
    with pytest.raises(BadRequest, match="Too many source URIs"):
        client.load_table_from_uri(uris, f"{dataset}.t").result()


def test_a_table_takes_so_many_loads_a_day(
    server: Server, query: Query, client: bigquery.Client, dataset: str
) -> None:
    """Quotas and limits, Load jobs; failed ones count, those of another day do not."""
    server.order("loads", per_table=2)
    try:
        for said in ("Malformed JSON", "Malformed JSON", "exceeded quota for imports"):
            with pytest.raises((BadRequest, Forbidden), match=said) as caught:
                load(client, f"{dataset}.t", "nonsense")
        assert caught.value.errors[0]["reason"] == "quotaExceeded"
        load(client, f"{dataset}.other", '{"a": 1}')
        server.order("clock", offset_seconds=25 * 3600)
        load(client, f"{dataset}.t", '{"a": 1}')
    finally:
        server.order("clock", offset_seconds=0)
        server.order("loads", per_table=1500)
    assert query("SELECT COUNT(*) FROM t") == [(1,)]


def test_metadata_can_lag_behind(
    server: Server, query: Query, client: bigquery.Client, dataset: str
) -> None:
    """After fine-grained DML, and until partitions that expired are removed."""
    query("CREATE TABLE t AS SELECT 1 AS a")
    table = f"{PROJECT}.{dataset}.t"
    server.order("row-count", table=table, numRows=3)
    assert (client.get_table(table).num_rows, query("SELECT COUNT(*) FROM t")) == (3, [(1,)])
    server.order("row-count", table=table, numRows=None)
    assert client.get_table(table).num_rows == 1


def test_without_a_schema_a_load_knows_no_json_and_no_parameters(
    query: Query, client: bigquery.Client, dataset: str, bucket: str
) -> None:
    """Load Avro data: such columns have to be told."""
    for kind in ("JSON", "NUMERIC(8, 3)"):
        query(f"CREATE OR REPLACE TABLE t (n {kind})")
        query("INSERT t VALUES (NULL)")
        reference = client.get_table(f"{dataset}.t")
        avro = bigquery.ExtractJobConfig(destination_format="AVRO", use_avro_logical_types=True)
        uri = f"gs://{bucket}/{kind[:4]}*"
        client.extract_table(reference, uri, job_config=avro).result()
        config = bigquery.LoadJobConfig(source_format="AVRO", use_avro_logical_types=True)
        with pytest.raises(BadRequest, match="Field n has changed"):
            client.load_table_from_uri(uri, reference, job_config=config).result()
        config.schema = reference.schema
        client.load_table_from_uri(uri, reference, job_config=config).result()
        assert query("SELECT COUNT(*) FROM t") == [(2,)]
