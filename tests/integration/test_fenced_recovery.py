"""A recovery is fenced: writers are paused before anything is written, and resumed when all is proven."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from manifests.store.envelope import decode, encode
from recovery.fence.model import FenceRecord
from tests.harness import LOCATION, RUN_SECONDS, Rebound, await_that, make_rebound
from tests.integration import lake
from tests.integration.configuration import (
    PUBSUB,
    call,
    enable,
    job,
    make_job,
    make_subscription,
    pause_job,
    states,
    subscription,
    with_fence,
)
from tests.served import serving
from tests.standin.cloud import Cloud
from tests.standin.firestore.creation import create_database

SCENARIO = "bigquery-dataset-loss"
WRITERS = (
    {"type": "scheduler/job", "names": ["load-*"], "writes": ["dataset *"]},
    {"type": "scheduler/job", "names": ["refill"], "writes": ["*"], "refills": True},
    {"type": "pubsub/subscription", "targets": ["raw-complete"], "writes": ["dataset *"]},
)
WAVES = ({"name": "A", "type": "pubsub/subscription"}, {"name": "B", "names": ["load-*"]})


@pytest.fixture(scope="module")
def world(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Rebound:
    """Return a platform with writers and one complete run."""
    folder, project = tmp_path_factory.mktemp("fenced"), f"fenced-{time.time_ns()}"
    with cloud.minutes_ago(24 * 60, ("firestore",)):
        create_database(project)
    bucket = f"{project}-raw"
    more: dict[str, Any] = {
        "buckets": [{"bucket": bucket}],
        "databases": [{"database": "(default)"}],
        "resources": [{"type": "pubsub/subscription"}],
    }
    catalog = lake.write_catalog(folder, **more)
    with_fence(catalog, writers=WRITERS, waves=WAVES, quiet_within_seconds=2, seek_seconds=4)
    with cloud.minutes_ago(5, ("storage",)):
        made = make_rebound(cloud, folder, project, REBOUND_CATALOG=catalog)
        made.storage_client.create_bucket(bucket, location=LOCATION)
    lake.fill(made)
    enable(made, "cloudscheduler.googleapis.com", "pubsub.googleapis.com", "run.googleapis.com")
    for name in ("load-hourly", "load-paused", "refill", "mail"):
        make_job(made, name)
    pause_job(made, "load-paused")
    services = f"run.googleapis.com/v2/projects/{project}/locations/{LOCATION}/services"
    image = {"image": "us-docker.pkg.dev/cloudrun/container/hello"}
    call(made, "POST", services, {"template": {"containers": [image]}}, serviceId="loader")
    url = call(made, "GET", f"{services}/loader")["uri"]
    make_subscription(made, "raw-sub", "raw-complete", f"{url}/process")
    with serving(made) as function:
        function.complete("night")
    return made


@pytest.fixture
def rebound(world: Rebound) -> Iterator[Rebound]:
    """Return the platform without a table; each test leaves it whole, and every writer running."""
    before, pushed = states(world), subscription(world, "raw-sub")["pushConfig"]
    world.bigquery_client.delete_table(lake.GAMES)
    yield world
    world.cloud.clear_faults("platform")
    world.cloud.clear_faults("bigquery")
    world.cloud.order("platform", "seeks", seconds=0)
    assert lake.rows(world, lake.GAMES)
    assert states(world) == before
    assert subscription(world, "raw-sub")["pushConfig"] == pushed
    assert "no fence stands" in world.run("fence", "--status").stdout


def recovery_of(rebound: Rebound) -> str:
    """Return the recovery that was begun last."""
    return max(rebound.recoveries)


def fences(rebound: Rebound) -> set[str]:
    """Return every fence there was."""
    return {blob.name.split("/")[1] for blob in rebound.landing.list_blobs(prefix="fences/")}


def tables(rebound: Rebound) -> set[str]:
    """Return the names of the tables that are there."""
    listed = rebound.bigquery_client.list_tables(lake.DATASET)
    return {f"{item.dataset_id}.{item.table_id}" for item in listed}


def test_a_plan_says_what_is_paused_and_a_report_that_it_was_resumed(rebound: Rebound):
    """Which writers fill by themselves what is missing is told; what is paused already is left."""
    planned = rebound.run("plan", SCENARIO).stdout
    assert (
        f"pause                scheduler/job refill  writes dataset {lake.DATASET}; fills"
        in planned
    )
    assert "leave                1 writer that does not run" in planned
    assert "wait                 until nothing in dataset lake has changed for 1.0 s" in planned
    done = rebound.run("recover", SCENARIO, "--yes")
    assert "3 of 3 writers paused" in done.stderr.splitlines()
    assert "4 tables looked at" not in done.stderr, "one of them is gone"
    assert "3 tables looked at for 1.0 s: 0 of them written" in done.stderr
    assert "thawed" in done.stdout
    assert "3 writers resumed" in done.stdout
    report = rebound.json("report", recovery_of(rebound))
    assert [item["resumed"] for item in report["fences"]] == [3]


def test_a_kill_leaves_a_fence_that_the_same_recovery_goes_on_with(rebound: Rebound):
    """Nothing is written before writers are paused; a recovery that is killed leaves them so."""
    there_were = fences(rebound)
    process = rebound.begin("recover", SCENARIO, "--yes")
    await_that(lambda: states(rebound)["load-hourly"] == states(rebound)["refill"] == "PAUSED")
    assert lake.GAMES not in tables(rebound)
    process.kill()
    process.communicate(RUN_SECONDS)
    (fence,) = fences(rebound) - there_were
    recovery = recovery_of(rebound)
    assert f"the recovery {recovery}" in rebound.run("fence", "--status").stdout
    resumed = rebound.run("resume", recovery, "--yes")
    assert f"thaw {fence}" in resumed.stderr
    assert fences(rebound) - there_were == {fence}


def test_a_kill_while_writers_are_paused_is_gone_on_from(rebound: Rebound):
    """Those that ran on are paused by the recovery that goes on, and resumed with the others."""
    pause = "cloudscheduler.projects.locations.jobs.pause"
    with rebound.cloud.held("platform", pause, is_done=False):
        process = rebound.begin("recover", SCENARIO, "--yes")
        rebound.cloud.await_fault("platform", process)
        process.kill()
        process.communicate(RUN_SECONDS)
    rebound.run("resume", recovery_of(rebound), "--yes")


@pytest.mark.parametrize("again", ["thaw", "resume"])
def test_a_kill_between_the_report_and_the_thaw_leaves_a_fence(rebound: Rebound, again: str):
    """All is proven and told, and nothing is resumed yet: the fence says so, and either command ends it."""
    push = "pubsub.projects.subscriptions.modifyPushConfig"
    # The first one pauses; the first wave is what is pushed.
    with rebound.cloud.fault("platform", push, "stall", seconds=30, skip=1, match=rebound.project):
        process = rebound.begin("recover", SCENARIO, "--yes")
        rebound.cloud.await_fault("platform", process)
        process.kill()
        process.communicate(60)
    recovery = recovery_of(rebound)
    report = rebound.json("report", recovery)
    assert [item["into"] for item in report["outcomes"] if item["action"] != "leave"]
    assert lake.rows(rebound, lake.GAMES)
    assert states(rebound)["load-hourly"] == states(rebound)["refill"] == "PAUSED"
    assert f"the recovery {recovery}" in rebound.run("fence", "--status").stdout
    rebound.run(again, *([recovery] if again == "resume" else []), "--yes")


def test_what_is_not_proven_stays_fenced_and_says_so(rebound: Rebound):
    """A recovery that leaves something out leaves its writers paused; a thaw by hand ends the fence."""
    table = lake.EVENTS.partition(".")[2]
    refused = {"match": f"/tables/{table}", "status": 403, "times": None}
    with rebound.cloud.fault("bigquery", "bigquery.tables.get", "status", **refused):
        # That nobody may look at one table is unknown, and not quiet.
        blind = ("--despite", f"dataset {lake.DATASET}")
        failed = rebound.run("recover", SCENARIO, *blind, "--yes", code=6)
    assert "STILL FENCED: rebound thaw fence-" in failed.stdout
    assert states(rebound)["load-hourly"] == "PAUSED"
    rebound.run("thaw", "--yes")


def test_no_more_is_resumed_than_was_paused(rebound: Rebound):
    """Who can write fences can have no schedule resumed that was paused on purpose, and stops nobody."""
    rebound.landing.blob("fences/fence-20261129T000000Z-0000/fence.json").upload_from_string("x")
    process = rebound.begin("recover", SCENARIO, "--yes")
    await_that(lambda: states(rebound)["refill"] == "PAUSED")
    planted = max(fences(rebound))
    blob = rebound.landing.blob(f"fences/{planted}/fence.json")
    record = decode(blob.download_as_bytes(), FenceRecord, subject=planted)
    other = f"projects/{rebound.project}/locations/{LOCATION}/jobs/load-paused"
    forged = record.writers[0].model_copy(update={"name": other})
    more = record.model_copy(update={"writers": (*record.writers, forged)})
    blob.upload_from_string(encode(more))
    _, err = process.communicate(RUN_SECONDS)
    assert process.returncode == 6, err
    assert "3 writers still paused: no record of the fence can be read" in err
    assert states(rebound)["load-paused"] == states(rebound)["refill"] == "PAUSED"
    blob.upload_from_string(encode(record))
    rebound.run("thaw", planted, "--yes")
    rebound.landing.blob("fences/fence-20261129T000000Z-0000/fence.json").delete()


def test_a_record_that_somebody_adds_pauses_nobody(rebound: Rebound):
    """A fence of the recovery's name that he wrote into both places: what nobody names runs on."""
    process = rebound.begin("recover", SCENARIO, "--yes")
    await_that(lambda: states(rebound)["load-hourly"] == states(rebound)["refill"] == "PAUSED")
    process.kill()
    process.communicate(60)
    fence, planted = max(fences(rebound)), "fence-20260101T000000Z-0000"
    genuine = rebound.landing.blob(f"fences/{fence}/fence.json").download_as_bytes()
    record = decode(genuine, FenceRecord, subject=fence)
    mail = f"projects/{rebound.project}/locations/{LOCATION}/jobs/mail"
    forged = record.writers[0].model_copy(update={"name": mail})
    update = {"fence_id": planted, "writers": (forged,)}
    blobs = [
        bucket.blob(f"fences/{planted}/fence.json") for bucket in (rebound.landing, rebound.vault)
    ]
    for blob in blobs:
        blob.upload_from_string(encode(record.model_copy(update=update)))
    resumed = rebound.run("resume", recovery_of(rebound), "--yes")
    assert f"left alone: {mail}: the catalog does not name it" in resumed.stderr
    paused = [line for line in resumed.stderr.splitlines() if "mail" in line]
    assert len(paused) == 1
    for blob in blobs:
        blob.delete()


