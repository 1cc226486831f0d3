"""A night that takes longer than a schedule waits is finished by the schedule's retries."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.harness import await_that, make_rebound, whole_minute
from tests.integration import lake
from tests.served import serving
from tests.standin.cloud import Cloud

DEADLINE_SECONDS = 1
# A third of it is waited for; two thirds are what a slow machine may renew it too late.
LEASE_SECONDS = 12


def test_a_night_longer_than_its_deadline(
    local_cloud: Cloud, tmp_path_factory: pytest.TempPathFactory
):
    """The call is cut, the function goes on and keeps others out, its machine is lost: one run."""
    folder, project = tmp_path_factory.mktemp("long"), f"p-{uuid.uuid4().hex[:10]}"
    catalog = lake.write_catalog(folder, [f"{lake.DATASET}.a"])
    rebound = make_rebound(local_cloud, folder, project, REBOUND_CATALOG=catalog)
    lake.fill_with(rebound, "CREATE TABLE `{lake}.a` AS SELECT 1 AS id")
    at = whole_minute()
    with (
        serving(rebound, REBOUND_LEASE_SECONDS=str(LEASE_SECONDS)) as function,
        local_cloud.held("bigquery", r"bigquery\.routines\.list", match=project, times=None),
        ThreadPoolExecutor(1) as pool,
    ):
        cut = pool.submit(function.scheduled, at, deadline_seconds=DEADLINE_SECONDS)
        local_cloud.await_fault("bigquery")
        assert isinstance(cut.exception(), requests.Timeout)
        busy = function.scheduled(at)
        assert busy.status_code == 503, busy.text
        assert busy.json()["error"] == "RunInProgressError"
        # It is renewed, so that a retry after a whole lease finds it in force, too.
        (lease,) = rebound.landing.list_blobs(prefix="leases/")
        await_that(lambda: rebound.landing.get_blob(lease.name).generation != lease.generation)
        assert function.scheduled(at).status_code == 503
        function.kill()
    assert not list(rebound.vault.list_blobs(match_glob="runs/*/manifest.json"))
    (begun,) = rebound.vault.list_blobs(match_glob="runs/*/start.json")
    run_id = begun.name.split("/")[1]
    rebound.expire_lease(run_id)
    with serving(rebound) as function:
        done = function.scheduled(at).json()
    assert (done["state"], done["run_id"]) == ("complete", run_id)
    assert rebound.manifest(run_id).tables[0].count == 1
