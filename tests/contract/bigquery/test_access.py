"""Access of datasets: no order, old role names, conditions, and authorizations that end."""

from pathlib import Path
from typing import Any

import pytest
from google.cloud import bigquery

from tests.contract import real
from tests.contract.bigquery.conftest import Query
from tests.contract.bigquery.server import PROJECT, Server
from tests.standin.discovery.reported import taken

OWNER = {"role": "OWNER", "specialGroup": "projectOwners"}
CONDITIONAL = {
    "role": "roles/bigquery.dataViewer",
    "condition": {
        "title": "soon",
        "expression": "request.time < timestamp('2030-01-01T00:00:00Z')",
    },
}


def entries(answer: dict[str, Any]) -> set[str]:
    """Return the entries of a dataset's access, in no order."""
    return {repr(sorted(item.items())) for item in answer["access"]}


@real.local_only(real.PEOPLE)
def test_entries_have_no_order_and_old_names(server: Server, dataset: str):
    """Roles come back under their legacy names, and the order of entries means nothing."""
    people = [
        {"role": role, "userByEmail": f"{name}@example.com"}
        for name, role in (
            ("a", "roles/bigquery.dataOwner"),
            ("b", "roles/bigquery.dataEditor"),
            ("c", "roles/bigquery.dataViewer"),
            ("d", "roles/bigquery.metadataViewer"),
        )
    ]
    path = f"datasets/{dataset}"
    orders = set()
    for at in range(6):
        change = {"access": [OWNER, *people], "description": str(at)}
        found = server.call("PATCH", path, json=change).json()
        orders.add(tuple(item.get("userByEmail") for item in found["access"]))
    assert len(orders) > 1
    roles = {item.get("userByEmail", "o")[0]: item["role"] for item in found["access"]}
    assert roles == {
        "o": "OWNER", "a": "OWNER", "b": "WRITER", "c": "READER", "d": "roles/bigquery.metadataViewer",
    }  # fmt: skip


def test_conditions_are_told_to_who_asks_for_them(server: Server, dataset: str, agent: str):
    """Without accessPolicyVersion=3 a conditional entry is unreadable and cannot be written."""
    path, asked = f"datasets/{dataset}", f"datasets/{dataset}?accessPolicyVersion=3"
    conditional = {**CONDITIONAL, "userByEmail": agent}
    change = {"access": [OWNER, conditional]}
    assert server.call("PATCH", path, json=change).status_code == 400
    assert server.call("PATCH", asked, json=change).status_code == 200
    known = server.call("GET", asked).json()
    assert entries(known) == entries({"access": [OWNER, {**conditional, "role": "READER"}]})
    plain = server.call("GET", path).json()
    roles = [item["role"] for item in plain["access"] if "userByEmail" in item]
    assert "roles/bigquery.dataViewer_with_conditionalbinding_" in roles[0]
    for query in ("", "?accessPolicyVersion=3"):
        again = server.call("PATCH", f"{path}{query}", json={"access": plain["access"]})
        assert again.status_code == 400
    assert server.call("PATCH", path, json={"access": [OWNER]}).status_code == 400


@real.local_only(real.ORDER)
@pytest.mark.parametrize("kind", ["view", "routine", "dataset"])
def test_what_is_made_again_is_not_authorized(
    server: Server, dataset: str, query: Query, kind: str
):
    """The entry stays and gives nothing until it is taken away and given again."""
    query(f"CREATE SCHEMA {dataset}_shown")
    make = {
        "view": f"CREATE OR REPLACE VIEW {dataset}_shown.thing AS SELECT 1 AS a",
        "routine": f"CREATE OR REPLACE FUNCTION {dataset}_shown.thing() AS (1)",
        "dataset": f"DROP SCHEMA {dataset}_shown; CREATE SCHEMA {dataset}_shown",
    }[kind]
    named = {"projectId": PROJECT, "datasetId": f"{dataset}_shown"}
    entry: dict[str, Any] = {
        "view": {"view": {**named, "tableId": "thing"}},
        "routine": {"routine": {**named, "routineId": "thing"}},
        "dataset": {"dataset": {"dataset": named, "targetTypes": ["VIEWS"]}},
    }[kind]

    def holds() -> list[bool]:
        found = server.told("grants")
        return [it["holds"] for it in found if it["dataset"] == f"{PROJECT}:{dataset}"]

    path = f"datasets/{dataset}"
    if kind != "dataset":
        assert server.call("PATCH", path, json={"access": [OWNER, entry]}).status_code == 404
    query(make)
    assert server.call("PATCH", path, json={"access": [OWNER, entry]}).status_code == 200
    assert holds() == [True]
    query(make)
    assert holds() == [False]
    assert entries(server.call("GET", path).json()) == entries({"access": [OWNER, entry]})
    for access, expected in (([OWNER, entry], [False]), ([OWNER], []), ([OWNER, entry], [True])):
        server.call("PATCH", path, json={"access": access})
        assert holds() == expected
    shown = f"datasets/{dataset}_shown"
    assert server.call("DELETE", f"{shown}?deleteContents=true").status_code == 204
    assert server.call("POST", f"{shown}:undelete", json={}).status_code == 200
    # Restore deleted datasets: views, routines and datasets have to be authorized again.
    assert holds() == [False]


def test_permissions_in_a_list_of_lists(client: bigquery.Client, dataset: str, reports: Path):
    """A system test of google-cloud-bigquery sends one, and takes it for its permissions."""
    client.create_table(f"{client.project}.{dataset}.t")
    asked = ["bigquery.tables.get", "bigquery.tables.update"]
    answer = client.test_iam_permissions(f"{client.project}.{dataset}.t", [asked])
    assert set(answer["permissions"]) == set(asked)
    found = taken(reports)
    assert all("bigquery.tables.testIamPermissions: request" in line for line in found)
