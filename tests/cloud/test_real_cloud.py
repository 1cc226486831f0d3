"""One whole round in a real sandbox project: `REBOUND_CLOUD_PROJECT=... pytest -m cloud`.

It makes a dataset, two buckets and their content, all named `rebound-cloud-<time>`, and removes
them. The identity needs to create datasets, buckets and jobs in the project, and nothing else.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from google.api_core.exceptions import NotFound

from tests.harness import Rebound, make_rebound, serving
from tests.integration import lake
from tests.standin.cloud import Cloud

SCENARIO = "bigquery-dataset-loss"
pytestmark = pytest.mark.cloud


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Rebound]:
    """Return a platform with a lake in the sandbox project, and remove it afterwards."""
    project = os.environ.get("REBOUND_CLOUD_PROJECT")
    if not project:
        pytest.fail("set REBOUND_CLOUD_PROJECT to a sandbox project; this test writes to it")
    env = {
        "REBOUND_CATALOG": lake.write_catalog(tmp_path),
        "REBOUND_SCRATCH_DATASET": "rebound_cloud_scratch",
    }
    rebound = make_rebound(
        Cloud(urls={}, admins={}, env={}),
        tmp_path,
        project,
        name=f"rebound-cloud-{int(time.time())}",
        **env,
    )
    try:
        lake.create(rebound)
        yield rebound
    finally:
        remove(rebound)


def remove(rebound: Rebound) -> None:
    """Remove what the test made."""
    client = rebound.bigquery_client
    for dataset_id in (lake.DATASET, f"aside_{lake.DATASET}", "rebound_cloud_scratch"):
        client.delete_dataset(dataset_id, delete_contents=True, not_found_ok=True)
    for bucket in (rebound.vault, rebound.landing):
        try:
            bucket.delete(force=True)
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
