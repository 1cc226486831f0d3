"""The whole seeded platform and every odd table: lost, restored from the vault, and the same."""

import hashlib
import json
import re
import uuid
from pathlib import Path
from typing import Any

import pytest

from manifests.parts import PARTS
from tests.deployed import ROOT
from tests.e2e.demo import go_through
from tests.e2e.disasters import DISASTERS
from tests.harness import LOCATION, Rebound, make_rebound
from tests.served import serving
from tests.standin.cloud import Cloud
from tests.standin.seed.warehouse import seed_bigquery

SCALE = 0.001
SCENARIO = "bigquery-dataset-loss"
# What a restored resource cannot have in common with the lost one.
OF_THE_MOMENT = {
    "etag",
    "creationTime",
    "lastModifiedTime",
    "numBytes",
    "numLongTermBytes",
    "numActiveLogicalBytes",
    "numTotalLogicalBytes",
    "numLongTermLogicalBytes",
    "numCurrentPhysicalBytes",
    "numTotalPhysicalBytes",
    "numTimeTravelPhysicalBytes",
    "numActivePhysicalBytes",
    "numLongTermPhysicalBytes",
    "numPartitions",
}


@pytest.fixture(scope="module")
def rebound(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Rebound:
    """Return a platform with all that the seed makes of BigQuery, each table in the catalog.

    Each test leaves it whole.
    """
    catalog = json.loads((ROOT / "manifests" / "catalog.json").read_text())
    folder = tmp_path_factory.mktemp("everything")
    path = folder / "everything.json"
    path.write_text(json.dumps(catalog))
    project = f"p-{uuid.uuid4().hex[:10]}"
    made = make_rebound(cloud, folder, project, REBOUND_CATALOG=str(path))
    with made.cloud.minutes_ago(5):
        seed_bigquery(made.project, SCALE, LOCATION)
    odd = list(made.bigquery_client.list_tables("rebound_odd"))
    tables = [{"table": f"rebound_odd.{item.table_id}", "group": "odd"} for item in odd]
    more = {kind.name: [] for kind in PARTS} | {"fence": None, "protected_projects": []}
    path.write_text(json.dumps({**catalog, **more, "tables": catalog["tables"] + tables}))
    return made


@pytest.fixture(scope="module")
def before(rebound: Rebound) -> dict[str, Any]:
    """Return all there is, which is in the run `night`."""
    found = picture(rebound)
    with serving(rebound) as function:
        function.complete("night")
    return found


def datasets_of(rebound: Rebound) -> list[str]:
    """Return the datasets of the catalog."""
    catalog = json.loads(Path(rebound.env["REBOUND_CATALOG"]).read_text())
    return sorted({entry["table"].split(".")[0] for entry in catalog["tables"]})


def picture(rebound: Rebound) -> dict[str, Any]:
    """Return all there is of the datasets, read through the REST API; no code of Rebound's."""
    found: dict[str, Any] = {}
    for dataset_id in datasets_of(rebound):
        found[dataset_id] = stable(get(rebound, f"datasets/{dataset_id}"))
        for item in get(rebound, f"datasets/{dataset_id}/tables", maxResults="1000")["tables"]:
            path = f"datasets/{dataset_id}/tables/{item['tableReference']['tableId']}"
            found[path] = stable(get(rebound, path))
            policies = get(rebound, f"{path}/rowAccessPolicies")
            found[f"{path}/policies"] = [
                stable(one) for one in policies.get("rowAccessPolicies", [])
            ]
            if item["type"] == "TABLE":
                found[f"{path}/rows"] = rows_digest(rebound, path)
        for item in get(rebound, f"datasets/{dataset_id}/routines").get("routines", []):
            path = f"datasets/{dataset_id}/routines/{item['routineReference']['routineId']}"
            found[path] = stable(get(rebound, path))
    return found


def get(rebound: Rebound, path: str, **query: str) -> Any:  # noqa: ANN401 - JSON
    """Read a resource."""
    connection = rebound.bigquery_client._connection  # noqa: SLF001 - the client drops fields
    return connection.api_request("GET", f"/projects/{rebound.project}/{path}", query_params=query)


def stable(resource: dict[str, Any]) -> dict[str, Any]:
    """Return a resource without what is of the moment: times, sizes, and the order of access."""
    found = {key: value for key, value in resource.items() if key not in OF_THE_MOMENT}
    if "access" in found:
        found["access"] = sorted(map(str, found["access"]))
    if "materializedView" in found:
        found["materializedView"] = {**found["materializedView"], "lastRefreshTime": None}
    return found


def rows_digest(rebound: Rebound, path: str) -> tuple[int, str]:
    """Return the number of a table's rows and a digest of them in any order."""
    rows: list[str] = []
    token = ""
    while True:
        page = get(rebound, f"{path}/data", maxResults="5000", pageToken=token)
        rows += [json.dumps(row, sort_keys=True) for row in page.get("rows", [])]
        token = page.get("pageToken", "")
        if not token:
            return len(rows), hashlib.sha256("\n".join(sorted(rows)).encode()).hexdigest()


def test_the_readme_shows_what_the_demo_prints(
    rebound: Rebound,
    before: dict[str, Any],
    capsys: pytest.CaptureFixture[str],
):
    """Line by line and in this order, whatever the numbers and times are; what it leaves out is left out."""
    excerpt = (ROOT / "README.md").read_text().partition("== bigquery-dataset-loss ==")[2]
    shown = ["== bigquery-dataset-loss ==", *excerpt.partition("```")[0].strip().splitlines()]
    go_through(rebound, DISASTERS[0])
    printed = [shape(line) for line in capsys.readouterr().out.splitlines()]
    at = 0
    for line in map(shape, shown):
        if line != "...":
            assert line in printed[at:], f"the demo does not print: {line}"
            at = printed.index(line, at) + 1
    assert picture(rebound) == before


def test_everything_back(rebound: Rebound, before: dict[str, Any]):
    """Every dataset is deleted; each property and row the API tells of is there again."""
    assert any(value for key, value in before.items() if key.endswith("/policies"))
    client = rebound.bigquery_client
    for dataset_id in datasets_of(rebound):
        client.delete_dataset(dataset_id, delete_contents=True)
    assert not {item.dataset_id for item in client.list_datasets()} & set(datasets_of(rebound))

    rebound.run("recover", SCENARIO, "--access", "--yes", "--create-datasets")
    after = picture(rebound)
    assert set(after) == set(before)
    assert {key: after[key] for key in before if after[key] != before[key]} == {}


def test_everything_damaged(rebound: Rebound, before: dict[str, Any]):
    """Rows of every table are lost; each comes back from the vault as from its own history."""
    for words in (("--from-vault",), ()):
        for path in [key for key in before if key.endswith("/rows")]:
            _, dataset_id, _, table_id, _ = path.split("/")
            rebound.query(f"TRUNCATE TABLE `{rebound.project}.{dataset_id}.{table_id}`")
        assert {value[0] for key, value in picture(rebound).items() if key.endswith("/rows")} == {0}
        rebound.run("recover", SCENARIO, "--yes", *words)
        after = picture(rebound)
        assert {key: after[key] for key in before if after[key] != before[key]} == {}


def shape(line: str) -> str:
    """Return a line without its numbers, times and names of projects."""
    text = re.sub(r"--confirm-project \S+", "--confirm-project P", " ".join(line.split()))
    text = re.sub(r"\d[\d,.:-]*", "N", text)
    return re.sub(r"N (?:s|min|h)(?: N s)?", "T", text)