def test_what_is_written_all_the_same_stops_a_recovery_before_it_writes(rebound: Rebound):
    """A writer that the catalog does not know is found by what it writes."""
    insert = f"INSERT INTO `{rebound.project}.{lake.EMPTY}` VALUES (1, 'late')"
    process = rebound.begin("recover", SCENARIO, "--yes")
    await_that(lambda: states(rebound)["load-hourly"] == "PAUSED")
    while process.poll() is None:
        rebound.query(insert)
    _, err = process.communicate(RUN_SECONDS)
    assert process.returncode == 6, err
    assert f"nothing was recovered: 1 thing still written, the first: {lake.EMPTY}" in err
    assert lake.GAMES not in tables(rebound)
    rebound.query(f"DELETE FROM `{rebound.project}.{lake.EMPTY}` WHERE TRUE")
    rebound.run("resume", recovery_of(rebound), "--yes")


def test_writers_run_on_where_somebody_says_so(rebound: Rebound):
    """The plan and the report tell it, and nothing is asked of what writes."""
    there_were = fences(rebound)
    list_jobs = "cloudscheduler.projects.locations.jobs.list"
    with rebound.cloud.fault("platform", list_jobs, "status", status=403, times=None):
        hint = rebound.run("recover", SCENARIO, "--yes", code=9).stderr
        assert "`--no-fence` recovers while writers run" in hint
        assert "NOT FENCED" in rebound.run("plan", SCENARIO, "--no-fence").stdout
        done = rebound.run("recover", SCENARIO, "--no-fence", "--yes")
    assert "NOT FENCED: what writes to dataset lake ran meanwhile" in done.stdout
    assert fences(rebound) == there_were


