"""Partitioned tables in GoogleSQL, measured by the statement that Rebound issues."""

import datetime as dt

import pytest
from google.api_core.exceptions import BadRequest
from google.cloud import bigquery

from manifests.partitions import partition_time
from manifests.statements import dropped_tables
from tests.contract.bigquery.conftest import Query
from tests.contract.bigquery.measuring import measure
from tests.harness import await_that


def test_partition_filter_is_demanded(query: Query, client: bigquery.Client, dataset: str):
    """A table that demands a filter refuses a read without one; Rebound's statement has one."""
    query(
        "CREATE TABLE t (d DATE, v INT64) PARTITION BY d OPTIONS(require_partition_filter = TRUE)"
    )
    query("INSERT INTO t VALUES ('2024-01-01', 1), ('2024-01-02', 2), (NULL, 3)")
    with pytest.raises(BadRequest, match="without a filter"):
        query("SELECT * FROM t")
    assert query("SELECT v FROM t WHERE d = '2024-01-02'") == [(2,)]
    resource = client.get_table(f"{dataset}.t").to_api_repr()
    assert sorted(measure(client, f"{dataset}.t", resource)) == ["20240101", "20240102", "__NULL__"]


@pytest.mark.parametrize(
    ("layout", "values", "partitions"),
    [
        (
            "DATE k",
            ["'1959-12-31'", "'1960-01-01'", "'2159-12-31'", "'2160-01-01'", "'0001-01-01'"],
            ["19600101", "21591231", "__UNPARTITIONED__"],
        ),
        ("DATE DATE_TRUNC(k, MONTH)", ["'2024-01-05'", "'2024-02-01'"], ["202401", "202402"]),
        ("TIMESTAMP TIMESTAMP_TRUNC(k, HOUR)", ["'2024-01-05 06:07:08+00'"], ["2024010506"]),
        ("DATETIME DATETIME_TRUNC(k, YEAR)", ["DATETIME '2024-01-05 06:07:08'"], ["2024"]),
        (
            "INT64 RANGE_BUCKET(k, GENERATE_ARRAY(0, 100, 10))",
            ["0", "19", "100", "-1", "NULL"],
            ["0", "10", "__NULL__", "__UNPARTITIONED__"],
        ),
    ],
)
def test_partitions_are_measured(
    query: Query, client: bigquery.Client, *, layout: str, values: list[str], partitions: list[str]
):
    """Every kind of partitioning is measured by the ids that BigQuery gives its partitions."""
    column, _, by = layout.partition(" ")
    query(f"CREATE TABLE t (k {column}) PARTITION BY {by}")
    dataset = query("SELECT DISTINCT table_schema FROM $d.INFORMATION_SCHEMA.TABLES")[0][0]
    for value in values:
        query(f"INSERT INTO t VALUES ({value})")
    resource = client.get_table(f"{dataset}.t").to_api_repr()
    assert sorted(measure(client, f"{dataset}.t", resource)) == partitions
    listed = query("SELECT partition_id FROM $d.INFORMATION_SCHEMA.PARTITIONS ORDER BY 1")
    assert [row[0] for row in listed] == partitions


def test_ingestion_time(query: Query, client: bigquery.Client, dataset: str):
    """Rows of an ingestion-time table can be written to a partition and are read from it."""
    query("CREATE TABLE t (a INT64) PARTITION BY _PARTITIONDATE")
    resource = client.get_table(f"{dataset}.t").to_api_repr()
    moment = partition_time(resource, "20240105")
    query(f"INSERT INTO t (_PARTITIONTIME, a) SELECT {moment}, 2")
    query("INSERT INTO t VALUES (1)")
    today = f"{dt.datetime.now(dt.UTC):%Y%m%d}"
    assert sorted(measure(client, f"{dataset}.t", resource)) == ["20240105", today]
    assert query("SELECT * FROM t WHERE _PARTITIONTIME = TIMESTAMP '2024-01-05'") == [(2,)]
    query(
        "DELETE FROM t AS row_ WHERE FORMAT_TIMESTAMP('%Y%m%d', row_._PARTITIONTIME, 'UTC') IN ('20240105')"
    )
    assert query("SELECT * FROM t") == [(1,)]


def test_deleted_tables_are_told_of(query: Query):
    """The tables of a region are listed with those that are deleted (TABLE_STORAGE view)."""
    query(
        "CREATE TABLE stays AS SELECT 1 AS k; CREATE TABLE goes AS SELECT 1 AS k; DROP TABLE goes"
    )
    dataset = query("SELECT DISTINCT table_schema FROM $d.INFORMATION_SCHEMA.TABLES")[0][0]
    last = dt.datetime(2099, 1, 1, tzinfo=dt.UTC)
    for since, names in ((None, [(f"{dataset}.goes",)]), (last, [])):
        statement = dropped_tables("US", [dataset], since=since, until=last)
        # The view lags behind by some seconds (TABLE_STORAGE view).
        await_that(lambda: query(statement) == names)  # noqa: B023 - it is called here
