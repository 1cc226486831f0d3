"""One night: what a call of the served function leaves in the vault."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from google.cloud import storage

from manifests.kinds.tables.kind import TABLES
from tests.harness import CLOCK_SECONDS, Rebound, await_that, minutes_ago, whole_minute
from tests.integration import lake
from tests.served import Function, serving

# A third of it passes before it is renewed: the rest is what a slow machine may renew it too late.
LEASE_SECONDS = 12


def vault_objects(rebound: Rebound, prefix: str = "runs/") -> dict[str, storage.Blob]:
    """Return what the vault holds below a prefix."""
    return {blob.name: blob for blob in rebound.vault.list_blobs(prefix=prefix)}


def jobs_of(rebound: Rebound, kind: str) -> list[Any]:
    """Return the project's jobs of one kind, oldest first."""
    jobs = [job for job in rebound.bigquery_client.list_jobs() if job.job_type == kind]
    return sorted(jobs, key=lambda job: job.created)


def test_scheduled_run_is_complete(rebound: Rebound, function: Function):
    """A call as Cloud Scheduler makes it leaves a manifest that lists every object as it is."""
    scheduled_at = whole_minute(before=timedelta(minutes=1))
    answer = function.scheduled(scheduled_at)
    assert answer.status_code == 200, answer.text
    summary = answer.json()
    assert summary["state"] == "complete"
    assert summary["run_id"] == f"nightly-{scheduled_at:%Y%m%dT%H%M%SZ}"

    manifest = rebound.manifest(summary["run_id"])
    assert {table.name for table in manifest.tables} == set(lake.TABLES)
    there = vault_objects(rebound, f"runs/{manifest.run_id}/tables/")
    listed = {stored.name: stored for table in manifest.tables for stored in table.objects}
    assert set(there) == set(listed)
    for name, stored in listed.items():
        blob = there[name]
        assert (blob.size, blob.crc32c, blob.generation) == (
            stored.size_bytes,
            stored.crc32c,
            stored.generation,
        )
    assert manifest.recovery_point.second == 0
    (skew,) = manifest.skews
    assert (skew.kind, skew.name) == ("tables", lake.DATASET)
    assert skew.subject == f"definitions of {lake.DATASET}"
    assert skew.skew_seconds == (manifest.finished_at - manifest.recovery_point).total_seconds()
    assert not list(rebound.landing.list_blobs(prefix="extracts/"))
    assert not list(rebound.bigquery_client.list_tables("rebound_scratch"))


def test_manifest_counts_what_was_there_at_the_recovery_point(rebound: Rebound, function: Function):
    """Row counts and partitions of the manifest are those an independent query finds at T."""
    function.complete("count")
    manifest = rebound.manifest("count")
    at = f"{manifest.recovery_point:%Y-%m-%d %H:%M:%S}+00:00"
    for table in manifest.tables:
        found = lake.rows(rebound, table.name, at)
        assert table.fingerprint.row_count == len(found), table.name
    games = manifest.part(TABLES, lake.GAMES)
    assert games is not None
    assert {item.partition_id for item in games.partitions} >= {
        "__NULL__",
        "20240103",
        "__UNPARTITIONED__",
    }
    types = manifest.part(TABLES, lake.TYPES)
    assert types is not None
    assert {item.path: item.encoding for item in types.encodings} == {
        "local_at": "datetime",
        "huge": "bignumeric",
        "nested": "record",
    }
    empty = manifest.part(TABLES, lake.EMPTY)
    assert empty is not None
    assert empty.fingerprint.row_count == 0
    assert len(empty.objects) == 1


def test_second_call_changes_nothing(rebound: Rebound, function: Function):
    """A run that is complete answers 200 again, without the time it took; nothing is added."""
    first = function.complete("once")
    assert first.pop("duration_seconds") > 0
    objects = {name: blob.generation for name, blob in vault_objects(rebound).items()}
    jobs = len(list(rebound.bigquery_client.list_jobs()))
    assert function.complete("once") == first
    assert {name: blob.generation for name, blob in vault_objects(rebound).items()} == objects
    assert len(list(rebound.bigquery_client.list_jobs())) == jobs


