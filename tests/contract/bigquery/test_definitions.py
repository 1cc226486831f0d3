"""Views, materialized views and policy tags: what the API takes, keeps and answers."""

from typing import Any

import pytest
from google.api_core.exceptions import BadRequest, Forbidden, NotFound
from google.cloud import bigquery

from tests.contract import real
from tests.contract.bigquery.conftest import Query
from tests.contract.bigquery.server import PROJECT, Server

TAGS = {"names": ["projects/p/locations/us/taxonomies/1/policyTags/2"]}


def body(dataset: str, name: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return a table or view, as tables.insert takes it."""
    reference = {"projectId": PROJECT, "datasetId": dataset, "tableId": name}
    return {"tableReference": reference, **more}


@real.local_only(real.POLICY_TAGS)
def test_a_view_takes_no_schema_when_it_is_made(server: Server, dataset: str, query: Query):
    """Descriptions and tags of a view's columns are set afterwards, its columns are its query's."""
    query("CREATE TABLE t (a INT64)")
    view = {"query": f"SELECT a FROM `{PROJECT}.{dataset}.t`", "useLegacySql": False}
    schema = {"fields": [{"name": "a", "type": "INTEGER", "description": "é", "policyTags": TAGS}]}
    tables = f"datasets/{dataset}/tables"
    refused = server.call("POST", tables, json=body(dataset, "v", view=view, schema=schema))
    assert refused.status_code == 400
    assert "Schema field shouldn't be used as input with a view" in refused.text
    assert server.call("POST", tables, json=body(dataset, "v", view=view)).status_code == 200
    described = server.call("PATCH", f"{tables}/v", json={"schema": schema})
    assert described.json()["schema"] == schema
    other = {"fields": [{"name": "b", "type": "INTEGER"}]}
    assert server.call("PATCH", f"{tables}/v", json={"schema": other}).status_code == 400


def test_a_materialized_view_keeps_its_query(server: Server, dataset: str, query: Query):
    """Its query cannot change, its refreshing can; when it was refreshed is told and moves."""
    query("CREATE TABLE t AS SELECT 1 AS a")
    tables = f"datasets/{dataset}/tables"
    definition = {"query": f"SELECT COUNT(*) AS n FROM `{PROJECT}.{dataset}.t`"}
    made = server.call("POST", tables, json=body(dataset, "m", materializedView=definition))
    assert made.status_code == 200
    first = server.call("GET", f"{tables}/m").json()
    query("INSERT INTO t VALUES (2)")
    second = server.call("GET", f"{tables}/m").json()
    refreshed = [int(it["materializedView"]["lastRefreshTime"]) for it in (first, second)]
    assert refreshed[0] < refreshed[1]
    for changed in (
        {"query": f"SELECT SUM(a) AS n FROM `{PROJECT}.{dataset}.t`"},
        {**definition, "allowNonIncrementalDefinition": True},
    ):
        whole = body(dataset, "m", materializedView=changed)
        assert server.call("PUT", f"{tables}/m", json=whole).status_code == 400
    slower = {**definition, "refreshIntervalMs": "3600000"}
    answer = server.call("PATCH", f"{tables}/m", json={"materializedView": slower})
    assert answer.json()["materializedView"]["refreshIntervalMs"] == "3600000"


def test_a_materialized_view_ends_with_its_table(dataset: str, query: Query):
    """Over a table that was made again a view answers, a materialized one does not until it is, too."""
    query("CREATE TABLE t AS SELECT 1 AS a")
    definitions = (
        "CREATE VIEW v AS SELECT a FROM `$t`",
        "CREATE MATERIALIZED VIEW m AS SELECT COUNT(*) AS n FROM `$t`",
    )
    for definition in definitions:
        query(definition.replace("$t", f"{PROJECT}.{dataset}.t"))
    assert query("SELECT n FROM m") == [(1,)]
    query("DROP TABLE t")
    with pytest.raises(NotFound):
        query("SELECT n FROM m")
    query("CREATE TABLE t AS SELECT 2 AS a UNION ALL SELECT 3")
    assert len(query("SELECT a FROM v")) == 2
    with pytest.raises(BadRequest, match="was deleted and recreated"):
        query("SELECT n FROM m")
    query("DROP MATERIALIZED VIEW m")
    query(definitions[1].replace("$t", f"{PROJECT}.{dataset}.t"))
    assert query("SELECT n FROM m") == [(2,)]


@real.local_only(real.POLICY_TAGS)
def test_what_a_patch_does_not_name_stays(server: Server, dataset: str, query: Query):
    """An expiration of partitions goes by null, policy tags by an empty list, not by silence."""
    query("CREATE TABLE t (d DATE, s STRING) PARTITION BY d")
    path = f"datasets/{dataset}/tables/t"
    by_day = {"type": "DAY", "field": "d"}
    lasting = {**by_day, "expirationMs": "8640000000"}
    columns = [{"name": "d", "type": "DATE"}, {"name": "s", "type": "STRING"}]
    tagged = [columns[0], {**columns[1], "policyTags": TAGS}]

    def patched(**change: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        answer = server.call("PATCH", path, json=change)
        assert answer.status_code == 200
        found: dict[str, Any] = server.call("GET", path).json()
        return found

    patched(timePartitioning=lasting, schema={"fields": tagged})
    found = patched(timePartitioning=by_day, schema={"fields": columns})
    assert found["timePartitioning"] == lasting
    assert found["schema"]["fields"][1]["policyTags"] == TAGS
    untagged = [columns[0], {**columns[1], "policyTags": {"names": []}}]
    found = patched(timePartitioning={**by_day, "expirationMs": None}, schema={"fields": untagged})
    assert found["timePartitioning"] == by_day
    assert "policyTags" not in found["schema"]["fields"][1]


def test_the_last_policy_needs_a_word(server: Server, dataset: str, query: Query, agent: str):
    """The policy whose end opens every row goes only by force, or by DROP ALL."""
    query("CREATE TABLE t (a INT64)")
    path = f"datasets/{dataset}/tables/t/rowAccessPolicies"
    grantee = f"serviceAccount:{agent}"
    create = f"CREATE ROW ACCESS POLICY {{}} ON $d.t GRANT TO ('{grantee}') FILTER USING (TRUE)"
    for name in ("p", "q"):
        query(create.format(name))
    assert server.call("DELETE", f"{path}/p").status_code == 204
    assert server.call("DELETE", f"{path}/q").status_code == 400
    with pytest.raises(BadRequest):
        query("DROP ROW ACCESS POLICY q ON $d.t")
    assert server.call("DELETE", f"{path}/q?force=true").status_code == 204
    query(create.format("r"))
    query("DROP ALL ROW ACCESS POLICIES ON $d.t")
    assert server.call("GET", path).json().get("rowAccessPolicies", []) == []


@real.local_only(real.ORDER)
def test_policies_ask_for_permissions(server: Server, dataset: str, query: Query):
    """Reading policies, copying them, and the history of a table that ever had one need rights."""
    query("CREATE TABLE t AS SELECT 1 AS a")
    query("CREATE TABLE plain AS SELECT 1 AS a")
    before = query("SELECT CURRENT_TIMESTAMP()")[0][0]
    query("CREATE ROW ACCESS POLICY p ON $d.t GRANT TO ('user:a@b.c') FILTER USING (TRUE)")
    rights = "bigquery.rowAccessPolicies"
    try:
        server.order("lacking", permissions=[f"{rights}.list", f"{rights}.setIamPolicy"])
        path = f"datasets/{dataset}/tables/t/rowAccessPolicies"
        assert server.call("GET", path).status_code == 403
        with pytest.raises(Forbidden):
            query("CREATE SNAPSHOT TABLE s CLONE t")
        with pytest.raises(Forbidden):
            query("DROP ALL ROW ACCESS POLICIES ON $d.t")
        # What the description of each method names (BigQuery REST, rowAccessPolicies).
        server.order("lacking", permissions=["bigquery.tables.getData"])
        with pytest.raises(Forbidden):
            query("CREATE ROW ACCESS POLICY q ON $d.t GRANT TO ('user:a@b.c') FILTER USING (TRUE)")
        query("DROP ALL ROW ACCESS POLICIES ON $d.t")
        server.order("lacking", permissions=[f"{rights}.overrideTimeTravelRestrictions"])
        at = f"FOR SYSTEM_TIME AS OF TIMESTAMP '{before:%Y-%m-%d %H:%M:%S.%f}+00'"
        assert query(f"SELECT a FROM plain {at}") == [(1,)]
        for statement in (f"SELECT a FROM t {at}", f"CREATE TABLE c CLONE t {at}"):
            with pytest.raises(Forbidden):
                query(statement)
    finally:
        server.order("lacking", permissions=[])
    query(f"CREATE TABLE c CLONE t {at}")


@real.local_only(real.KMS)
def test_a_key_is_the_datasets_unless_it_is_named(server: Server, dataset: str, query: Query):
    """New tables, results and copies take the default key of their own dataset, not the source's."""
    default, own = (f"projects/p/locations/us/keyRings/r/cryptoKeys/{name}" for name in "do")

    def key_of(table: str) -> str:
        found = server.call("GET", f"datasets/{dataset}/tables/{table}").json()
        return str(found["encryptionConfiguration"]["kmsKeyName"]).split("/cryptoKeyVersions/")[0]

    change = {"defaultEncryptionConfiguration": {"kmsKeyName": default}}
    assert server.call("PATCH", f"datasets/{dataset}", json=change).status_code == 200
    query(f"CREATE TABLE t (a INT64) OPTIONS(kms_key_name='{own}')")
    query("CREATE TABLE result AS SELECT a FROM t")
    query(f"CREATE TABLE named OPTIONS(kms_key_name='{own}') AS SELECT a FROM t")
    query("CREATE TABLE copied COPY t")
    keys = {name: key_of(name) for name in ("t", "result", "named", "copied")}
    assert keys == {"t": own, "result": default, "named": own, "copied": default}


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
    (listed,) = client.list_routines(dataset)
    assert (listed.routine_id, listed.arguments, listed.return_type) == ("twice", [], None)
    client.delete_routine(f"{dataset}.twice")
    with pytest.raises(NotFound):
        client.get_routine(f"{dataset}.twice")


def test_table_functions(server: Server, dataset: str, query: Query):
    """A table function runs in FROM, gives the columns that it says, and holds where it is made."""
    query("CREATE TABLE t AS SELECT a, CAST(a AS STRING) AS b FROM UNNEST([1, 2, 3]) AS a")
    query("CREATE TABLE FUNCTION $d.above(least INT64) AS (SELECT a, b FROM $d.t WHERE a > least)")
    assert query("SELECT b FROM $d.above(1) ORDER BY b") == [("2",), ("3",)]
    query("CREATE VIEW v AS SELECT t.a FROM $d.above(1 + 1) AS t")
    assert query("SELECT a FROM v") == [(3,)]
    path = f"datasets/{dataset}/routines"
    above = server.call("GET", f"{path}/above").json()
    assert above["routineType"] == "TABLE_VALUED_FUNCTION"
    assert above["arguments"] == [{"name": "least", "dataType": {"typeKind": "INT64"}}]
    columns = [{"name": "a", "type": {"typeKind": "FLOAT64"}}]
    body = {
        "routineReference": {"projectId": PROJECT, "datasetId": dataset, "routineId": "shown"},
        "routineType": "TABLE_VALUED_FUNCTION",
        "definitionBody": f"SELECT a FROM `{PROJECT}.{dataset}.t` WHERE a > least",
        "arguments": above["arguments"],
        "returnTableType": {"columns": columns},
    }
    assert server.call("POST", path, json=body).json()["returnTableType"] == {"columns": columns}
    assert query("SELECT a / 2 FROM $d.shown(2)") == [(1.5,)]
    refused = [
        {"definitionBody": "SELECT a FROM"},
        {"definitionBody": "SELECT least + 'x' AS a"},
        {"routineType": "SCALAR_FUNCTION", "definitionBody": "least"},
    ]
    assert [server.call("PUT", f"{path}/shown", json=body | it).status_code for it in refused] == [
        400,
        400,
        400,
    ]
    with pytest.raises(BadRequest):
        query("SELECT * FROM $d.above(1, 2)")
    with pytest.raises(BadRequest):
        query("SELECT * FROM $d.nothing(1)")


def test_row_access_policies(server: Server, dataset: str, query: Query, agent: str):
    """Policies are listed without grantees, which their IAM policy names."""
    query("CREATE TABLE t (a INT64)")
    grantee = f"serviceAccount:{agent}"
    query(f"CREATE ROW ACCESS POLICY p ON $d.t GRANT TO ('{grantee}') FILTER USING (a > 1)")
    path = f"datasets/{dataset}/tables/t/rowAccessPolicies"
    listed = server.call("GET", path).json()["rowAccessPolicies"]
    assert [(item["filterPredicate"], "grantees" in item) for item in listed] == [("a > 1", False)]
    access = server.call("POST", f"{path}/p:getIamPolicy", json={}).json()
    assert access["bindings"][0]["members"] == [grantee]
    body = {"rowAccessPolicyReference": {"policyId": "q"}, "filterPredicate": "TRUE"}
    assert server.call("POST", path, json=body).status_code == 200
    assert server.call("POST", path, json=body).status_code == 409
    assert server.call("DELETE", f"{path}/p").status_code == 204
    assert len(server.call("GET", path).json()["rowAccessPolicies"]) == 1
