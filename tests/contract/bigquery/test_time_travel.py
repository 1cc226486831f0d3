"""The past of tables: AS OF, clones, snapshots, decorators, undelete."""

import datetime as dt
import threading
import time
import zoneinfo

import pytest
from google.api_core.exceptions import BadRequest, Conflict, NotFound
from google.cloud import bigquery

from tests.contract import real
from tests.contract.bigquery.conftest import Query
from tests.contract.bigquery.server import PROJECT

LAYOUT = "PARTITION BY d CLUSTER BY a OPTIONS(description = 'full', labels = [('k', 'v')], partition_expiration_days = 9000)"
# How far apart two changes have to be to be told apart: the real cloud's clock is not this machine's.
PAUSE_SECONDS = 1 if real.PROJECT else 0.01


def now_of(query: Query) -> int:
    """Return what the time is there, in microseconds."""
    ((now,),) = query("SELECT UNIX_MICROS(CURRENT_TIMESTAMP())")
    return int(now)


def micros(query: Query) -> int:
    """Return an instant of the cloud's clock with nothing else close by."""
    time.sleep(PAUSE_SECONDS)
    now = now_of(query)
    time.sleep(PAUSE_SECONDS)
    return now


def table(dataset: str, name: str) -> bigquery.TableReference:
    """Return the reference of a table, decorators included."""
    return bigquery.TableReference.from_string(f"{PROJECT}.{dataset}.{name}")


def copy(
    client: bigquery.Client,
    source: str,
    target: str,
    dataset: str,
    operation: str = "COPY",
    **how: str,
) -> bigquery.Table:
    """Copy a table and return the copy."""
    config = bigquery.CopyJobConfig(operation_type=operation, **how)
    client.copy_table(table(dataset, source), table(dataset, target), job_config=config).result()
    return client.get_table(table(dataset, target.split("$", maxsplit=1)[0]))


def test_every_kind_of_change_can_be_looked_behind(query: Query):
    """AS OF an instant before a change sees the rows before it, for every kind of change."""
    query("CREATE TABLE t AS SELECT 1 AS a UNION ALL SELECT 2")
    moments = []
    for change in (
        "INSERT INTO t VALUES (3)",
        "UPDATE t SET a = 10 WHERE a = 1",
        "DELETE FROM t WHERE a = 10",
        "MERGE t USING (SELECT 2 AS a) AS s ON t.a = s.a WHEN MATCHED THEN DELETE",
        "TRUNCATE TABLE t",
        "CREATE OR REPLACE TABLE t AS SELECT 'other' AS b",
    ):
        moments.append(micros(query))
        query(change)

    def rows_at(moment: int) -> list[int]:
        at = f"FOR SYSTEM_TIME AS OF TIMESTAMP_MICROS({moment})"
        return sorted(row[0] for row in query(f"SELECT a FROM t {at}"))

    assert [rows_at(moment) for moment in moments] == [
        [1, 2],
        [1, 2, 3],
        [2, 3, 10],
        [2, 3],
        [3],
        [],
    ]
    assert query("SELECT * FROM t") == [("other",)]


def test_a_table_that_a_clone_replaced_can_be_looked_at(query: Query):
    """CREATE OR REPLACE leaves the previous version readable (BigQuery, Access historical data)."""
    query("CREATE TABLE t AS SELECT 1 AS a")
    query("CREATE TABLE other AS SELECT 'other' AS b")
    before = micros(query)
    query("CREATE OR REPLACE TABLE t CLONE other")
    at = f"FOR SYSTEM_TIME AS OF TIMESTAMP_MICROS({before})"
    assert query("SELECT * FROM t") == [("other",)]
    assert query(f"SELECT a FROM t {at}") == [(1,)]
    query(f"CREATE SNAPSHOT TABLE kept CLONE t {at}")
    assert query("SELECT a FROM kept") == [(1,)]


def test_the_past_has_limits(query: Query):
    """Before the table, in the future and in another incarnation there is nothing to see."""
    before = micros(query)
    query("CREATE TABLE t AS SELECT 1 AS a")
    inside = micros(query)
    query("DROP TABLE t")
    query("CREATE TABLE t AS SELECT 2 AS a")
    for moment in (before, inside, now_of(query) + 60_000_000):
        with pytest.raises(BadRequest):
            query(f"SELECT * FROM t FOR SYSTEM_TIME AS OF TIMESTAMP_MICROS({moment})")
    with pytest.raises(BadRequest, match="Cannot read before"):
        query("SELECT * FROM t FOR SYSTEM_TIME AS OF TIMESTAMP '2020-01-01 00:00:00+00'")


