"""Datasets, tables, views, routines and policies as resources."""

import time
from typing import Any

import pytest
from google.api_core.exceptions import BadRequest, Conflict, NotFound, PreconditionFailed
from google.cloud import bigquery

from tests.contract import real
from tests.contract.bigquery.conftest import Query
from tests.contract.bigquery.server import PROJECT, Server
from tests.contract.bigquery.test_expiration import later
from tests.harness import await_that

FULL = {
    "description": "all of it",
    "friendlyName": "full",
    "labels": {"team": "data"},
    "schema": {
        "fields": [
            {"name": "id", "type": "INTEGER", "mode": "REQUIRED", "description": "key"},
            {"name": "day", "type": "DATE", "mode": "NULLABLE"},
            {"name": "short", "type": "STRING", "mode": "NULLABLE", "maxLength": "5"},
            {
                "name": "narrow",
                "type": "NUMERIC",
                "mode": "NULLABLE",
                "precision": "5",
                "scale": "1",
            },
            {
                "name": "secret",
                "type": "STRING",
                "mode": "NULLABLE",
                "defaultValueExpression": "'x'",
                "collation": "und:ci",
            },
            {
                "name": "span",
                "type": "RANGE",
                "mode": "NULLABLE",
                "rangeElementType": {"type": "DATE"},
            },
            {"name": "pico", "type": "TIMESTAMP", "mode": "NULLABLE", "timestampPrecision": "12"},
            {
                "name": "nested",
                "type": "RECORD",
                "mode": "REPEATED",
                "fields": [{"name": "inner", "type": "FLOAT", "mode": "REQUIRED"}],
            },
        ]
    },
    "timePartitioning": {"type": "DAY", "field": "day", "expirationMs": "8640000000"},
    "requirePartitionFilter": True,
    "clustering": {"fields": ["id"]},
    "tableConstraints": {"primaryKey": {"columns": ["id"]}},
    "maxStaleness": "0-0 0 1:0:0",
    "defaultRoundingMode": "ROUND_HALF_EVEN",
    "expirationTime": "4102444800000",
}


def made(server: Server, dataset: str, table: dict[str, Any]) -> dict[str, Any]:
    """Make a table and return what is answered of it."""
    reference = {"projectId": PROJECT, "datasetId": dataset, "tableId": "t"}
    body = {**table, "tableReference": reference}
    assert server.call("POST", f"datasets/{dataset}/tables", json=body).status_code == 200
    found: dict[str, Any] = server.call("GET", f"datasets/{dataset}/tables/t").json()
    return found


@real.local_only(real.KMS)
def test_what_a_table_names_elsewhere_comes_back(server: Server, dataset: str):
    """Its key with the version that encrypts, its tags, the policy tags of its columns."""
    tags = {"names": ["projects/p/locations/us/taxonomies/1/policyTags/2"]}
    column = {"name": "secret", "type": "STRING", "mode": "NULLABLE", "policyTags": tags}
    key = "projects/p/locations/us/keyRings/r/cryptoKeys/k"
    table = {
        "schema": {"fields": [column]},
        "encryptionConfiguration": {"kmsKeyName": key},
        "resourceTags": {"1/env": "prod"},
    }
    found = made(server, dataset, table)
    key_of_version = {"kmsKeyName": f"{key}/cryptoKeyVersions/1"}
    expected = {**table, "encryptionConfiguration": key_of_version}
    assert {name: found[name] for name in table} == expected


def test_table_resource_comes_back_whole(server: Server, dataset: str):
    """Every property that a table was created with is answered as it was given."""
    found = made(server, dataset, FULL)
    assert {key: found[key] for key in FULL} == FULL
    assert (found["numRows"], found["type"], found["location"]) == ("0", "TABLE", "US")


def test_standard_type_names_become_api_names(client: bigquery.Client, dataset: str):
    """A column of type INT64 is answered as INTEGER."""
    fields = [bigquery.SchemaField(f"c{at}", kind) for at, kind in enumerate(["INT64", "BOOL"])]
    table = client.create_table(bigquery.Table(f"{PROJECT}.{dataset}.t", schema=fields))
    assert [field.field_type for field in table.schema] == ["INTEGER", "BOOLEAN"]