def test_two_calls_at_once_make_one_run(rebound: Rebound, function: Function):
    """Of two calls for one run at the same moment one works, the other is told to come back."""
    with (
        rebound.cloud.fault("bigquery", "bigquery.jobs.insert", "latency", seconds=1, times=3),
        ThreadPoolExecutor(2) as pool,
    ):
        answers = list(pool.map(function.manual, ["pair", "pair"]))
    assert {answer.status_code for answer in answers} <= {200, 503}
    assert 200 in {answer.status_code for answer in answers}
    for answer in answers:
        if answer.status_code == 503:
            assert answer.json()["error"] == "RunInProgressError"
    function.complete("pair")
    assert len(jobs_of(rebound, "extract")) == len(lake.TABLES)

    with ThreadPoolExecutor() as pool, rebound.cloud.held("bigquery", "bigquery.jobs.insert"):
        working = pool.submit(function.manual, "held")
        rebound.cloud.await_fault("bigquery")
        assert function.manual("held").json()["error"] == "RunInProgressError"
    assert working.result().status_code == 200
    told = [line for line in function.log_lines() if line.get("run_id") == "held"]
    (busy,) = [line for line in told if line["severity"] not in ("DEBUG", "INFO")]
    assert (busy["severity"], busy["message"]) == ("WARNING", "another call is at the run")


def test_unchanged_partitions_are_referenced(rebound: Rebound, function: Function):
    """The next night exports the one partition that changed, and lists the objects of all."""
    function.complete("monday", recovery_point=minutes_ago(3))
    with rebound.cloud.minutes_ago(2):
        rebound.query(
            f"UPDATE `{rebound.project}.{lake.GAMES}` SET points = 1 "
            "WHERE game_date = DATE '2024-01-05'"
        )
    function.complete("tuesday")
    monday, tuesday = rebound.manifest("monday"), rebound.manifest("tuesday")
    before, after = (item.part(TABLES, lake.GAMES) for item in (monday, tuesday))
    assert before is not None
    assert after is not None
    new = [export for export in after.exports if export.run_id == "tuesday"]
    assert [export.partition_id for export in new] == ["20240105"]
    assert {item.name for item in before.objects} < {item.name for item in after.objects}
    types = [item.part(TABLES, lake.TYPES) for item in (monday, tuesday)]
    assert types[0].exports == types[1].exports


def test_lost_earlier_object_is_exported_again(rebound: Rebound, function: Function):
    """An earlier export that the vault lost is not referenced: its partitions are exported anew."""
    function.complete("monday")
    kept = rebound.manifest("monday").part(TABLES, lake.TYPES)
    assert kept is not None
    rebound.vault.blob(kept.objects[0].name).delete()
    function.complete("tuesday")
    types = rebound.manifest("tuesday").part(TABLES, lake.TYPES)
    assert types is not None
    assert {export.run_id for export in types.exports} == {"tuesday"}
    assert rebound.run("verify", "tuesday").returncode == 0


def test_failing_table_leaves_a_partial_run(rebound: Rebound, function: Function):
    """One table that cannot be exported makes the run partial, and selection passes it over."""
    function.complete("good")
    rebound.cloud.order(
        "bigquery",
        "job-faults",
        job=r"rebound-bad-\d+__lake__types.*-extract",
        reason="accessDenied",
        message="no",
        times=1,
    )
    answer = function.manual("bad", full=True)
    assert answer.status_code == 422, answer.text
    assert "lake.types" in answer.json()["message"]

    states = {run["run_id"]: run["state"] for run in rebound.json("list")}
    assert states == {"good": "complete", "bad": "partial"}
    plan = rebound.json("plan", "bigquery-dataset-loss")
    assert plan["run_id"] == "good"
    assert [run["run_id"] for run in plan["passed_over"]] == ["bad"]
    assert "bad" in rebound.run("plan", "bigquery-dataset-loss").stdout
    rebound.run("plan", "bigquery-dataset-loss", "--run", "bad", code=3)

    before = {job.job_id for kind in ("extract", "query") for job in jobs_of(rebound, kind)}
    function.complete("bad", full=True)
    after = {job.job_id for kind in ("extract", "query") for job in jobs_of(rebound, kind)}
    steps = [name.partition("__")[2] for name in sorted(after - before)]
    assert [name.split("-")[1] for name in steps] == ["count", "extract", "measure"]
    assert all(name.startswith("lake__types") for name in steps)


@pytest.mark.parametrize(
    ("service", "operation"),
    [
        ("storage", r"storage\.objects\.insert"),
        ("storage", r"storage\.objects\.rewrite"),
        ("storage", r"storage\.objects\.delete"),
        ("bigquery", r"bigquery\.jobs\.insert"),
        ("bigquery", r"bigquery\.tables\.delete"),
    ],
)
def test_lost_answers_cost_nothing(
    rebound: Rebound, function: Function, service: str, operation: str
):
    """Answers lost after the work was done, at every kind of write, change nothing of the run."""
    with rebound.cloud.fault(service, operation, "lost", times=4):
        function.complete("lossy")
    manifest = rebound.manifest("lossy")
    assert rebound.run("verify", "lossy").returncode == 0
    names = {stored.name for table in manifest.tables for stored in table.objects}
    abandoned = {item.name for item in manifest.abandoned}
    assert set(vault_objects(rebound, "runs/lossy/tables/")) == names | abandoned


