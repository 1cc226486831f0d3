"""One whole round in a real sandbox project: `REBOUND_CLOUD_PROJECT=... pytest -m cloud`.

It makes the datasets `lake`, `aside_lake` and `rebound_cloud_scratch`, the buckets
`rebound-cloud-<time>-vault` and `rebound-cloud-<time>-landing`, and their content, and removes all
of them; where one of the datasets is there already it refuses to begin. The identity needs to
list, create and delete datasets and buckets and to run jobs in the project, and nothing else.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from google.api_core.exceptions import NotFound
from google.cloud import bigquery, storage

from tests.harness import Rebound, make_rebound, serving
from tests.integration import lake
from tests.standin.cloud import Cloud

SCENARIO = "bigquery-dataset-loss"
SCRATCH = "rebound_cloud_scratch"
DATASETS = (lake.DATASET, f"aside_{lake.DATASET}", SCRATCH)
pytestmark = pytest.mark.cloud


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Rebound]:
    """Return a platform with a lake in the sandbox project, and remove it afterwards."""
    project = os.environ.get("REBOUND_CLOUD_PROJECT")
    if not project:
        pytest.fail("set REBOUND_CLOUD_PROJECT to a sandbox project; this test writes to it")
    refuse_to_share(project)
    name = f"rebound-cloud-{int(time.time())}"
    env = {"REBOUND_CATALOG": lake.write_catalog(tmp_path), "REBOUND_SCRATCH_DATASET": SCRATCH}
    try:
        cloud = Cloud(urls={}, admins={}, env={})
        rebound = make_rebound(cloud, tmp_path, project, name=name, **env)
        lake.create(rebound)
        yield rebound
    finally:
        remove(project, name)


def refuse_to_share(project: str) -> None:
    """Fail where a dataset is there already that the test would write to and remove."""
    there = {item.dataset_id for item in bigquery.Client(project=project).list_datasets()}
    if taken := sorted(there & set(DATASETS)):
        pytest.fail(f"{project} has {', '.join(taken)} already; this test would remove it")


def remove(project: str, name: str) -> None:
    """Remove what the test made, as far as it came."""
    client = bigquery.Client(project=project)
    for dataset_id in DATASETS:
        client.delete_dataset(dataset_id, delete_contents=True, not_found_ok=True)
    for kind in ("vault", "landing"):
        try:
            storage.Client(project=project).bucket(f"{name}-{kind}").delete(force=True)
        except NotFound:
            continue


def test_one_round(sandbox: Rebound):
    """Every awkward type is backed up, restored beside itself and in place, and compared."""
    before = {table: lake.rows(sandbox, table) for table in lake.TABLES}
    time.sleep(60 - time.time() % 60 + 5)
    with serving(sandbox) as function:
        function.complete("round")
    assert "objects are what the manifest says" in sandbox.run("verify", "round").stdout

    sandbox.run("recover", SCENARIO, "--into-prefix", "aside_", "--yes")
    for table, rows in before.items():
        assert lake.rows(sandbox, f"aside_{table}") == rows, table

    client = sandbox.bigquery_client
    client.delete_table(lake.TYPES)
    client.query_and_wait(f"TRUNCATE TABLE `{sandbox.project}.{lake.GAMES}`")
    with pytest.raises(NotFound):
        client.get_table(lake.TYPES)
    assert not lake.rows(sandbox, lake.GAMES)
    sandbox.run("recover", SCENARIO, "--yes")
    for table, rows in before.items():
        assert lake.rows(sandbox, table) == rows, table
    modes = {field.name: field.mode for field in client.get_table(lake.GAMES).schema}
    assert (modes["game_id"], modes["tags"]) == ("REQUIRED", "REPEATED")
