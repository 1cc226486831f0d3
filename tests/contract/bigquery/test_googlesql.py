"""What GoogleSQL refuses, BigQuery refuses, with its reason, its words and the place in the text."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from google.api_core.exceptions import BadRequest
from google.cloud import bigquery

from tests.contract.bigquery.server import PROJECT, Server

type Query = Callable[..., list[tuple[Any, ...]]]


def refusal(client: bigquery.Client, sql: str, **config: Any) -> dict[str, Any]:  # noqa: ANN401 - settings
    """Run a statement that is refused and return its job's error."""
    job = client.query(sql, bigquery.QueryJobConfig(**config), job_retry=None)
    with pytest.raises(BadRequest):
        job.result(job_retry=None)
    found: dict[str, Any] = client.get_job(job.job_id).error_result
    return found


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT 1 AS hash", "Syntax error: Unexpected keyword HASH at [1:13]"),
        ("SELECT 1;\nSELECT a AS at FROM d.t", "Syntax error: Unexpected keyword AT at [1:13]"),
        ("SELECT b FROM `{project}.{dataset}.t` AS row_", "Unrecognized name: b at [1:8]"),
        ("SELECT t.a FROM `{project}.{dataset}.t` WHERE t.a = 'x'", "No matching signature"),
        ("DELETE FROM {dataset}.t WHERE b", "Unrecognized name: b at [1:"),
        ("INSERT INTO {dataset}.t (a) SELECT DATE '2026-01-01'", "Query column 1 has type DATE"),
        ("SELECT DATE '2026-02-30'", "Invalid DATE literal"),
        ("SELECT TIMESTAMP '2026-02-30 00:00:00+00:00'", "Invalid TIMESTAMP literal"),
    ],
)
def test_a_statement_is_refused(
    query: Query, client: bigquery.Client, dataset: str, sql: str, message: str
):
    """Reserved words, unknown names and wrong types, in every kind of statement."""
    query("CREATE TABLE t AS SELECT 1 AS a")
    found = refusal(client, sql.format(project=client.project, dataset=dataset))
    assert found["reason"] == "invalidQuery"
    assert found["location"] == "query"
    assert found["message"].startswith(message), found


def test_a_view_is_judged(query: Query, client: bigquery.Client, dataset: str):
    """A view whose query GoogleSQL refuses is not created."""
    query("CREATE TABLE t AS SELECT 1 AS a")
    view = bigquery.Table(f"{client.project}.{dataset}.v")
    view.view_query = f"SELECT a AS hash FROM {dataset}.t"
    with pytest.raises(BadRequest, match="Unexpected keyword HASH"):
        client.create_table(view)


