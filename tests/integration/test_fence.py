"""`rebound fence` pauses the writers of what is restored; `rebound thaw` resumes exactly those."""

import base64
import re
import signal
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from google.cloud import storage

from manifests.kinds.resources.table import resource_type
from manifests.store.envelope import decode, encode
from recovery.fence.model import FenceRecord, ThawRecord
from recovery.fence.rules import rest_digest
from tests.harness import RUN_SECONDS, Rebound, await_that
from tests.integration import lake
from tests.integration.configuration import (
    PUBSUB,
    call,
    enable,
    job,
    jobs_path,
    make_job,
    make_subscription,
    pause_job,
    states,
    subscription,
    with_fence,
)

WRITERS = (
    {"type": "scheduler/job", "names": ["load-*", "refill"], "writes": ["dataset *"]},
    {"type": "scheduler/job", "targets": ["https://scraper.*"], "writes": ["bucket *"]},
    {"type": "pubsub/subscription", "targets": ["raw-complete"], "writes": ["dataset *"]},
)
JOBS = "cloudscheduler.projects.locations.jobs"
PUSHED = {"pushEndpoint": "https://mail.example/process", "attributes": {"x-goog-version": "v1"}}


@pytest.fixture
def rebound(new_rebound: Callable[..., Rebound], tmp_path: Path) -> Rebound:
    """Return a platform with schedules, some of which write, some paused on purpose."""
    catalog = lake.write_catalog(tmp_path)
    with_fence(catalog, writers=WRITERS)
    made = new_rebound(REBOUND_CATALOG=catalog)
    lake.create(made)
    enable(made, "cloudscheduler.googleapis.com", "pubsub.googleapis.com")
    for name in ("load-hourly", "load-paused", "refill", "mail"):
        make_job(made, name)
    pause_job(made, "load-paused")
    make_subscription(made, "raw-sub", "raw-complete", PUSHED["pushEndpoint"])
    return made


def fenced(rebound: Rebound) -> str:
    """Fence the platform's datasets and return the fence's id."""
    told = rebound.run("fence", "--why", "a test", "--yes")
    return told.stderr.split("fence ")[1].split()[0]


def test_only_writers_are_paused_and_exactly_those_resumed(rebound: Rebound):
    """What was paused on purpose stays so, whatever the fence did beside it."""
    before = states(rebound)
    told = rebound.run("fence", "--yes").stdout
    assert states(rebound) == {
        "load-hourly": "PAUSED",
        "load-paused": "PAUSED",
        "refill": "PAUSED",
        "mail": "ENABLED",
    }
    assert "pushEndpoint" not in subscription(rebound, "raw-sub").get("pushConfig", {})
    assert "3 of 3 writers paused" in told
    assert "4 tables looked at for 1.0 s: 0 of them written" in told
    rebound.run("thaw", "--yes")
    assert states(rebound) == before
    assert subscription(rebound, "raw-sub")["pushConfig"] == PUSHED
    assert "no fence stands" in rebound.run("fence", "--status").stdout


def test_what_exports_is_stopped_and_writes_again(rebound: Rebound):
    """A subscription that writes a table has no push: it is pulled until a thaw, and loses nothing."""
    root = f"{PUBSUB}/projects/{rebound.project}"
    export = {"table": f"{rebound.project}.{lake.EMPTY}", "useTableSchema": True}
    body = {"topic": f"projects/{rebound.project}/topics/raw-complete", "bigqueryConfig": export}
    call(rebound, "PUT", f"{root}/subscriptions/rows", body)

    def publish(row: bytes) -> None:
        message = {"data": base64.b64encode(row).decode()}
        call(rebound, "POST", f"{root}/topics/raw-complete:publish", {"messages": [message]})

    publish(b'{"id": 1}')
    await_that(lambda: len(lake.rows(rebound, lake.EMPTY)) == 1)
    fence = fenced(rebound)
    assert "bigqueryConfig" not in subscription(rebound, "rows")
    publish(b'{"id": 2}')
    rebound.cloud.order("platform", "deliveries")
    assert len(lake.rows(rebound, lake.EMPTY)) == 1
    told = rebound.run("thaw", fence, "--yes").stdout
    assert f"rows  sends to {export['table']}" in told
    assert subscription(rebound, "rows")["bigqueryConfig"] == export
    await_that(lambda: len(lake.rows(rebound, lake.EMPTY)) == 2)


def test_nothing_is_paused_without_a_yes(rebound: Rebound):
    """The plan is shown, and refused where nobody is there to agree."""
    before = states(rebound)
    refused = rebound.run("fence", code=5)
    assert "pause  scheduler/job load-hourly  writes dataset" in refused.stdout
    assert "nobody is there to say yes" in refused.stderr
    assert states(rebound) == before
    assert "no fence stands" in rebound.run("fence", "--status").stdout


def test_a_fence_is_thawed_once(rebound: Rebound):
    """A thaw that is over is told, and repeats nothing."""
    name = fenced(rebound)
    assert name in rebound.run("fence", "--status").stdout
    rebound.run("thaw", name, "--yes")
    pause_job(rebound, "refill")
    assert "it was thawed at" in rebound.run("thaw", name, "--yes", code=5).stderr
    assert states(rebound)["refill"] == "PAUSED"