@pytest.mark.parametrize("kind", ["reset", "status"])
def test_passing_faults_are_tried_again(rebound: Rebound, function: Function, kind: str):
    """Broken connections and 503 answers pass, and the run is complete in the same call."""
    with (
        rebound.cloud.fault("storage", r"storage\..*", kind, times=3, skip=5),
        rebound.cloud.fault("bigquery", r"bigquery\..*", kind, times=3, skip=5),
    ):
        function.complete("shaky")
    assert rebound.run("verify", "shaky").returncode == 0


def test_flipped_byte_on_the_way_is_noticed(rebound: Rebound, function: Function):
    """A byte that changes while the function reads an extract is never stored as good."""
    with rebound.cloud.fault(
        "storage", r"storage\.objects\.get", "flip", match="alt=media.*|.*avro", times=1
    ):
        answer = function.manual("flipped")
    assert answer.status_code in (200, 503), answer.text
    function.complete("flipped")
    assert rebound.run("verify", "flipped").returncode == 0


def test_a_lost_machine_is_taken_over(rebound: Rebound):
    """When the machine is lost in the middle, the lease keeps others out, then one finishes."""
    with (
        serving(rebound) as first,
        rebound.cloud.held("bigquery", r"bigquery\.jobs\.get", times=None),
        ThreadPoolExecutor(1) as pool,
    ):
        call = pool.submit(first.manual, "taken")
        rebound.cloud.await_fault("bigquery")
        first.kill()
        with pytest.raises(requests.ConnectionError):
            call.result()
    with serving(rebound) as second:
        refused = second.manual("taken")
        assert (refused.status_code, refused.json()["error"]) == (503, "RunInProgressError")
        rebound.expire_lease("taken")
        assert second.complete("taken")["state"] == "complete"
    freezes = [job.job_id for job in jobs_of(rebound, "query") if "-freeze" in job.job_id]
    assert len(freezes) == len(lake.TABLES), "what the first began was begun again"
    assert rebound.run("verify", "taken").returncode == 0


def test_paused_machine_notices_that_it_was_replaced(rebound: Rebound):
    """A machine that stood still past its lease, and goes on, is told that another took over."""
    with (
        serving(rebound, REBOUND_LEASE_SECONDS=str(LEASE_SECONDS)) as first,
        ThreadPoolExecutor(1) as pool,
    ):
        with rebound.cloud.held("bigquery", r"bigquery\.jobs\.get", times=None):
            call = pool.submit(first.manual, "paused")
            rebound.cloud.await_fault("bigquery")
            os.killpg(first.process.pid, signal.SIGSTOP)
        (lease,) = rebound.landing.list_blobs(prefix="leases/")
        over = lease.updated + timedelta(seconds=LEASE_SECONDS) + CLOCK_SECONDS
        await_that(lambda: datetime.now(UTC) > over)
        with serving(rebound) as second:
            assert second.complete("paused")["state"] == "complete"
        os.killpg(first.process.pid, signal.SIGCONT)
        answer = call.result()
    assert (answer.status_code, answer.json()["error"]) == (503, "LeaseLostError")
    assert rebound.run("verify", "paused").returncode == 0


def test_manifest_that_came_first_stays(rebound: Rebound, function: Function):
    """A manifest is never written over, whoever wrote it; one that is not ours is no success."""
    name = "runs/late/manifest.json"
    with ThreadPoolExecutor(1) as pool:
        with rebound.cloud.held("bigquery", r"bigquery\.routines\.list"):
            call = pool.submit(function.manual, "late")
            rebound.cloud.await_fault("bigquery")
            rebound.vault.blob(name).upload_from_string(b"not ours")
        answer = call.result()
    assert answer.json()["error"] == "ManifestTruncatedError"
    assert rebound.vault.blob(name).download_as_bytes() == b"not ours"


def test_object_in_the_way_is_not_overwritten(rebound: Rebound, function: Function):
    """What is in the vault under a name of the run, and is something else, stays and is told of."""
    blob = rebound.vault.blob(f"runs/taken/tables/{lake.EMPTY}/all/001/000000000000.avro")
    blob.upload_from_string(b"somebody's")
    answer = function.manual("taken")
    assert answer.status_code == 422, answer.text
    assert f"{blob.name}: something else lies there" in answer.json()["message"]
    assert blob.download_as_bytes() == b"somebody's"