def test_stale_etag_is_refused(client: bigquery.Client, dataset: str, query: Query):
    """A change under an etag that is no longer the table's is refused with 412."""
    query("CREATE TABLE t (a INT64)")
    stale = client.get_table(f"{dataset}.t")
    query("INSERT INTO t VALUES (1)")
    stale.description = "changed"
    with pytest.raises(PreconditionFailed):
        client.update_table(stale, ["description"])
    fresh = client.get_table(f"{dataset}.t")
    fresh.description = "changed"
    assert client.update_table(fresh, ["description"]).description == "changed"


def test_every_change_moves_etag_and_time(client: bigquery.Client, dataset: str, query: Query):
    """DML moves the etag and the change time, and numRows is exact; that streaming does nobody says."""
    query("CREATE TABLE t (a INT64)")
    seen = [client.get_table(f"{dataset}.t")]

    def look(rows: int) -> None:
        table = client.get_table(f"{dataset}.t")
        assert table.num_rows == rows
        assert table.etag != seen[-1].etag
        assert table.modified >= seen[-1].modified
        seen.append(table)
        time.sleep(0.002)

    query("INSERT INTO t VALUES (1), (2), (3)")
    look(3)
    query("UPDATE t SET a = 9 WHERE a = 1")
    look(3)
    query("DELETE FROM t WHERE a = 9")
    look(2)
    query("TRUNCATE TABLE t")
    look(0)
    assert client.insert_rows_json(f"{dataset}.t", [{"a": 5}]) == []
    # What is streamed is counted once it has left the buffer.
    assert client.get_table(f"{dataset}.t").num_rows in (0, 1)
    assert seen[0].num_bytes == 0
    assert seen[1].num_bytes > 0


def test_schema_changes(client: bigquery.Client, dataset: str, query: Query):
    """Columns can be added and relaxed, not dropped, changed or made stricter."""
    query("CREATE TABLE t (a INT64 NOT NULL, s STRUCT<x INT64>)")
    query("INSERT INTO t VALUES (1, STRUCT(2))")
    table = client.get_table(f"{dataset}.t")
    table.schema = [
        bigquery.SchemaField("a", "INT64"),
        bigquery.SchemaField(
            "s", "RECORD", fields=[bigquery.SchemaField(n, "INT64") for n in ("x", "y")]
        ),
        bigquery.SchemaField("tags", "STRING", mode="REPEATED"),
    ]
    client.update_table(table, ["schema"])
    assert query("SELECT a, s.x, s.y, tags FROM t") == [(1, 2, None, [])]
    for schema in (
        [("a", "INT64")],
        [("a", "STRING"), *[(f"n{at}", "INT64") for at in range(2)]],
    ):
        table = client.get_table(f"{dataset}.t")
        table.schema = [bigquery.SchemaField(*pair) for pair in schema]
        with pytest.raises(BadRequest):
            client.update_table(table, ["schema"])


def test_missing_and_present(client: bigquery.Client, dataset: str, query: Query):
    """What is missing is 404, what is there already is 409, a full dataset is not deleted."""
    with pytest.raises(NotFound):
        client.get_table(f"{dataset}.nothing")
    with pytest.raises(NotFound):
        client.get_dataset("nothing")
    query("CREATE TABLE t (a INT64)")
    with pytest.raises(Conflict):
        client.create_table(f"{PROJECT}.{dataset}.t")
    with pytest.raises(Conflict):
        client.create_dataset(dataset)
    with pytest.raises(BadRequest):
        client.delete_dataset(dataset)
    client.delete_dataset(dataset, delete_contents=True)
    with pytest.raises(NotFound):
        client.get_table(f"{dataset}.t")


def test_lists_come_in_pages(client: bigquery.Client, dataset: str, query: Query):
    """A list is complete over its pages, and shows what lists show."""
    for at in range(5):
        query(f"CREATE TABLE t{at} (a INT64) OPTIONS(labels=[('at', '{at}')])")
    tables = list(client.list_tables(dataset, page_size=2))
    assert [table.table_id for table in tables] == [f"t{at}" for at in range(5)]
    assert tables[3].labels == {"at": "3"}
    assert dataset in [item.dataset_id for item in client.list_datasets()]
    assert PROJECT in [project.project_id for project in client.list_projects()]
    assert list(client.list_models(dataset)) == []


