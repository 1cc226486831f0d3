"""Expirations act, as BigQuery documents them (Manage partitioned tables; REST, Dataset)."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from google.api_core.exceptions import BadRequest, NotFound
from google.cloud import bigquery

from tests.contract import real
from tests.contract.bigquery.conftest import Query
from tests.contract.bigquery.server import Server

DAY_SECONDS = 24 * 3600
# Ten hours after the end of a day its partition expires.
TEN_HOURS = "PARTITION BY d OPTIONS(partition_expiration_days = 10 / 24)"
ROWS = """
INSERT t (d, n) VALUES
  (DATE_SUB(CURRENT_DATE(), INTERVAL 5 DAY), 5), (DATE_SUB(CURRENT_DATE(), INTERVAL 2 DAY), 2),
  (CURRENT_DATE(), 0), (DATE_ADD(CURRENT_DATE(), INTERVAL 9 DAY), -9), (NULL, 99),
  (DATE '0001-01-01', 1)
"""
KEPT = [(-9,), (0,), (1,), (99,)]


@contextmanager
def later(server: Server, seconds: float) -> Generator[None]:
    """Let time have passed on the server's clock."""
    server.order("clock", offset_seconds=seconds)
    try:
        yield
    finally:
        server.order("clock", offset_seconds=0)


def rows(query: Query, table: str = "t") -> list[tuple[int]]:
    """Return the numbers of the rows that are left."""
    return query(f"SELECT n FROM {table} ORDER BY n")


def test_what_comes_into_an_expired_partition_is_gone_at_once(
    query: Query, client: bigquery.Client, dataset: str
) -> None:
    """By INSERT and by copy; rows without a partition of their own stay."""
    query(f"CREATE TABLE t (d DATE, n INT64) {TEN_HOURS}")
    query(ROWS)
    assert rows(query) == KEPT
    query("CREATE TABLE plain (d DATE, n INT64) PARTITION BY d")
    query(ROWS.replace(" t ", " plain "))
    query(f"CREATE TABLE copied (d DATE, n INT64) {TEN_HOURS}")
    config = bigquery.CopyJobConfig(write_disposition="WRITE_APPEND")
    name = f"{client.project}.{dataset}"
    client.copy_table(f"{name}.plain", f"{name}.copied", job_config=config).result()
    assert rows(query, "copied") == KEPT
    # What the metadata counts lags behind.
    assert client.get_table(f"{name}.copied").num_rows == 6


@real.local_only(real.ORDER)
def test_partitions_expire_as_time_passes_and_stay_in_history(query: Query, server: Server) -> None:
    """A read as of an earlier instant still has them."""
    query(f"CREATE TABLE t (d DATE, n INT64) {TEN_HOURS}")
    query(ROWS)
    ((before,),) = query("SELECT FORMAT_TIMESTAMP('%FT%H:%M:%E6S+00', CURRENT_TIMESTAMP())")
    with later(server, 2 * DAY_SECONDS):
        assert rows(query) == [(-9,), (1,), (99,)]
        assert query(
            "SELECT COUNT(*) FROM t WHERE d = DATE_SUB(CURRENT_DATE(), INTERVAL 2 DAY)"
        ) == [(0,)]
        old = query(f"SELECT n FROM t FOR SYSTEM_TIME AS OF TIMESTAMP '{before}' ORDER BY n")
        assert old == KEPT
        assert len(query(PARTITIONS)) == 3


PARTITIONS = "SELECT partition_id FROM `$d`.INFORMATION_SCHEMA.PARTITIONS WHERE table_name = 't'"


def test_a_shorter_rule_acts_at_once_and_a_longer_one_brings_nothing_back(query: Query) -> None:
    """The rule in force decides when rows come, and when it is made."""
    query("CREATE TABLE t (d DATE, n INT64) PARTITION BY d")
    query(ROWS)
    assert len(rows(query)) == 6
    query("ALTER TABLE t SET OPTIONS(partition_expiration_days = 1)")
    assert rows(query) == KEPT
    query("ALTER TABLE t SET OPTIONS(partition_expiration_days = NULL)")
    assert rows(query) == KEPT
    query("INSERT t (d, n) VALUES (DATE_SUB(CURRENT_DATE(), INTERVAL 5 DAY), 5)")
    assert (5,) in rows(query)


def test_a_default_of_the_dataset_reaches_clones_and_wins_over_no_rule(
    query: Query, client: bigquery.Client, dataset: str
) -> None:
    """The default of partitions takes the place of the default of tables."""
    other = bigquery.Dataset(f"{client.project}.{dataset}_short")
    other.default_partition_expiration_ms = DAY_SECONDS * 1000
    other.default_table_expiration_ms = 9 * DAY_SECONDS * 1000
    client.create_dataset(other)
    query("CREATE TABLE t (d DATE, n INT64) PARTITION BY d")
    query(ROWS)
    query(
        "CREATE TABLE $d_short.c CLONE t OPTIONS(partition_expiration_days = NULL)".replace(
            "$d_short", f"{dataset}_short"
        )
    )
    assert rows(query, f"{dataset}_short.c") == KEPT
    found = client.get_table(f"{dataset}_short.c")
    assert found.time_partitioning.expiration_ms == DAY_SECONDS * 1000
    assert found.expires is None


@real.local_only(real.ORDER)
def test_tables_expire_by_the_same_clock(query: Query, server: Server) -> None:
    """As CURRENT_TIMESTAMP tells it."""
    query(
        "CREATE TABLE t (n INT64) OPTIONS(expiration_timestamp = "
        "TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 6 HOUR))"
    )
    with later(server, DAY_SECONDS):
        with pytest.raises(NotFound):
            query("SELECT * FROM t")
        query(
            "CREATE TABLE u (n INT64) OPTIONS(expiration_timestamp = "
            "TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 6 HOUR))"
        )
        assert rows(query, "u") == []


def test_only_tables_partitioned_by_time_take_a_rule(query: Query) -> None:
    """Any other table is refused."""
    with pytest.raises(BadRequest, match="partitioned by time"):
        query("CREATE TABLE t (n INT64) OPTIONS(partition_expiration_days = 1)")


DECORATORS = {
    "PARTITION BY d": ["20250230", "2025", "2025010101", "20251301"],
    "PARTITION BY RANGE_BUCKET(n, GENERATE_ARRAY(-20, 100, 10))": ["5", "100", "-30", "010"],
}


def test_a_decorator_names_a_partition_that_can_be(
    query: Query, client: bigquery.Client, dataset: str, bucket: str
) -> None:
    """A day of the calendar; the start of a range."""
    for number, (partitioning, wrong) in enumerate(DECORATORS.items()):
        query(f"CREATE TABLE t{number} (d DATE, n INT64) {partitioning}")
        for partition_id in wrong:
            source = f"{dataset}.t{number}${partition_id}"
            with pytest.raises(BadRequest, match="Invalid partition id"):
                client.extract_table(source, f"gs://{bucket}/x*").result()


def test_a_table_that_is_renamed_where_tables_expire_is_as_old_as_it_was(
    client: bigquery.Client, dataset: str, query: Query
):
    """It can be gone at once, though it was made before tables there expired (Manage tables, Rename)."""
    query("CREATE TABLE t (a INT64)")
    found = client.get_dataset(dataset)
    found.default_table_expiration_ms = 86_400_000
    client.update_dataset(found, ["default_table_expiration_ms"])
    created = client.get_table(f"{dataset}.t").created
    assert client.get_table(f"{dataset}.t").expires is None
    query("ALTER TABLE t RENAME TO u")
    assert client.get_table(f"{dataset}.u").expires == created + timedelta(days=1)
