"""What queries may read, where they run, and what their errors look like."""

import pytest
from google.api_core.exceptions import BadRequest, NotFound
from google.cloud import bigquery

from tests.contract.bigquery.conftest import Query
from tests.contract.bigquery.server import Server


def test_a_summary_lists_the_partitions(client: bigquery.Client, dataset: str, query: Query):
    """`t$__PARTITIONS_SUMMARY__` has a row for each partition, NULL's included (Partition metadata)."""
    query("CREATE TABLE t (day DATE) PARTITION BY day")
    query(
        "INSERT INTO t VALUES (DATE '2024-01-01'), (DATE '2024-01-01'), (DATE '2024-02-29'), (NULL)"
    )
    found = client.list_partitions(f"{dataset}.t")
    assert sorted(found) == ["20240101", "20240229", "__NULL__"]
    summary = client.get_table(f"{dataset}.t$__PARTITIONS_SUMMARY__")
    rows = [dict(row.items()) for row in client.list_rows(summary)]
    assert {(row["dataset_id"], row["table_id"]) for row in rows} == {(dataset, "t")}
    assert all(row["creation_time"] <= row["last_modified_time"] for row in rows)
    query("CREATE TABLE plain (a INT64)")
    with pytest.raises(BadRequest, match="not a partitioned table"):
        client.get_table(f"{dataset}.plain$__PARTITIONS_SUMMARY__")


@pytest.mark.parametrize("sql", ["SELECT 1 +", "SELECT (1", "SELECT 'a", "SELECT * FROM WHERE 1"])
def test_errors_are_plain_text(query: Query, sql: str):
    """A syntax error carries no terminal's escapes."""
    with pytest.raises(BadRequest) as failed:
        query(sql)
    assert "\x1b" not in str(failed.value)


def test_a_view_may_read_a_table_that_demands_a_filter(
    client: bigquery.Client, dataset: str, query: Query
):
    """The view is accepted, as the real API does; whoever reads it has to filter.

    m-lab/etl-gardener issue 317.
    """
    query(
        "CREATE TABLE t (day DATE, a INT64) PARTITION BY day OPTIONS (require_partition_filter = TRUE)"
    )
    query("INSERT INTO t VALUES (DATE '2024-01-01', 1), (DATE '2024-01-02', 2)")
    view = bigquery.Table(f"{client.project}.{dataset}.v")
    view.view_query = f"SELECT day, a FROM `{client.project}.{dataset}.t`"
    client.create_table(view)
    query(f"CREATE VIEW w AS SELECT * FROM `{client.project}.{dataset}.v`")
    for name in ("v", "w"):
        with pytest.raises(BadRequest, match="without a filter over column"):
            query(f"SELECT a FROM {name}")
        assert query(f"SELECT a FROM {name} WHERE day = DATE '2024-01-02'") == [(2,)]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM $d.t",
        "SELECT * FROM $d.v",
        "SELECT * FROM $d.INFORMATION_SCHEMA.TABLES",
        "INSERT INTO $d.t VALUES (1)",
        "CREATE TABLE $d.u (a INT64)",
        "CREATE VIEW $d.w AS SELECT 1 AS a",
    ],
)
def test_a_job_sees_its_own_location_only(server: Server, dataset: str, query: Query, sql: str):
    """Whatever a job reads, writes or creates is in the location where the job runs."""
    query("CREATE TABLE t (a INT64)")
    query(f"CREATE VIEW v AS SELECT a FROM {dataset}.t")
    elsewhere = server.client()
    with pytest.raises(NotFound, match="was not found in location EU"):
        elsewhere.query(sql.replace("$d", dataset), location="EU", job_retry=None).result(
            job_retry=None
        )
    elsewhere.close()
    assert query("SELECT COUNT(*) FROM t") == [(0,)]


def test_top_counts_carry_their_counts(query: Query):
    """APPROX_TOP_COUNT, which Google's evaluator does not have, as it is documented."""
    values = "UNNEST(['apple', 'apple', 'pear', 'pear', 'pear', 'banana']) AS x"
    found = query(f"SELECT APPROX_TOP_COUNT(x, 2) FROM {values}")
    assert found == [([{"value": "pear", "count": 3}, {"value": "apple", "count": 2}],)]