def test_dataset_changes_and_returns(
    client: bigquery.Client, server: Server, query: Query, dataset: str
):
    """Labels are merged and removed; a deleted dataset comes back with its tables."""
    found = client.get_dataset(dataset)
    found.labels = {**found.labels, "a": "1", "b": "2"}
    found.default_table_expiration_ms = 3_600_000
    found = client.update_dataset(found, ["labels", "default_table_expiration_ms"])
    found.labels["a"] = None
    changed = client.update_dataset(found, ["labels"])
    assert real.without_label(changed.labels) == {"b": "2"}
    query("CREATE TABLE t AS SELECT 7 AS a")
    assert client.get_table(f"{dataset}.t").expires is not None
    client.delete_dataset(dataset, delete_contents=True)
    assert server.call("POST", f"datasets/{dataset}:undelete", json={}).status_code == 200
    assert query("SELECT a FROM t") == [(7,)]


@real.local_only(real.ORDER)
def test_a_deleted_dataset_is_gone_after_a_week(
    client: bigquery.Client, server: Server, dataset: str
):
    """It comes back for seven days (Restore deleted datasets)."""
    client.delete_dataset(dataset, delete_contents=True)
    with later(server, 7 * 24 * 3600 + 60):
        assert server.call("POST", f"datasets/{dataset}:undelete", json={}).status_code == 404


def test_expired_table_is_gone(client: bigquery.Client, dataset: str, query: Query):
    """A table whose time has come is not there, and its name is free."""
    soon = "TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 300 MILLISECOND)"
    query(f"CREATE TABLE t (a INT64) OPTIONS(expiration_timestamp = {soon})")
    await_that(lambda: list(client.list_tables(dataset)) == [])
    with pytest.raises(NotFound):
        client.get_table(f"{dataset}.t")
    query("CREATE TABLE t (b INT64)")


def test_names_in_a_dataset_that_does_not_tell_case(server: Server, client: bigquery.Client):
    """There, names that differ by case alone are one table (BigQuery REST, isCaseInsensitive)."""
    name = f"folded_{time.time_ns()}"
    reference = {"projectId": PROJECT, "datasetId": name}
    body = {"datasetReference": reference, "isCaseInsensitive": True}
    assert server.call("POST", "datasets", json=body).ok
    client.create_table(f"{PROJECT}.{name}.games")
    with pytest.raises(Conflict):
        client.create_table(f"{PROJECT}.{name}.Games")
    assert client.get_table(f"{name}.GAMES").table_id == "games"
    assert [item.table_id for item in client.list_tables(name)] == ["games"]


@real.local_only(real.ORDER)
def test_streaming_buffer_is_shown(
    client: bigquery.Client, server: Server, dataset: str, query: Query
):
    """A streaming buffer that was asked for is in the table's resource until it is taken away."""
    query("CREATE TABLE t (a INT64)")
    server.order("streaming-buffer", table=f"{PROJECT}.{dataset}.t", estimatedRows=12)
    assert client.get_table(f"{dataset}.t").streaming_buffer.estimated_rows == 12
    server.order("streaming-buffer", table=f"{PROJECT}.{dataset}.t", estimatedRows=None)
    assert client.get_table(f"{dataset}.t").streaming_buffer is None


def test_a_table_gets_another_name(client: bigquery.Client, dataset: str, query: Query):
    """It is as old as it was, with its rows; a taken name is refused, and so is one that streams."""
    query("CREATE TABLE t (a INT64) OPTIONS (description = 'told')")
    query("INSERT INTO t VALUES (1)")
    created = client.get_table(f"{dataset}.t").created
    query("ALTER TABLE t RENAME TO u")
    found = client.get_table(f"{dataset}.u")
    assert (found.created, found.num_rows, found.description) == (created, 1, "told")
    with pytest.raises(NotFound):
        client.get_table(f"{dataset}.t")
    query("CREATE TABLE t (a INT64)")
    with pytest.raises(Conflict):
        query("ALTER TABLE u RENAME TO t")
    assert client.insert_rows_json(f"{dataset}.t", [{"a": 2}]) == []
    with pytest.raises(BadRequest):
        query("ALTER TABLE t RENAME TO v")


@real.local_only(real.STRICTER)
@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE t ALTER COLUMN a SET DATA TYPE NUMERIC",
        "ALTER TABLE t ALTER COLUMN b DROP NOT NULL",
        "CREATE VIEW listed (b) AS SELECT a FROM $d.t",
    ],
)
def test_what_is_not_imitated_is_refused(query: Query, sql: str):
    """A statement that the stand-in cannot carry out says so, instead of doing nothing."""
    query("CREATE TABLE t (a INT64)")
    with pytest.raises(BadRequest):
        query(sql)