def test_what_changed_meanwhile_is_left_and_told(rebound: Rebound):
    """Deleted, resumed and changed writers are left; the changed one waits for a word."""
    name = fenced(rebound)
    call(rebound, "DELETE", f"{jobs_path(rebound)}/refill")
    changed = {"schedule": "0 7 * * *"}
    call(rebound, "PATCH", f"{jobs_path(rebound)}/load-hourly", changed, updateMask="schedule")
    told = rebound.run("thaw", name, "--yes", code=7)
    assert "leave   scheduler/job refill: it was deleted meanwhile" in told.stdout
    assert "1 writer changed meanwhile, and still paused" in told.stderr
    assert states(rebound)["load-hourly"] == "PAUSED"
    assert subscription(rebound, "raw-sub")["pushConfig"] == PUSHED
    rebound.run("thaw", name, "--changed", "--yes")
    assert job(rebound, "load-hourly")["state"] == "ENABLED"
    assert job(rebound, "load-hourly")["schedule"] == "0 7 * * *"


def test_a_writer_that_cannot_be_paused_is_told(rebound: Rebound):
    """One refusal stops no other; the fence is none and says so."""
    with rebound.cloud.fault("platform", f"{JOBS}.pause", "status", status=403):
        failed = rebound.run("fence", "--yes", code=9)
    assert "FAILED  scheduler/job" in failed.stdout
    assert sorted(states(rebound).values()).count("PAUSED") == 2
    again = rebound.run("fence", "--yes").stdout
    assert "3 of 3 writers paused" in again, "what the first one paused is a part of it"
    assert rebound.run("fence", "--status").stdout.count("fence-") == 2


def test_what_is_written_all_the_same_is_not_quiet(rebound: Rebound):
    """A writer that the catalog does not know is found by what it writes."""
    process, games = rebound.begin("fence", "--yes"), f"{rebound.project}.{lake.DATASET}.games"
    await_that(lambda: states(rebound)["load-hourly"] == "PAUSED")
    while process.poll() is None:
        rebound.query(f"INSERT INTO `{games}` (game_id) VALUES ('late')")
    out, err = process.communicate(RUN_SECONDS)
    assert process.returncode == 7
    assert "WRITTEN" in out
    assert "still written, the first: " in err


@pytest.mark.parametrize("when", ["fence", "thaw"])
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_kill_at_any_moment_is_gone_on_from(rebound: Rebound, when: str, how: signal.Signals):
    """What a killed fence had paused is written down: a thaw resumes all of it, as Ctrl-C says."""
    before = states(rebound)
    if when == "thaw":
        fenced(rebound)
    order = f"{JOBS}.{'pause' if when == 'fence' else 'resume'}"
    with rebound.cloud.held("platform", order, is_done=False):
        process = rebound.begin(when, "--yes")
        rebound.cloud.await_fault("platform", process)
        process.kill(how)
        _, told = process.communicate(RUN_SECONDS)
    assert how == signal.SIGKILL or re.search(r"\ninterrupted; .*`rebound thaw fence-", told)
    rebound.run("thaw", "--yes")
    assert states(rebound) == before


@pytest.mark.parametrize(
    "forged",
    [
        {"type": "pubsub/topic", "name": "projects/{project}/topics/raw-complete"},
        {"type": "scheduler/job", "name": "projects/{project}/locations/us-west2/jobs/mail:run"},
    ],
    ids=lambda forged: forged["type"],
)
def test_a_record_that_somebody_forged_orders_nothing(rebound: Rebound, forged: dict[str, str]):
    """What is no writer, and no name of one, is refused before anything is asked of it."""
    fence = fenced(rebound)
    before = states(rebound)
    update = {"type": forged["type"], "name": forged["name"].format(project=rebound.project)}
    forge(fence, update, rebound.landing)
    assert "its two records differ" in rebound.run("thaw", "--yes", code=4).stderr
    forge(fence, update, rebound.vault)
    assert "not the name of any writer" in rebound.run("thaw", "--yes", code=4).stderr
    assert states(rebound) == before


def forge(fence: str, update: dict[str, Any], bucket: storage.Bucket) -> None:
    """Have a record of a fence name one writer, forged of its subscription's."""
    blob = bucket.blob(f"fences/{fence}/fence.json")
    record = decode(blob.download_as_bytes(), FenceRecord, subject=fence)
    (pushed,) = (item for item in record.writers if item.type == "pubsub/subscription")
    forged = (pushed.model_copy(update=update),)
    blob.upload_from_string(encode(record.model_copy(update={"writers": forged})))


