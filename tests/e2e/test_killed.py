"""SIGKILL at random moments: whatever was under way is continued, and ends as if nothing happened."""

import random
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from manifests.model import Manifest
from manifests.store import decode
from tests.harness import Function, Rebound, make_rebound, minutes_ago, serving
from tests.integration import lake
from tests.integration.state import state
from tests.standin.cloud import Cloud

SCENARIO = "bigquery-dataset-loss"
MOMENTS = range(20)
LEASE = {"REBOUND_LEASE_SECONDS": "1"}


@dataclass(frozen=True)
class Night:
    """A platform with one undisturbed run, and how long things take on it."""

    rebound: Rebound
    manifest: Manifest
    before: dict[str, object]
    backup_seconds: float
    recovery_seconds: float


def make_night(cloud: Cloud, folder: Path) -> Night:
    """Back up a platform undisturbed, and recover it beside itself, to know how long each takes."""
    rebound = make_rebound(
        cloud, folder, f"killed-{time.time_ns()}", REBOUND_CATALOG=lake.write_catalog(folder)
    )
    lake.fill(rebound)
    with serving(rebound) as function:
        began = time.monotonic()
        function.complete("undisturbed", recovery_point=minutes_ago(0))
        backup_seconds = time.monotonic() - began
    began = time.monotonic()
    rebound.run("recover", SCENARIO, "--into-prefix", "aside_", "--yes")
    recovery_seconds = time.monotonic() - began
    manifest = read(rebound, "undisturbed")
    return Night(rebound, manifest, state(rebound), backup_seconds, recovery_seconds)


@pytest.fixture(scope="module")
def night(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Night:
    """Return a platform to be backed up."""
    return make_night(cloud, tmp_path_factory.mktemp("backup"))


@pytest.fixture(scope="module")
def lost_night(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Night:
    """Return a platform to be lost, whose history is lost with it."""
    return make_night(cloud, tmp_path_factory.mktemp("recovery"))


def lose_dataset(rebound: Rebound) -> None:
    """Delete the dataset, and see that it is gone."""
    client = rebound.bigquery_client
    client.delete_dataset(lake.DATASET, delete_contents=True)
    assert lake.DATASET not in {item.dataset_id for item in client.list_datasets()}


def read(rebound: Rebound, run_id: str) -> Manifest:
    """Return a run's manifest."""
    content = rebound.vault.blob(f"runs/{run_id}/manifest.json").download_as_bytes()
    return decode(content, Manifest, subject=run_id)


def await_complete(function: Function, run_id: str, **body: str) -> None:
    """Call again, as retries do, until the run is complete."""
    for _ in range(300):
        answer = function.manual(run_id, full=True, **body)
        if answer.status_code == 200:
            return
        assert answer.status_code == 503, answer.text
        time.sleep(0.1)
    raise AssertionError(run_id)


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_backup_is_continued(night: Night, moment: int):
    """A backup killed anywhere is finished by the next call, with the same fingerprints."""
    run_id = f"killed-{moment:02d}"
    at = {"recovery_point": f"{night.manifest.recovery_point:%Y-%m-%dT%H:%M:%SZ}"}
    wait_seconds = random.Random(moment).uniform(0, night.backup_seconds)  # noqa: S311 - a test
    with serving(night.rebound, **LEASE) as function, ThreadPoolExecutor(1) as pool:
        call = pool.submit(function.manual, run_id, full=True, **at)
        time.sleep(wait_seconds)
        function.kill()
        try:
            finished = call.result().status_code == 200
        except requests.ConnectionError:
            finished = False
    with serving(night.rebound, **LEASE) as function:
        await_complete(function, run_id, **at)
    manifest = read(night.rebound, run_id)
    measured = {table.name: table.fingerprint for table in manifest.tables}
    expected = {table.name: table.fingerprint for table in night.manifest.tables}
    assert measured == expected, f"killed after {wait_seconds:.2f} s, finished: {finished}"
    assert night.rebound.run("verify", run_id).returncode == 0


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_recovery_is_resumed(lost_night: Night, moment: int):
    """A recovery killed anywhere is resumed, and everything is as it was at the recovery point."""
    rebound = lost_night.rebound
    lose_dataset(rebound)
    known = recoveries(rebound)
    wait_seconds = random.Random(moment).uniform(0, lost_night.recovery_seconds)  # noqa: S311 - a test
    process = rebound.begin("recover", SCENARIO, "--run", "undisturbed", "--yes")
    time.sleep(wait_seconds)
    process.kill()
    process.communicate()
    begun = recoveries(rebound) - known
    words = ["resume", *begun] if begun else ["recover", SCENARIO, "--run", "undisturbed", "--yes"]
    done = rebound.run(*words)
    assert f"{len(lake.TABLES)} of {len(lake.TABLES)} tables proven equal" in done.stdout
    assert state(rebound) == lost_night.before, f"killed after {wait_seconds:.2f} s"


def recoveries(rebound: Rebound) -> set[str]:
    """Return the recoveries that were begun."""
    names = (blob.name for blob in rebound.landing.list_blobs(prefix="recoveries/"))
    return {name.split("/")[1] for name in names}
