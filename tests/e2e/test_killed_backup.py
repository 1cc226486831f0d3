"""A backup killed at random moments is continued, and ends as if nothing had happened."""

import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from manifests.model.run import Manifest
from tests.e2e.losses import Night, make_night
from tests.served import serving
from tests.standin.cloud import Cloud

MOMENTS = range(8)


@pytest.fixture(scope="module")
def night(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Night:
    """Return a platform to be backed up."""
    return make_night(cloud, tmp_path_factory.mktemp("backup"))


@pytest.fixture(scope="module")
def finished_by_moment() -> Iterator[dict[int, bool]]:
    """Collect which calls had finished when they were killed; of all moments, some had not."""
    collected: dict[int, bool] = {}
    yield collected
    if len(collected) == len(MOMENTS):
        assert not all(collected.values()), "no kill landed inside a run"


def contents(manifest: Manifest) -> dict[str, object]:
    """Return what a run holds, whatever files it is in."""
    found: dict[str, object] = {item.name: item.fingerprint for item in manifest.tables}
    found |= {item.name: (item.object_count, item.size_bytes) for item in manifest.buckets}
    return found | {item.name: item.collections for item in manifest.databases}


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_backup_is_continued(night: Night, finished_by_moment: dict[int, bool], moment: int):
    """A backup killed anywhere is finished by the next call, with the same content."""
    run_id = f"killed-{moment:02d}"
    at = {"recovery_point": f"{night.manifest.recovery_point:%Y-%m-%dT%H:%M:%SZ}"}
    # One in each eighth of the time that it takes.
    share = (moment + random.Random(moment).random()) / len(MOMENTS)  # noqa: S311 - a test
    wait_seconds = share * night.backup_seconds
    with serving(night.rebound) as function, ThreadPoolExecutor(1) as pool:
        call = pool.submit(function.manual, run_id, full=True, **at)
        time.sleep(wait_seconds)
        function.kill()
        try:
            finished = call.result().status_code == 200
        except requests.ConnectionError:
            finished = False
    finished_by_moment[moment] = finished
    with serving(night.rebound) as function:
        night.rebound.expire_lease(run_id)
        function.complete(run_id, full=True, **at)
    when = f"killed after {wait_seconds:.2f} s, finished: {finished}"
    assert contents(night.rebound.manifest(run_id)) == contents(night.manifest), when
    assert night.rebound.run("verify", run_id).returncode == 0