def test_a_record_that_cannot_be_read_hides_no_other_fence(rebound: Rebound):
    """What can be read is listed, and thawed where none is named; the other is named, and ends it 4."""
    before = states(rebound)
    fence, planted = fenced(rebound), "fence-20260101T000000Z-abcd"
    name = f"fences/{planted}/fence.json"
    rebound.landing.blob(name).upload_from_string("garbage")
    told = rebound.run("fence", "--status", code=4)
    assert fence in told.stdout
    assert planted not in told.stdout
    assert f"{name}: not a whole JSON document" in told.stderr
    assert [item["fence_id"] for item in rebound.json("fence", "--status", code=4)] == [fence]
    told = rebound.run("thaw", "--yes", code=4)
    assert "3 of 3 writers resumed" in told.stdout
    assert "1 fence cannot be read" in told.stderr
    assert states(rebound) == before
    assert "1 fence cannot be read" in rebound.run("thaw", "--yes", code=4).stderr
    assert "not a whole JSON document" in rebound.run("thaw", planted, "--yes", code=4).stderr


def test_an_address_that_nothing_bears_out_needs_a_word(rebound: Rebound):
    """Where a thaw has messages sent is shown; a host that is none of the project's is refused."""
    fence = fenced(rebound)
    evil = {
        "pushEndpoint": "https://evil.example/steal",
        "oidcToken": {"serviceAccountEmail": "a@b"},
    }
    for bucket in (rebound.landing, rebound.vault):
        forge(fence, {"before": evil}, bucket)
    refused = rebound.run("thaw", "--yes", code=5)
    assert "raw-sub  sends to https://evil.example/steal as a@b" in refused.stdout
    assert "where nothing of the project is" in refused.stderr
    assert "`--address evil.example` allows it" in refused.stderr
    assert "pushEndpoint" not in subscription(rebound, "raw-sub").get("pushConfig", {})
    rebound.run("thaw", "--address", "evil.example", "--yes")
    assert subscription(rebound, "raw-sub")["pushConfig"]["pushEndpoint"] == evil["pushEndpoint"]


def test_a_writer_that_nothing_bears_out_needs_a_word(rebound: Rebound):
    """One that the catalog does not name stays paused, and so does all that one bucket alone says."""
    fence = fenced(rebound)
    pause_job(rebound, "mail")
    path = f"projects/{rebound.project}/locations/us-west2/jobs/mail"
    mail = job(rebound, "mail")
    kind = resource_type("scheduler/job")
    named = {"type": "scheduler/job", "name": path, "before": "ENABLED"}
    named["sha256"] = rest_digest(kind, mail)
    for bucket in (rebound.landing, rebound.vault):
        forge(fence, named, bucket)
    refused = rebound.run("thaw", "--yes", code=5)
    assert "the catalog does not name it among the writers" in refused.stderr
    assert "`--writer mail` allows it" in refused.stderr
    assert states(rebound)["mail"] == "PAUSED"
    rebound.run("thaw", "--writer", "mail", "--yes")
    assert states(rebound)["mail"] == "ENABLED"

    planted = "fence-20260101T000000Z-0000"
    blob = rebound.vault.blob(f"fences/{fence}/fence.json")
    record = decode(blob.download_as_bytes(), FenceRecord, subject=fence)
    (writer,) = record.writers
    paused = writer.model_copy(update={"name": path.replace("mail", "load-paused")})
    paused = paused.model_copy(update={"sha256": rest_digest(kind, job(rebound, "load-paused"))})
    forged = record.model_copy(update={"fence_id": planted, "writers": (paused,)})
    rebound.vault.blob(f"fences/{planted}/fence.json").upload_from_string(encode(forged))
    refused = rebound.run("thaw", planted, "--yes", code=5)
    assert "only one of the two records of the fence names it" in refused.stderr
    assert states(rebound)["load-paused"] == "PAUSED"


def test_what_somebody_planted_beside_a_fence_neither_ends_nor_holds_it(rebound: Rebound):
    """An end that one bucket alone tells is none; what a fence in both says otherwise holds nothing."""
    before, fence = states(rebound), fenced(rebound)
    ended = ThawRecord(fence_id=fence, thawed_at=datetime(2026, 11, 29, tzinfo=UTC), resumed=())
    rebound.landing.blob(f"fences/{fence}/thawed.json").upload_from_string(encode(ended))
    told = rebound.run("fence", "--status")
    assert fence in told.stdout
    assert "only one of the two buckets has it" in told.stderr
    planted, name = "fence-20260101T000000Z-0000", f"fences/{fence}/fence.json"
    record = decode(rebound.vault.blob(name).download_as_bytes(), FenceRecord, subject=name)
    held, pushed = sorted(record.writers, key=lambda item: item.type)[-2:]
    other = pushed.model_copy(update={"before": {"pushEndpoint": "https://other/"}})
    forged = record.model_copy(update={"fence_id": planted, "writers": (held, other)})
    for bucket in (rebound.landing, rebound.vault):
        bucket.blob(name.replace(fence, planted)).upload_from_string(encode(forged))
    told = rebound.run("thaw", fence, "--yes")
    assert "2 of 2 writers resumed" in told.stdout
    assert f"{planted} holds it too, and resumes it; NOT CHECKED who wrote that" in told.stdout
    rebound.run("thaw", planted, "--yes")
    assert states(rebound) == before
