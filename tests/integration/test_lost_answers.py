"""Answers that are lost after the work was done, at every write of a recovery of tables."""

from collections.abc import Generator
from contextlib import contextmanager

import pytest
from google.cloud.bigquery import AccessEntry

from tests.harness import Rebound
from tests.integration import lake
from tests.integration.damages import DAMAGES, destroy
from tests.integration.state import state
from tests.served import Function

SCENARIO = "bigquery-dataset-loss"
CREATIONS = (
    "datasets.insert",
    "datasets.patch",
    "tables.insert",
    "routines.insert",
    "rowAccessPolicies.insert",
)
CHANGES = (
    "tables.patch",
    "tables.update",
    "routines.update",
    "rowAccessPolicies.update",
    "rowAccessPolicies.delete",
)


@contextmanager
def losing(rebound: Rebound, *operations: str) -> Generator[None]:
    """Lose the answer of one call of each operation, and assert that each was lost."""
    for operation in operations:
        rebound.cloud.order("bigquery", "faults", operation=f"bigquery.{operation}", kind="lost")
    yield
    removed = rebound.cloud.clear_faults("bigquery")
    assert [item["fired"] for item in removed] == [1] * len(operations), removed


def authorize(rebound: Rebound, view: str) -> None:
    """Let a view of the lake read the lake whoever asks it."""
    dataset = rebound.bigquery_client.get_dataset(lake.DATASET)
    reference = {"projectId": rebound.project, "datasetId": lake.DATASET, "tableId": view}
    dataset.access_entries = [*dataset.access_entries, AccessEntry(None, "view", reference)]
    rebound.bigquery_client.update_dataset(dataset, ["access_entries"])


def authorized(rebound: Rebound) -> list[str]:
    """Return the views that may read the lake."""
    entries = rebound.bigquery_client.get_dataset(lake.DATASET).access_entries
    return [item.entity_id["tableId"] for item in entries if item.entity_type == "view"]


def policies(rebound: Rebound) -> dict[str, str]:
    """Return the filter of each row access policy on the games."""
    path = f"/projects/{rebound.project}/datasets/lake/tables/games/rowAccessPolicies"
    connection = rebound.bigquery_client._connection  # noqa: SLF001 - the client has no such call
    found = connection.api_request("GET", path).get("rowAccessPolicies", [])
    return {item["rowAccessPolicyReference"]["policyId"]: item["filterPredicate"] for item in found}


@pytest.mark.parametrize("name", ["table gone", "awkward types gone"])
@pytest.mark.parametrize(
    ("service", "operation"),
    [
        ("storage", r"storage\.objects\.insert"),
        ("bigquery", r"bigquery\.jobs\.insert"),
        ("bigquery", r"bigquery\.tables\.(insert|patch|delete)"),
    ],
)
def test_lost_answers_cost_nothing(
    rebound: Rebound, function: Function, service: str, operation: str, name: str
):
    """Answers lost after the work was done do not change what a recovery ends with."""
    before = state(rebound)
    function.complete("night")
    destroy(rebound, DAMAGES[name])
    with rebound.cloud.fault(service, operation, "lost", times=2):
        rebound.run("recover", SCENARIO, "--yes")
    assert state(rebound) == before


def test_dataset_gone_and_answers_lost(rebound: Rebound, function: Function):
    """Answers lost while datasets, views, routines and policies are made cost nothing."""
    games = f"`{rebound.project}.lake.games`"
    rebound.query(
        f"CREATE ROW ACCESS POLICY mine ON {games} "
        "GRANT TO ('user:a@example.com') FILTER USING (TRUE)"
    )
    authorize(rebound, "busy")
    before = state(rebound)
    function.complete("night")
    rebound.bigquery_client.delete_dataset(lake.DATASET, delete_contents=True)
    with losing(rebound, *CREATIONS):
        rebound.run("recover", SCENARIO, "--access", "--yes", "--create-datasets")
    assert state(rebound) == before
    assert authorized(rebound) == ["busy"]
    assert policies(rebound) == {"mine": "TRUE"}


def test_changes_whose_answers_are_lost(rebound: Rebound, function: Function):
    """Answers lost while properties, a view, a routine and policies are put right cost nothing."""
    where = f"{rebound.project}.{lake.DATASET}"
    policy = "CREATE OR REPLACE ROW ACCESS POLICY {} ON `{}.games` GRANT TO ('user:a@example.com') "
    rebound.query(policy.format("mine", where) + "FILTER USING (TRUE)")
    before = state(rebound)
    function.complete("night")
    for statement in (
        *DAMAGES["properties lost"].statements,
        "CREATE OR REPLACE VIEW `{lake}.busy` AS SELECT 1 AS games",
        "CREATE OR REPLACE FUNCTION `{lake}.double`(x INT64) AS (x * 3)",
    ):
        rebound.query(statement.format(lake=where))
    rebound.query(policy.format("mine", where) + "FILTER USING (home = 'Denver')")
    rebound.query(policy.format("other", where) + "FILTER USING (TRUE)")
    with losing(rebound, *CHANGES):
        rebound.run("recover", SCENARIO, "--access", "--yes", "--overwrite", "*")
    assert state(rebound) == before
    assert "x * 2" in rebound.bigquery_client.get_routine(f"{lake.DATASET}.double").body
    assert policies(rebound) == {"mine": "TRUE"}
