"""What queries may read, where they run, and what their errors look like."""

import pytest
from google.api_core.exceptions import BadRequest, NotFound
from google.cloud import bigquery

from tests.contract import real
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


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT MODE(x) FROM UNNEST([1]) AS x", "Function not found: MODE"),
        ("SELECT TIMESTAMP '2024-01-01' > DATETIME '2024-01-01'", "No matching signature"),
        ("CREATE TABLE t (a INT64 NOT NULL DEFAULT 5)", "but got keyword DEFAULT"),
    ],
)
def test_what_is_no_googlesql_is_refused(query: Query, sql: str, said: str):
    """What DuckDB would have answered."""
    with pytest.raises(BadRequest, match=said):
        query(sql)


@real.local_only(real.STRICTER)
def test_what_nothing_here_could_judge_is_refused(query: Query):
    """A function that BigQuery has and GoogleSQL as it is published has not."""
    with pytest.raises(BadRequest, match="Function not found: MAX_BY"):
        query("SELECT MAX_BY(x, y) FROM (SELECT 1 AS x, 2 AS y)")


def test_a_required_column_may_have_a_default(query: Query):
    """The default comes before NOT NULL (Data definition language, column_schema)."""
    query("CREATE TABLE t (a INT64 DEFAULT 5 NOT NULL, b INT64)")
    query("INSERT t (b) VALUES (1)")
    assert query("SELECT a, b FROM t") == [(5, 1)]
    with pytest.raises(BadRequest, match="Required field a cannot be null"):
        query("INSERT t VALUES (NULL, 1)")


@real.local_only(real.STRICTER)
def test_a_merge_loses_no_member(query: Query):
    """A struct that would be matched by the names of its members is refused."""
    query("CREATE TABLE t (a INT64, s STRUCT<x INT64>)")
    merge = "MERGE t USING (SELECT 1 AS a, {} AS s) AS source ON t.a = source.a "
    with pytest.raises(BadRequest, match="not called as those of s"):
        query(merge.format("STRUCT(7)") + "WHEN NOT MATCHED THEN INSERT ROW")
    query(merge.format("STRUCT(7 AS x)") + "WHEN NOT MATCHED THEN INSERT ROW")
    query(merge.format("STRUCT(8 AS x)") + "WHEN MATCHED THEN UPDATE SET s = source.s")
    assert query("SELECT s.x FROM t") == [(8,)]


def test_a_view_reads_its_own_location_only(client: bigquery.Client, dataset: str, query: Query):
    """The datasets of a view and of what it reads are in one location (Create logical views)."""
    elsewhere = bigquery.Dataset(f"{client.project}.{dataset}_eu")
    elsewhere.location = "EU"
    client.create_dataset(elsewhere)
    client.query(f"CREATE TABLE {dataset}_eu.t (a INT64)", location="EU", job_retry=None).result()
    view = bigquery.Table(f"{client.project}.{dataset}.v")
    view.view_query = f"SELECT a FROM `{client.project}.{dataset}_eu.t`"
    with pytest.raises(NotFound, match="was not found in location US"):
        client.create_table(view)
    table = bigquery.Table(f"{client.project}.{dataset}.u", [bigquery.SchemaField("a", "INTEGER")])
    assert client.create_table(table).location == "US"
    with pytest.raises(NotFound, match="was not found in location"):
        query(f"CREATE TABLE w AS SELECT a FROM {dataset}_eu.t")