def test_one_query_reads_a_table_at_one_instant(query: Query):
    """Two instants of one table, now included, are refused; the same one twice is not."""
    query("CREATE TABLE t AS SELECT 1 AS a")
    query("CREATE TABLE u AS SELECT 1 AS a")
    before = micros(query)
    query("INSERT INTO t VALUES (2)")
    at, later = (f"FOR SYSTEM_TIME AS OF TIMESTAMP_MICROS({it})" for it in (before, micros(query)))
    both = "SELECT (SELECT COUNT(*) FROM t {}), (SELECT COUNT(*) FROM {} {})"
    for one, name, other in (("", "t", at), (at, "t", ""), (at, "t", later)):
        with pytest.raises(BadRequest):
            query(both.format(one, name, other))
    assert query(both.format(at, "t", at)) == [(1, 1)]
    assert query(both.format("", "u", at)) == [(2, 1)]


def test_a_bare_string_is_los_angeles_time(query: Query):
    """An instant without an offset is read in Los Angeles time, not in UTC."""
    query("CREATE TABLE t AS SELECT 1 AS a")
    now = dt.datetime.fromtimestamp(micros(query) / 1e6, dt.UTC)
    local = now.astimezone(zoneinfo.ZoneInfo("America/Los_Angeles"))
    at = "SELECT a FROM t FOR SYSTEM_TIME AS OF '{:%Y-%m-%d %H:%M:%S.%f}'"
    assert query(at.format(local)) == [(1,)]
    with pytest.raises(BadRequest):
        query(at.format(now))


def test_an_instant_is_exact_while_writers_write(
    query: Query, client: bigquery.Client, dataset: str
):
    """Reads of one past instant agree for ever, however many writers there are meanwhile."""
    query("CREATE TABLE t AS SELECT 0 AS a")
    stop = threading.Event()

    def write(at: int) -> None:
        number = 0
        while not stop.is_set():
            number += 1
            client.query(f"INSERT INTO {dataset}.t VALUES ({at}), ({number})").result()

    writers = [threading.Thread(target=write, args=(at,)) for at in range(4)]
    for writer in writers:
        writer.start()
    try:
        first = {}
        for _ in range(8):
            now = now_of(query)
            first[now] = _count(query, now)
        for at in range(12):
            now = now_of(query)
            instant = f"FOR SYSTEM_TIME AS OF TIMESTAMP_MICROS({now})"
            query(f"CREATE TABLE IF NOT EXISTS `{PROJECT}.{dataset}.c{at}` CLONE t {instant}")
            first[now] = query(f"SELECT COUNT(*) FROM c{at}")[0][0]
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    assert {moment: _count(query, moment) for moment in first} == first
    assert len(set(first.values())) > 1


def _count(query: Query, moment: int) -> int:
    at = f"FOR SYSTEM_TIME AS OF TIMESTAMP_MICROS({moment})"
    return query(f"SELECT COUNT(*) FROM t {at}")[0][0]


def test_a_transaction_over_two_tables_is_one_instant(query: Query):
    """Before its instant neither table has changed, at and after it both have."""
    query("CREATE TABLE t AS SELECT 1 AS a")
    query("CREATE TABLE u AS SELECT 1 AS a")
    before = micros(query)
    query(
        "BEGIN TRANSACTION; DELETE FROM t WHERE TRUE; INSERT INTO u VALUES (2); COMMIT TRANSACTION;"
    )
    both = "SELECT (SELECT COUNT(*) FROM t {0}), (SELECT COUNT(*) FROM u {0})"
    at = f"FOR SYSTEM_TIME AS OF TIMESTAMP_MICROS({before})"
    assert query(both.format(at)) == [(1, 1)]
    assert query(both.format("")) == [(0, 2)]


def test_what_a_clone_and_a_snapshot_keep(query: Query, client: bigquery.Client, dataset: str):
    """A clone keeps everything; a snapshot loses the partition expiration and cannot be written."""
    query(f"CREATE TABLE t (a INT64 NOT NULL, d DATE) {LAYOUT}")
    query("INSERT INTO t VALUES (1, '2024-01-01')")
    moment = micros(query)
    query("INSERT INTO t VALUES (2, NULL)")
    base = client.get_table(f"{dataset}.t")
    at = f"FOR SYSTEM_TIME AS OF TIMESTAMP_MICROS({moment})"
    expires = "expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 24 HOUR)"
    query(f"CREATE TABLE c CLONE t {at} OPTIONS({expires})")
    clone = client.get_table(f"{dataset}.c")
    assert (clone.num_rows, clone.table_type, clone.schema) == (1, "TABLE", base.schema)
    assert (clone.time_partitioning, clone.clustering_fields) == (base.time_partitioning, ["a"])
    assert clone.clone_definition.base_table_reference.table_id == "t"
    assert clone.expires is not None
    query("CREATE SNAPSHOT TABLE s CLONE t")
    snapshot = client.get_table(f"{dataset}.s")
    assert (snapshot.num_rows, snapshot.table_type) == (2, "SNAPSHOT")
    assert snapshot.time_partitioning.field == "d"
    assert snapshot.time_partitioning.expiration_ms is None
    with pytest.raises(BadRequest):
        query("DELETE FROM s WHERE TRUE")
    query("CREATE SNAPSHOT TABLE IF NOT EXISTS s CLONE c")
    assert client.get_table(f"{dataset}.s").num_rows == 2
    with pytest.raises(Conflict):
        query("CREATE TABLE c CLONE t")


