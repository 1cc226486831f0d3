"""A run is published by whoever holds its lease, and by nobody else."""

from concurrent.futures import ThreadPoolExecutor

from manifests.claim_layout import lease_name
from manifests.layout import parse_run_id
from manifests.model.run import LeaseRecord
from manifests.store.envelope import encode
from tests.harness import Rebound
from tests.served import Function


def test_a_hold_on_a_lease_stops_no_night(rebound: Rebound, function: Function):
    """A lease that Cloud Storage lets nobody replace is passed by; it is taken beside, by one alone."""
    run_id = parse_run_id("tonight")
    planted = rebound.landing.blob(lease_name(run_id))
    with rebound.cloud.minutes_ago(90, ("storage",)):
        planted.upload_from_string(b"{}")
    planted.temporary_hold = True
    planted.patch()
    with ThreadPoolExecutor(1) as pool:
        with rebound.cloud.held("bigquery", r"bigquery\.routines\.list"):
            call = pool.submit(function.manual, run_id)
            rebound.cloud.await_fault("bigquery")
            (beside,) = rebound.landing.list_blobs(prefix=f"leases/{run_id}~")
            second = function.manual(run_id)
        assert (second.status_code, second.json()["error"]) == (503, "RunInProgressError")
        assert call.result().json()["state"] == "complete", call.result().text
    assert not beside.exists()
    assert rebound.manifest(run_id).lease_generation is not None
    planted.temporary_hold = False
    planted.patch()
    rebound.run("unlock", run_id, "--why", "somebody planted it")
    assert not planted.exists()


def test_only_who_holds_the_lease_publishes(rebound: Rebound, function: Function):
    """The lease is renewed just before the manifest is written; who lost it writes none."""
    generations = {}
    for run_id in map(parse_run_id, ("held", "lost")):
        lease = rebound.landing.blob(lease_name(run_id))
        with ThreadPoolExecutor(1) as pool:
            with rebound.cloud.held("bigquery", r"bigquery\.routines\.list"):
                call = pool.submit(function.manual, run_id)
                rebound.cloud.await_fault("bigquery")
                lease.reload()
                generations[run_id] = lease.generation
                if run_id == "lost":
                    another = LeaseRecord(run_id=run_id, holder="another", term_seconds=600)
                    lease.upload_from_string(encode(another))
            answer = call.result()
        if run_id == "held":
            assert answer.json()["state"] == "complete"
    assert (answer.status_code, answer.json()["error"]) == (503, "LeaseLostError")
    assert not rebound.vault.blob("runs/lost/manifest.json").exists()
    witness = rebound.manifest("held").lease_generation
    assert witness is not None
    assert witness > generations["held"]


def test_a_lease_that_could_not_be_looked_behind_is_released(rebound: Rebound, function: Function):
    """Whoever failed just after taking it is not at the run: the next call is."""
    refused = {"match": "leases/tonight", "status": 403, "skip": 2, "times": 1}
    with rebound.cloud.fault("storage", r"storage\.objects\.get", "status", **refused):
        first = function.manual("tonight")
    assert (first.status_code, first.json()["error"]) == (422, "CloudError")
    assert not rebound.landing.blob(lease_name(parse_run_id("tonight"))).exists()
    function.complete("tonight")
