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
from tests.e2e.losses import LOSSES, Loss, make_platform
from tests.harness import Function, Rebound, minutes_ago, serving
from tests.standin.cloud import Cloud

MOMENTS = range(20)
LEASE = {"REBOUND_LEASE_SECONDS": "1"}


@dataclass(frozen=True)
class Night:
    """A platform with one undisturbed run, and how long things take on it."""

    rebound: Rebound
    manifest: Manifest
    backup_seconds: float


def make_night(cloud: Cloud, folder: Path) -> Night:
    """Back up a platform undisturbed, to know how long that takes."""
    rebound = make_platform(cloud, folder, f"killed-{time.time_ns()}")
    with serving(rebound) as function:
        began = time.monotonic()
        function.complete("undisturbed", recovery_point=minutes_ago(0))
        backup_seconds = time.monotonic() - began
    return Night(rebound, read(rebound, "undisturbed"), backup_seconds)


@pytest.fixture(scope="module")
def night(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Night:
    """Return a platform to be backed up."""
    return make_night(cloud, tmp_path_factory.mktemp("backup"))


@pytest.fixture(scope="module")
def lost_night(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Night:
    """Return a platform to be lost, whose history is lost with it."""
    return make_night(cloud, tmp_path_factory.mktemp("recovery"))


@pytest.fixture(scope="module", params=LOSSES, ids=lambda loss: loss.scenario)
def loss(request: pytest.FixtureRequest, lost_night: Night) -> tuple[Loss, object, float]:
    """Return a loss, what was there before, and how long an undisturbed recovery takes."""
    chosen: Loss = request.param
    before = chosen.picture(lost_night.rebound)
    chosen.lose(lost_night.rebound)
    began = time.monotonic()
    lost_night.rebound.run("recover", chosen.scenario, "--run", "undisturbed", "--yes")
    recovery_seconds = time.monotonic() - began
    assert chosen.picture(lost_night.rebound) == before
    return chosen, before, recovery_seconds


def read(rebound: Rebound, run_id: str) -> Manifest:
    """Return a run's manifest."""
    content = rebound.vault.blob(f"runs/{run_id}/manifest.json").download_as_bytes()
    return decode(content, Manifest, subject=run_id)


def contents(manifest: Manifest) -> dict[str, object]:
    """Return what a run holds, whatever files it is in."""
    found: dict[str, object] = {item.name: item.fingerprint for item in manifest.tables}
    found |= {item.name: (item.object_count, item.size_bytes) for item in manifest.buckets}
    return found | {item.name: item.collections for item in manifest.databases}


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
    """A backup killed anywhere is finished by the next call, with the same content."""
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
    when = f"killed after {wait_seconds:.2f} s, finished: {finished}"
    assert contents(read(night.rebound, run_id)) == contents(night.manifest), when
    assert night.rebound.run("verify", run_id).returncode == 0


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_recovery_is_resumed(
    lost_night: Night, loss: tuple[Loss, object, float], moment: int
):
    """A recovery killed anywhere is resumed, and everything is as it was at the recovery point."""
    rebound = lost_night.rebound
    lost, before, recovery_seconds = loss
    lost.lose(rebound)
    known = recoveries(rebound)
    wait_seconds = random.Random(moment).uniform(0, recovery_seconds)  # noqa: S311 - a test
    process = rebound.begin("recover", lost.scenario, "--run", "undisturbed", "--yes")
    time.sleep(wait_seconds)
    process.kill()
    process.communicate()
    begun = recoveries(rebound) - known
    words = ["resume", *begun] if begun else ["recover", lost.scenario, "--run", "undisturbed"]
    done = rebound.run(*words, *([] if begun else ["--yes"]))
    assert "proven equal" in done.stdout
    assert lost.picture(rebound) == before, f"killed after {wait_seconds:.2f} s"


def recoveries(rebound: Rebound) -> set[str]:
    """Return the recoveries that were begun."""
    names = (blob.name for blob in rebound.landing.list_blobs(prefix="recoveries/"))
    return {name.split("/")[1] for name in names}