def test_copy_jobs(query: Query, client: bigquery.Client, dataset: str):
    """Copies keep the layout and obey their disposition; snapshots are restored from."""
    query(f"CREATE TABLE t (a INT64 NOT NULL, d DATE) {LAYOUT}")
    query("INSERT INTO t VALUES (1, '2024-01-01'), (2, '2024-01-02')")
    base = client.get_table(f"{dataset}.t")
    made = copy(client, "t", "c", dataset)
    assert (made.num_rows, made.schema, made.time_partitioning) == (
        2,
        base.schema,
        base.time_partitioning,
    )
    with pytest.raises(Conflict):
        copy(client, "t", "c", dataset)
    assert copy(client, "t", "c", dataset, write_disposition="WRITE_APPEND").num_rows == 4
    assert copy(client, "t", "c", dataset, write_disposition="WRITE_TRUNCATE").num_rows == 2
    assert copy(client, "t", "s", dataset, "SNAPSHOT").table_type == "SNAPSHOT"
    with pytest.raises(Conflict):
        copy(client, "t", "s", dataset, "SNAPSHOT", write_disposition="WRITE_TRUNCATE")
    query("TRUNCATE TABLE t")
    restored = copy(client, "s", "t", dataset, "RESTORE", write_disposition="WRITE_TRUNCATE")
    assert restored.num_rows == 2
    with pytest.raises(NotFound):
        copy(client, "nothing", "x", dataset)
    config = bigquery.CopyJobConfig(write_disposition="WRITE_TRUNCATE")
    sources = [table(dataset, name) for name in ("t", "c", "s")]
    client.copy_table(sources, table(dataset, "all"), job_config=config).result()
    assert client.get_table(f"{dataset}.all").num_rows == 6


def test_a_copy_fills_an_empty_table_and_leaves_it_as_it_is(
    query: Query, client: bigquery.Client, dataset: str
):
    """WRITE_EMPTY into an empty table keeps that table's own properties."""
    query("CREATE TABLE staged AS SELECT 1 AS a")
    query("CREATE TABLE live (a INT64) OPTIONS(description = 'mine', labels = [('x', 'y')])")
    created = client.get_table(f"{dataset}.live").created
    made = copy(client, "staged", "live", dataset, write_disposition="WRITE_EMPTY")
    assert (made.num_rows, made.description, made.labels, made.created) == (
        1,
        "mine",
        {"x": "y"},
        created,
    )


def test_partitions_are_copied(query: Query, client: bigquery.Client, dataset: str):
    """One partition is copied to a partition, whose other rows stay or go as asked."""
    for name in ("t", "u"):
        query(f"CREATE TABLE {name} (a INT64, d DATE) {LAYOUT}")
    query("INSERT INTO t VALUES (1, '2024-01-01'), (2, '2024-01-02')")
    query("INSERT INTO u VALUES (8, '2024-01-01'), (9, '2024-01-02')")
    copy(client, "t$20240101", "u$20240101", dataset, write_disposition="WRITE_TRUNCATE")
    assert query("SELECT a FROM u ORDER BY a") == [(1,), (9,)]
    with pytest.raises(BadRequest):
        copy(client, "t$20240101", "u$20240102", dataset, write_disposition="WRITE_APPEND")


def test_a_deleted_table_is_copied_back(query: Query, client: bigquery.Client, dataset: str):
    """Copying `t@ms` brings a deleted table's rows back, without its partitioning."""
    query(f"CREATE TABLE t (a INT64, d DATE) {LAYOUT}")
    query("INSERT INTO t VALUES (1, '2024-01-01')")
    moment = micros(query) // 1000
    time.sleep(PAUSE_SECONDS)
    query("DROP TABLE t")
    query("CREATE TABLE t AS SELECT 'other' AS b")
    made = copy(client, f"t@{moment}", "back", dataset)
    assert (made.num_rows, [field.name for field in made.schema]) == (1, ["a", "d"])
    assert made.time_partitioning is None
    with pytest.raises((BadRequest, NotFound)):
        copy(client, f"t@{moment - 600_000}", "older", dataset)
    assert copy(client, "t@0", "oldest", dataset).schema[0].name == "b"
