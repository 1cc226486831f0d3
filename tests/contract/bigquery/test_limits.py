"""What one job may do, and what it leaves of a table's protection, as BigQuery documents it."""

import io
from collections.abc import Callable

import pytest
from google.api_core.exceptions import BadRequest, Forbidden, TooManyRequests
from google.cloud import bigquery

from tests.contract import real
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
    query: Query, client: bigquery.Client, dataset: str, agent: str
) -> None:
    """Using row-level security with other features, Copy jobs."""
    query("CREATE TABLE t AS SELECT 1 AS n")
    left = {}
    for disposition in ("WRITE_APPEND", "WRITE_EMPTY", "WRITE_TRUNCATE"):
        query(f"CREATE TABLE {disposition} (n INT64)")
        query(
            f"CREATE ROW ACCESS POLICY one ON $d.{disposition} "
            f"GRANT TO ('serviceAccount:{agent}') FILTER USING (n = 1)"
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


@real.local_only(real.ORDER)
def test_a_table_takes_so_many_loads_a_day(
    server: Server, query: Query, client: bigquery.Client, dataset: str
) -> None:
    """Quotas and limits, Load jobs; failed ones count, those of another day do not."""
    server.order("quotas", loads=2)
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
        server.order("quotas", loads=1500)
    assert query("SELECT COUNT(*) FROM t") == [(1,)]


@real.local_only(real.ORDER)
def test_a_table_is_changed_so_often_a_day(
    server: Server, query: Query, client: bigquery.Client, dataset: str
) -> None:
    """Quotas and limits, Tables: jobs of a plain table, partitions of others; never DML."""
    query("CREATE TABLE t (n INT64)")
    query("CREATE TABLE plain (n INT64)")
    query("CREATE TABLE arrived (n INT64) PARTITION BY _PARTITIONDATE")
    query("CREATE TABLE ranged (n INT64) PARTITION BY RANGE_BUCKET(n, GENERATE_ARRAY(0, 9, 1))")
    server.order("quotas", modifications={"": 2, "ingestion": 2, "column": 2})
    try:
        query("INSERT t VALUES (1), (2), (3)")
        for table, said in (("plain", "query appends"), ("arrived", "to an ingestion-time")):
            copy(client, dataset, table, "WRITE_APPEND")
            into = bigquery.QueryJobConfig(
                destination=f"{client.project}.{dataset}.{table}", write_disposition="WRITE_APPEND"
            )
            client.query("SELECT 4 AS n", job_config=into).result()
            query(f"INSERT {table} (n) VALUES (1)")
            with pytest.raises(Forbidden, match=said) as caught:
                copy(client, dataset, table, "WRITE_APPEND")
            assert caught.value.errors[0]["reason"] == "quotaExceeded"
        with pytest.raises(Forbidden, match="to a column partitioned"):
            copy(client, dataset, "ranged", "WRITE_APPEND")
    finally:
        server.order("quotas", modifications={"": 1500, "ingestion": 11_000, "column": 30_000})
    assert query("SELECT COUNT(*) FROM plain") == [(5,)]
    assert query("SELECT COUNT(*) FROM ranged") == [(0,)]


def test_a_table_has_so_many_partitions(query: Query) -> None:
    """Quotas and limits, Partitioned tables."""
    query("CREATE TABLE t (n INT64) PARTITION BY RANGE_BUCKET(n, GENERATE_ARRAY(0, 12000, 1))")
    fill = "INSERT t SELECT n FROM UNNEST(GENERATE_ARRAY({}, {})) AS n"
    for start in (0, 4000):
        query(fill.format(start, start + 3999))
    query(fill.format(8000, 9999))
    with pytest.raises(BadRequest, match="10001 partitions"):
        query("INSERT t VALUES (10000)")
    query("INSERT t VALUES (9999)")


@real.local_only(real.ORDER)
def test_a_table_is_updated_so_often_in_ten_seconds(
    server: Server, query: Query, client: bigquery.Client, dataset: str
) -> None:
    """Quotas and limits, Tables: jobs, calls and DDL together; DML counts and is not refused."""
    query("CREATE TABLE wide (n INT64) PARTITION BY RANGE_BUCKET(n, GENERATE_ARRAY(0, 9, 1))")
    server.order("quotas", updates=5)
    try:
        query("CREATE TABLE t AS SELECT 1 AS a")
        for _ in range(6):
            query("INSERT t VALUES (2)")
        changes: list[Callable[[], object]] = [
            # Google's client would try again for minutes.
            lambda: client.query(
                f"ALTER TABLE `{dataset}`.t SET OPTIONS (description = 'x')", job_retry=None
            ).result(retry=None),
            lambda: client.update_table(
                client.get_table(f"{dataset}.t"), ["description"], retry=None
            ),
            lambda: load(client, f"{dataset}.t", '{"a": 1}'),
        ]
        for change in changes:
            with pytest.raises((Forbidden, TooManyRequests), match="too many table") as caught:
                change()
            assert caught.value.errors[0]["reason"] == "rateLimitExceeded"
        query("ALTER TABLE wide SET OPTIONS (description = 'x')")
        assert server.order("quotas")["refusedUpdates"] == len(changes)
        server.order("clock", offset_seconds=11)
        query("ALTER TABLE t SET OPTIONS (description = 'x')")
    finally:
        server.order("clock", offset_seconds=0)
        server.order("quotas", updates=0)


@real.local_only(real.ORDER)
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
