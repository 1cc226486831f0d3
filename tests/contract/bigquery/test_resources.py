"""Datasets, tables, views, routines and policies as resources."""

import time

import pytest
from google.api_core.exceptions import BadRequest, Conflict, NotFound, PreconditionFailed
from google.cloud import bigquery

from tests.contract.bigquery.conftest import Query
from tests.contract.bigquery.server import PROJECT, Server
from tests.contract.bigquery.test_expiration import later

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
                "policyTags": {"names": ["projects/p/locations/us/taxonomies/1/policyTags/2"]},
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
    "encryptionConfiguration": {"kmsKeyName": "projects/p/locations/us/keyRings/r/cryptoKeys/k"},
    "resourceTags": {"1/env": "prod"},
    "maxStaleness": "0-0 0 1:0:0",
    "defaultRoundingMode": "ROUND_HALF_EVEN",
    "expirationTime": "4102444800000",
}


def test_table_resource_comes_back_whole(server: Server, dataset: str):
    """Every property that a table was created with is answered as it was given."""
    body = {**FULL, "tableReference": {"projectId": PROJECT, "datasetId": dataset, "tableId": "t"}}
    assert server.call("POST", f"datasets/{dataset}/tables", json=body).status_code == 200
    found = server.call("GET", f"datasets/{dataset}/tables/t").json()
    # The key comes back with the version that encrypts.
    key = found["encryptionConfiguration"]["kmsKeyName"].removesuffix("/cryptoKeyVersions/1")
    found["encryptionConfiguration"] = {"kmsKeyName": key}
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
    assert client.insert_rows_json(f"{dataset}.t", [{"a": 5}]) == []
    assert client.get_table(f"{dataset}.t").num_rows == 3
    query("TRUNCATE TABLE t")
    look(0)
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
    found.labels = {"a": "1", "b": "2"}
    found.default_table_expiration_ms = 3_600_000
    found = client.update_dataset(found, ["labels", "default_table_expiration_ms"])
    found.labels["a"] = None
    assert client.update_dataset(found, ["labels"]).labels == {"b": "2"}
    query("CREATE TABLE t AS SELECT 7 AS a")
    assert client.get_table(f"{dataset}.t").expires is not None
    client.delete_dataset(dataset, delete_contents=True)
    assert server.call("POST", f"datasets/{dataset}:undelete", json={}).status_code == 200
    assert query("SELECT a FROM t") == [(7,)]
    client.delete_dataset(dataset, delete_contents=True)
    with later(server, 7 * 24 * 3600 + 60):
        assert server.call("POST", f"datasets/{dataset}:undelete", json={}).status_code == 404


def test_expired_table_is_gone(client: bigquery.Client, dataset: str, query: Query):
    """A table whose time has come is not there, and its name is free."""
    soon = "TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 300 MILLISECOND)"
    query(f"CREATE TABLE t (a INT64) OPTIONS(expiration_timestamp = {soon})")
    time.sleep(0.5)
    with pytest.raises(NotFound):
        client.get_table(f"{dataset}.t")
    assert list(client.list_tables(dataset)) == []
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


def test_views_and_routines(client: bigquery.Client, dataset: str, query: Query):
    """Views and functions are kept verbatim and run."""
    query("CREATE TABLE t AS SELECT 3 AS a")
    view = bigquery.Table(f"{PROJECT}.{dataset}.v")
    view.view_query = f"SELECT a,  a*2 AS b FROM `{PROJECT}.{dataset}.t`"
    made = client.create_table(view)
    assert (made.table_type, made.view_query) == ("VIEW", view.view_query)
    assert [field.name for field in made.schema] == ["a", "b"]
    assert query("SELECT * FROM v") == [(3, 6)]
    query("CREATE FUNCTION $d.twice(x INT64) RETURNS INT64 AS (x * 2)")
    routine = client.get_routine(f"{dataset}.twice")
    assert (routine.body, routine.arguments[0].name) == ("x * 2", "x")
    assert query("SELECT $d.twice(a + 1) FROM v") == [(8,)]
    assert query(f"SELECT `{PROJECT}.{dataset}.twice`(a) FROM v") == [(6,)]
    assert [item.routine_id for item in client.list_routines(dataset)] == ["twice"]
    client.delete_routine(f"{dataset}.twice")
    with pytest.raises(NotFound):
        client.get_routine(f"{dataset}.twice")


def test_row_access_policies(server: Server, dataset: str, query: Query):
    """Policies are listed without grantees, which their IAM policy names."""
    query("CREATE TABLE t (a INT64)")
    query("CREATE ROW ACCESS POLICY p ON $d.t GRANT TO ('user:a@b.c') FILTER USING (a > 1)")
    path = f"datasets/{dataset}/tables/t/rowAccessPolicies"
    listed = server.call("GET", path).json()["rowAccessPolicies"]
    assert [(item["filterPredicate"], "grantees" in item) for item in listed] == [("a > 1", False)]
    access = server.call("POST", f"{path}/p:getIamPolicy", json={}).json()
    assert access["bindings"][0]["members"] == ["user:a@b.c"]
    body = {"rowAccessPolicyReference": {"policyId": "q"}, "filterPredicate": "TRUE"}
    assert server.call("POST", path, json=body).status_code == 200
    assert server.call("POST", path, json=body).status_code == 409
    assert server.call("DELETE", f"{path}/p").status_code == 204
    assert len(server.call("GET", path).json()["rowAccessPolicies"]) == 1


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
