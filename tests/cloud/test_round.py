"""One whole round in a real sandbox project: backup, disaster, recovery, of every service."""

import os
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path

import pytest
from google.api_core.exceptions import NotFound

from tests.cloud.sandbox import PROJECT_VARIABLE, Sandbox
from tests.harness import Rebound, make_rebound
from tests.integration import bucket_objects, lake
from tests.integration.orchestration import State
from tests.served import serving
from tests.standin.cloud import Cloud

pytestmark = [pytest.mark.cloud, pytest.mark.timeout(3600)]
DATABASE = "round"
DOCUMENTS = {
    "games/1": {"home": "Dončić", "points": 2**63 - 1, "nan": float("nan")},
    "games/1/plays/ü": {"at": datetime(2024, 2, 29, tzinfo=UTC), "tags": ["", None]},
    "empty/document": {},
}


@pytest.fixture
def sandbox() -> Sandbox:
    """Return the sandbox project with names of its own."""
    project = os.environ.get(PROJECT_VARIABLE)
    if not project:
        pytest.fail("run `make cloud PROJECT=...`; this test writes to that sandbox project")
    return Sandbox(project, f"r{uuid.uuid4().hex[:8]}")


@pytest.fixture
def rebound(sandbox: Sandbox, tmp_path: Path) -> Rebound:
    """Return a platform with a lake, a bucket and a database in the sandbox project."""
    refuse_to_share(sandbox)
    bucket = sandbox.bucket("raw")
    sandbox.database(DATABASE)
    catalog = lake.write_catalog(
        tmp_path,
        buckets=[{"bucket": bucket.name}],
        databases=[{"database": f"{sandbox.name}-{DATABASE}", "triggers": []}],
    )
    env = {
        "REBOUND_CATALOG": catalog,
        "REBOUND_SCRATCH_DATASET": sandbox.dataset("scratch"),
        "REBOUND_UNDO_DATASET": sandbox.dataset("undo"),
        "REBOUND_API_ENDPOINT": os.environ.get("REBOUND_API_ENDPOINT", "https:/"),
    }
    cloud = Cloud(urls={}, admins={}, env={})
    made = make_rebound(
        cloud, tmp_path, sandbox.project, name=sandbox.name, labels=sandbox.labels, **env
    )
    lake.create(made, **sandbox.labels)
    for number, name in enumerate(bucket_objects.NAMES):
        settings = bucket_objects.SETTINGS if number % 4 == 0 else {}
        bucket_objects.put(bucket, name, bucket_objects.content_of(name), **settings)
    return made


def refuse_to_share(sandbox: Sandbox) -> None:
    """Fail where a dataset is there already that the round would write to."""
    there = {item.dataset_id for item in sandbox.bigquery_client.list_datasets()}
    if taken := sorted(there & {lake.DATASET, f"aside_{lake.DATASET}"}):
        pytest.fail(f"{sandbox.project} has {', '.join(taken)} already; the round needs that name")


def lose_tables(rebound: Rebound) -> None:
    """Delete one table, empty another, and see that both are lost."""
    client = rebound.bigquery_client
    client.delete_table(lake.TYPES)
    client.query_and_wait(f"TRUNCATE TABLE `{rebound.project}.{lake.GAMES}`")
    with pytest.raises(NotFound):
        client.get_table(lake.TYPES)
    assert not lake.rows(rebound, lake.GAMES)


def test_one_round(sandbox: Sandbox, rebound: Rebound):
    """Everything awkward is backed up, restored beside itself and in place, and compared."""
    database = State(rebound, f"{sandbox.name}-{DATABASE}")
    database.write(DOCUMENTS)
    bucket = rebound.storage_client.bucket(f"{sandbox.name}-raw")
    tables = {table: lake.rows(rebound, table) for table in lake.TABLES}
    objects, documents = bucket_objects.looked_at(bucket), database.content()
    time.sleep(60 - time.time() % 60 + 5)  # A recovery point is a whole minute.
    with serving(rebound) as function:
        function.complete("round")
    assert "objects are what the manifest says" in rebound.run("verify", "round").stdout

    rebound.run("recover", "bigquery-dataset-loss", "--into-prefix", "aside_", "--yes")
    for table, rows in tables.items():
        assert lake.rows(rebound, f"aside_{table}") == rows, table

    lose_tables(rebound)
    rebound.run("recover", "bigquery-dataset-loss", "--yes")
    for table, rows in tables.items():
        assert lake.rows(rebound, table) == rows, table
    schema = rebound.bigquery_client.get_table(lake.GAMES).schema
    modes = {field.name: field.mode for field in schema}
    assert (modes["game_id"], modes["tags"]) == ("REQUIRED", "REPEATED")

    for name in objects:
        bucket.blob(name).delete()
    assert not list(bucket.list_blobs())
    rebound.run("recover", "gcs-bucket-corruption", "--yes")
    assert bucket_objects.looked_at(bucket) == objects

    database.lose(*documents)
    rebound.run("recover", "firestore-state-loss", "--yes")
    assert database.content() == documents
