"""Views, policies and access: what the REST API takes, keeps and answers."""

from typing import Any

from google.cloud import bigquery

from tests.cloud.probes.asking import answered, only, rows
from tests.cloud.sandbox import Sandbox


def views(sandbox: Sandbox) -> object:
    """Return how a view with a schema and a changed materialized view are answered."""
    dataset = sandbox.dataset("views")
    rows(sandbox, f"CREATE TABLE `{dataset}.t` AS SELECT 1 AS a")
    query = {"query": f"SELECT a FROM `{sandbox.project}.{dataset}.t`", "useLegacySql": False}
    described = {"fields": [{"name": "a", "type": "INTEGER", "description": "x"}]}
    grouped = f"SELECT a, COUNT(*) AS n FROM `{sandbox.project}.{dataset}.t` GROUP BY a"
    other = grouped.replace("COUNT(*)", "COUNT(a)")
    kept = ("query", "enableRefresh", "refreshIntervalMs", "allowNonIncrementalDefinition")

    def materialized() -> object:
        made = _insert(sandbox, dataset, "m", materializedView={"query": grouped})
        changed = made | {"materializedView": {"query": other}}
        return {
            "made": sorted(made["materializedView"]),
            "values": only(made["materializedView"], *kept[1:]),
            "put": answered(lambda: _call(sandbox, "PUT", f"{dataset}/tables/m", changed)["id"]),
        }

    return {
        "with schema": answered(
            lambda: _insert(sandbox, dataset, "v", view=query, schema=described)["schema"]
        ),
        "materialized": answered(materialized),
    }


def row_policies(sandbox: Sandbox) -> object:
    """Return what a copy does to row access policies, and how the last one is removed."""
    dataset = sandbox.dataset("policies")
    for name in ("source", "emptied", "appended"):
        rows(sandbox, f"CREATE TABLE `{dataset}.{name}` (a INT64)")
    for name in ("emptied", "appended"):
        rows(
            sandbox,
            f"CREATE ROW ACCESS POLICY p ON `{dataset}.{name}` "
            "GRANT TO ('allAuthenticatedUsers') FILTER USING (TRUE)",
        )
    rows(sandbox, f"INSERT INTO `{dataset}.source` VALUES (1)")
    found: dict[str, object] = {}
    for name, disposition in (("emptied", "WRITE_EMPTY"), ("appended", "WRITE_APPEND")):
        config = bigquery.CopyJobConfig(write_disposition=disposition)
        project = sandbox.project
        sandbox.bigquery_client.copy_table(
            f"{project}.{dataset}.source", f"{project}.{dataset}.{name}", job_config=config
        ).result()
        found[disposition] = _policies(sandbox, dataset, name)
    last = f"{dataset}/tables/appended/rowAccessPolicies/p"
    found["last"] = answered(lambda: _call(sandbox, "DELETE", last))
    found["last with force"] = answered(lambda: _call(sandbox, "DELETE", last, force="true"))
    return found


def access(sandbox: Sandbox) -> object:
    """Return how access with a condition is answered with and without its version."""
    dataset = sandbox.dataset("access")
    entry = {
        "role": "roles/bigquery.dataViewer",
        "specialGroup": "allAuthenticatedUsers",
        "condition": {
            "title": "t",
            "expression": "request.time < timestamp('2030-01-01T00:00:00Z')",
        },
    }
    kept = _call(sandbox, "GET", dataset)["access"]
    body = {"access": [*kept, entry]}
    return {
        "without": answered(lambda: len(_call(sandbox, "PATCH", dataset, body)["access"])),
        "with": answered(
            lambda: len(_call(sandbox, "PATCH", dataset, body, accessPolicyVersion=3)["access"])
        ),
        "read without": answered(lambda: _roles(_call(sandbox, "GET", dataset))),
        "read with": answered(
            lambda: _roles(_call(sandbox, "GET", dataset, accessPolicyVersion=3))
        ),
    }


def partitioning_patch(sandbox: Sandbox) -> object:
    """Return what a patch without `expirationMs` leaves of a partition expiration."""
    dataset = sandbox.dataset("patch")
    rows(
        sandbox,
        f"CREATE TABLE `{dataset}.t` (d DATE) PARTITION BY d OPTIONS(partition_expiration_days = 9)",
    )
    path = f"{dataset}/tables/t"
    return [
        _call(sandbox, "PATCH", path, {"timePartitioning": change})["timePartitioning"]
        for change in (
            {"type": "DAY", "field": "d"},
            {"type": "DAY", "field": "d", "expirationMs": None},
        )
    ]


def _roles(dataset: dict[str, Any]) -> list[str]:
    return sorted({entry.get("role", "none").split("_withcond")[0] for entry in dataset["access"]})


def _policies(sandbox: Sandbox, dataset: str, table: str) -> list[str]:
    found = _call(sandbox, "GET", f"{dataset}/tables/{table}/rowAccessPolicies")
    return [
        item["rowAccessPolicyReference"]["policyId"] for item in found.get("rowAccessPolicies", ())
    ]


def _insert(sandbox: Sandbox, dataset: str, table: str, **body: object) -> dict[str, Any]:
    reference = {"projectId": sandbox.project, "datasetId": dataset, "tableId": table}
    body = {"tableReference": reference, **body}
    return _call(sandbox, "POST", f"{dataset}/tables", body)


def _call(
    sandbox: Sandbox, method: str, path: str, body: object = None, **query: object
) -> dict[str, Any]:
    """Send one REST request below the project's datasets, as no client would shape it."""
    connection = sandbox.bigquery_client._connection  # noqa: SLF001 - the client's own way to the API
    answer: dict[str, Any] = connection.api_request(
        method=method,
        path=f"/projects/{sandbox.project}/datasets/{path}",
        data=body,
        query_params=query or None,
    )
    return answer


PROBES = (views, row_policies, access, partitioning_patch)
