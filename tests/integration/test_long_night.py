"""A night that takes longer than a schedule waits is finished by the schedule's retries."""

import time
import uuid
from datetime import datetime

import pytest
import requests

from tests.harness import START_SECONDS, make_rebound, whole_minute
from tests.integration import lake
from tests.served import Function, serving
from tests.standin.cloud import Cloud

DEADLINE_SECONDS = 1
LEASE_SECONDS = 3


def test_a_night_longer_than_its_deadline(
    local_cloud: Cloud, tmp_path_factory: pytest.TempPathFactory
):
    """The call is cut, the function goes on and keeps others out, its machine is lost: one run."""
    folder, project = tmp_path_factory.mktemp("long"), f"p-{uuid.uuid4().hex[:10]}"
    catalog = lake.write_catalog(folder, [f"{lake.DATASET}.a"])
    rebound = make_rebound(local_cloud, folder, project, REBOUND_CATALOG=catalog)
    lake.fill_with(rebound, "CREATE TABLE `{lake}.a` AS SELECT 1 AS id")
    lease = {"REBOUND_LEASE_SECONDS": str(LEASE_SECONDS)}
    at = whole_minute()
    # Every extract takes longer than three calls wait together.
    local_cloud.order("bigquery", "latency", kinds=["extract"], seconds=30)
    try:
        with serving(rebound, **lease) as function:
            with pytest.raises(requests.Timeout):
                function.scheduled(at, deadline_seconds=DEADLINE_SECONDS)
            busy = function.scheduled(at)
            assert busy.status_code == 503, busy.text
            assert busy.json()["error"] == "RunInProgressError"
            # It is renewed, so that a retry after a whole lease finds it in force, too.
            time.sleep(LEASE_SECONDS + 1)
            assert function.scheduled(at).status_code == 503
            function.kill()
    finally:
        local_cloud.order("bigquery", "latency", kinds=["extract"], seconds=0)
    assert not list(rebound.vault.list_blobs(match_glob="runs/*/manifest.json"))
    begun = [blob.name for blob in rebound.vault.list_blobs(match_glob="runs/*/start.json")]
    with serving(rebound, **lease) as function:
        done = _retried(function, at)
    assert done["state"] == "complete"
    assert begun == [f"runs/{done['run_id']}/start.json"]
    assert rebound.manifest(done["run_id"]).tables[0].count == 1


def _retried(function: Function, at: datetime) -> dict[str, object]:
    """Call as a schedule's retries do, until the lease of the lost machine has run out."""
    deadline = time.monotonic() + START_SECONDS
    refused = 0
    while (answer := function.scheduled(at)).status_code != requests.codes.ok:
        assert answer.status_code == 503, answer.text
        assert time.monotonic() < deadline
        refused += 1
        time.sleep(0.5)
    assert refused, "the lease of the lost machine was in force"
    told: dict[str, object] = answer.json()
    return told