def test_expressions_of_resources_are_judged(query: Query, server: Server, dataset: str):
    """The filter of a policy and the default of a column that are sent as parts of a resource."""
    query("CREATE TABLE t AS SELECT 1 AS a")
    tables = f"datasets/{dataset}/tables"
    by_id = {"policyId": "p"}

    def with_filter(text: str, method: str = "POST", path: str = "") -> dict[str, Any]:
        body = {"rowAccessPolicyReference": by_id, "filterPredicate": text}
        found: dict[str, Any] = server.call(
            method, f"{tables}/t/rowAccessPolicies{path}", json=body
        ).json()
        return found

    def with_default(text: str, method: str, path: str = "", **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        field = {"name": "d", "type": "DATE", "defaultValueExpression": text}
        body = {"schema": {"fields": [{"name": "a", "type": "INT64"}, field]}, **more}
        found: dict[str, Any] = server.call(method, f"{tables}{path}", json=body).json()
        return found

    unknown = with_filter("b = 1")
    assert with_filter("SESSION_USER() = 'a' OR a = 1 -- all")["filterPredicate"]
    new = {"tableReference": {"tableId": "u"}}
    assert with_default("CURRENT_DATE()", "POST", **new)["numRows"] == "0"
    refused = [
        unknown,
        with_filter("hash = 1", "PUT", "/p"),
        with_default("DATE '2026-02-30'", "POST", tableReference={"tableId": "v"}),
        with_default("1.5", "PATCH", "/t"),
    ]
    messages = [answer["error"]["message"] for answer in refused]
    for message, said in zip(
        messages,
        ("Unrecognized name: b", "Unexpected keyword HASH", "Invalid DATE literal", "type"),
        strict=True,
    ):
        assert said in message, messages
    assert with_default("'2026-01-01'", "PATCH", "/t")["schema"]


def test_functions_sent_as_resources_are_judged(server: Server, dataset: str, query: Query):
    """By the types of their arguments, of what they return, and of the tables they read."""
    query("CREATE TABLE t AS SELECT DATE '2026-01-01' AS day")
    member = {"name": "n", "type": {"typeKind": "INT64"}}
    pairs = {"typeKind": "STRUCT", "structType": {"fields": [member]}}
    argument = {"name": "x", "dataType": {"typeKind": "ARRAY", "arrayElementType": pairs}}

    def put(body: str, returns: str = "INT64", *more: dict[str, Any]) -> dict[str, Any]:
        routine = {
            "routineReference": {"routineId": f"f{uuid.uuid4().hex}"},
            "routineType": "SCALAR_FUNCTION",
            "language": "SQL",
            "arguments": [argument, *more],
            "returnType": {"typeKind": returns},
            "definitionBody": body,
        }
        found: dict[str, Any] = server.call(
            "POST", f"datasets/{dataset}/routines", json=routine
        ).json()
        return found

    assert put("x[OFFSET(0)].n -- the first")["definitionBody"]
    assert put(f"(SELECT MAX(day) FROM `{PROJECT}.{dataset}.t`)", "DATE")["definitionBody"]
    assert put(f"(SELECT MAX(day) FROM `{PROJECT}.nowhere.t`)", "DATE")["definitionBody"]
    refused = {
        "Unexpected": put("x[OFFSET(0)].n +"),
        "does not exist": put("x[OFFSET(0)].m"),
        "Unrecognized name: hour": put(f"(SELECT 1 FROM `{PROJECT}.{dataset}.t` WHERE hour = 1)"),
        "produces incompatible type": put("x[OFFSET(0)].n", "DATE"),
        "Unrecognized name: y": put("y", "DATE"),
        "Unexpected keyword HASH": put("hash", "INT64", {"name": "y", "argumentKind": "ANY_TYPE"}),
    }
    for said, answer in refused.items():
        assert said in answer["error"]["message"], (said, answer)


def test_parameters_have_types(query: Query, client: bigquery.Client, dataset: str):
    """A parameter is judged by its type, named and positional."""
    query("CREATE TABLE t AS SELECT 1 AS a")
    for sql, name in (
        (f"SELECT a = @x FROM {dataset}.t", "x"),
        (f"SELECT a = ? FROM {dataset}.t", None),
    ):
        right = bigquery.ScalarQueryParameter(name, "INT64", 1)
        config = bigquery.QueryJobConfig(query_parameters=[right])
        assert [list(row) for row in client.query(sql, config).result()] == [[True]]
        wrong = bigquery.ScalarQueryParameter(name, "DATE", "2026-01-01")
        assert "No matching signature" in refusal(client, sql, query_parameters=[wrong])["message"]


def test_what_only_bigquery_knows_is_accepted(query: Query, client: bigquery.Client, dataset: str):
    """Functions and views of BigQuery's own, and columns that a table does not list."""
    query("CREATE FUNCTION plus(x INT64) RETURNS INT64 AS (x + 1)")
    query("CREATE TABLE t (a INT64) PARTITION BY _PARTITIONDATE")
    query("INSERT INTO t (_PARTITIONTIME, a) VALUES (TIMESTAMP '2026-01-01 00:00:00+00', 1)")
    full_id = f"{client.project}.{dataset}"
    assert query(f"SELECT `{full_id}.plus`(a), _PARTITIONDATE = DATE '2026-01-01' FROM t") == [
        (2, True)
    ]
    assert query(f"SELECT table_name FROM `{full_id}.INFORMATION_SCHEMA.TABLES`") == [("t",)]
    query(f"CREATE TABLE c CLONE `{full_id}.t`")