def test_a_copy_is_nobodys_and_is_not_fenced(rebound: Rebound):
    """What goes elsewhere has no writers."""
    told = rebound.run("plan", SCENARIO, "--into-prefix", "copy_").stdout
    assert "pause" not in told
    rebound.run("recover", SCENARIO, "--yes")


def delivered(rebound: Rebound) -> list[dict[str, Any]]:
    """Return every message that was pushed."""
    calls = rebound.cloud.order("platform", "calls")["calls"]
    return [json.loads(item["body"]) for item in calls if "/process" in item["url"]]


def test_a_thaw_tells_what_comes_and_discards_what_waits(rebound: Rebound):
    """In waves, with what fires in the next hour; what waits for a subscription goes when asked.

    A seek has its effect after its answer: what is pushed before that would be delivered.
    """
    rebound.run("recover", SCENARIO, "--yes")
    rebound.run("fence", "--yes")
    rebound.cloud.order("platform", "seeks", seconds=1)
    topic = f"{PUBSUB}/projects/{rebound.project}/topics/raw-complete"
    call(rebound, "POST", f"{topic}:publish", {"messages": [{"data": "c3RhbGU="}]})
    name = f"projects/{rebound.project}/subscriptions/raw-sub"
    assert rebound.cloud.order("platform", "backlog")["backlog"][name] == 1
    status = rebound.run("fence", "--status").stdout
    assert "delivers pubsub/subscription raw-sub: what waits, 1 message some minutes" in status
    told = rebound.run("thaw", "--wave", "A", "--seek-past", "--yes")
    assert "raw-sub: what waits, 1 message some minutes ago, since" in told.stdout
    assert "is sought past" in told.stdout
    assert "discarded  what waited for pubsub/subscription raw-sub before" in told.stderr
    assert "wave A: 1" in told.stderr
    assert name not in rebound.cloud.order("platform", "backlog")["backlog"]
    assert not [item for item in delivered(rebound) if item["message"]["data"] == "c3RhbGU="]
    assert job(rebound, "load-hourly")["state"] == "PAUSED"
    assert "no such wave; there are: A, B" in rebound.run("thaw", "--wave", "C", code=2).stderr
    rebound.run("thaw", "--yes")


def test_what_a_fence_holds_is_what_it_was(rebound: Rebound):
    """A subscription that is pulled behind a fence is no difference, in no plan and no proof."""
    rebound.run("fence", "--yes")
    assert "pushEndpoint" not in subscription(rebound, "raw-sub").get("pushConfig", {})
    done = rebound.run("recover", "complete-outage", "--yes")
    assert "differs" not in done.stdout
    assert "pushEndpoint" not in subscription(rebound, "raw-sub").get("pushConfig", {})
    rebound.run("thaw", "--yes")
