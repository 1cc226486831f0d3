"""A bucket whose recovery or backup is disturbed: by writers, lost answers, and the loss of itself."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from google.api_core.exceptions import PreconditionFailed
from google.cloud import storage

from manifests.inventory import ShardWriter
from manifests.kinds.buckets.model import ObjectRecord, ObjectVersion
from tests.harness import RUN_SECONDS, Rebound, of_kind
from tests.integration.bucket_objects import (
    back_up,
    content_of,
    fill,
    looked_at,
    make_bucket,
    put,
)
from tests.served import Function, serving

SCENARIO = "gcs-bucket-corruption"
MANY = tuple(f"day/{number:04d}" for number in range(400))


def test_object_written_after_the_plan_is_left(raw: Rebound, night: Function):
    """What a writer stores before the recovery looks again is kept, whatever may be replaced."""
    bucket = make_bucket(raw)
    fill(raw, bucket, ("a", "b"))
    back_up(night)
    put(bucket, "a", b"garbage")
    put(bucket, "b", b"garbage")
    with raw.cloud.held("storage", "storage.objects.insert"):
        process = raw.begin("recover", SCENARIO, "--yes", "--overwrite", "*", "--json")
        raw.cloud.await_fault("storage", process)
        put(bucket, "b", b"a writer's")
    out, err = process.communicate(RUN_SECONDS)
    assert process.returncode == 6, out + err
    assert "1 changed while the recovery ran" in out
    assert bucket.blob("b").download_as_bytes() == b"a writer's"
    assert bucket.blob("a").download_as_bytes() == content_of("a")

    # What the journal says of a part is no proof: it is looked at again.
    bucket.blob("a").delete()
    recovery = json.loads(out)["recovery_id"]
    raw.run("resume", recovery, "--overwrite", "*", "--yes", code=6)
    assert bucket.blob("a").download_as_bytes() == content_of("a")


@pytest.mark.parametrize("soft_delete_days", [0, 7])
def test_object_written_meanwhile_is_left(raw: Rebound, night: Function, soft_delete_days: int):
    """What a writer stores while the recovery runs is neither replaced nor lost, and is told of."""
    bucket = make_bucket(raw, soft_delete_days=soft_delete_days)
    fill(raw, bucket, ("a", "b", "c"))
    back_up(night)
    bucket.blob("b").delete()
    put(bucket, "c", b"garbage")
    operation = "storage.objects.restore" if soft_delete_days else "storage.objects.rewrite"
    with raw.cloud.held("storage", operation, times=None):
        process = raw.begin("recover", SCENARIO, "--yes", "--overwrite", "*", "--json")
        raw.cloud.await_fault("storage", process)
        put(bucket, "b", b"a writer's")
        put(bucket, "c", b"another writer's")
        put(bucket, "new", b"new")
    out, err = process.communicate(RUN_SECONDS)
    assert process.returncode == 6, out + err
    outcome = of_kind(json.loads(out), "bucket")[0]
    changed = [item for item in outcome["left"] if item["reason"] == "changed"]
    assert sorted(name for item in changed for name in item["names"]) == ["b", "c"]
    now = {name: look[0] for name, look in looked_at(bucket).items()}
    assert now == {
        "a": content_of("a"),
        "b": b"a writer's",
        "c": b"another writer's",
        "new": b"new",
    }


def damage(bucket: storage.Bucket) -> None:
    """Delete, overwrite and relabel objects, and add one."""
    bucket.blob("deleted").delete()
    put(bucket, "overwritten", b"garbage")
    relabelled = bucket.blob("relabelled")
    relabelled.metadata = {"bad": "yes"}
    relabelled.patch()
    put(bucket, "extra", b"extra")


@pytest.mark.parametrize(
    ("operation", "soft_delete_days"),
    [
        ("storage.objects.rewrite", 0),
        ("storage.objects.restore", 7),
        ("storage.objects.patch", 7),
        ("storage.objects.delete", 7),
        ("storage.objects.insert", 7),
    ],
)
def test_lost_answers_change_nothing(
    raw: Rebound, night: Function, operation: str, soft_delete_days: int
):
    """A write whose answer never arrives is not done twice, and the recovery is proven."""
    bucket = make_bucket(raw, soft_delete_days=soft_delete_days)
    fill(raw, bucket, ("deleted", "overwritten", "relabelled", "untouched"))
    before = looked_at(bucket)
    back_up(night)
    damage(bucket)
    with raw.cloud.fault("storage", operation, "lost", times=3):
        report = raw.json("recover", SCENARIO, "--yes", "--overwrite", "*", "--exact")
    assert of_kind(report, "bucket")[0]["moved_aside"] == 1
    assert looked_at(bucket) == before
    assert len(list(raw.landing.list_blobs(prefix="undo/"))) == (1 if soft_delete_days else 2)


def test_what_a_killed_attempt_moved_is_counted(raw: Rebound, night: Function):
    """What an attempt moved aside before it was killed is in the number that the end tells."""
    bucket = make_bucket(raw)
    fill(raw, bucket, ("a",))
    back_up(night)
    for number in range(60):
        put(bucket, f"extra/{number:02d}", b"extra")
    with raw.cloud.held("storage", "storage.objects.delete", is_done=False, skip=5, times=None):
        process = raw.begin("recover", SCENARIO, "--yes", "--exact")
        raw.cloud.await_fault("storage", process)
        process.kill()
        process.communicate(RUN_SECONDS)
    assert len(looked_at(bucket)) < 61
    (recovery,) = raw.recoveries
    report = raw.json("resume", recovery, "--exact", "--yes")
    assert of_kind(report, "bucket")[0]["moved_aside"] == 60
    assert set(looked_at(bucket)) == {"a"}


def test_lost_answer_of_the_new_bucket(raw: Rebound, night: Function):
    """A bucket whose creation was not answered is not taken for somebody else's."""
    bucket = make_bucket(raw, soft_delete_days=0)
    fill(raw, bucket, ("a", "b"))
    before = looked_at(bucket)
    back_up(night)
    bucket.delete(force=True)
    with raw.cloud.fault("storage", "storage.buckets.insert", "lost"):
        raw.run("recover", SCENARIO, "--yes")
    assert looked_at(bucket) == before


@pytest.mark.parametrize("soft_delete_days", [0, 7])
def test_killed_recovery_is_resumed(raw: Rebound, night: Function, soft_delete_days: int):
    """A recovery that is killed among its writes ends equal when it is resumed."""
    bucket = make_bucket(raw, soft_delete_days=soft_delete_days)
    fill(raw, bucket, MANY)
    before = looked_at(bucket)
    back_up(night)
    for number, name in enumerate(MANY):
        if number % 3:
            bucket.blob(name).delete()
        else:
            put(bucket, name, b"garbage")
    operation = "storage.objects.(restore|rewrite)"
    with raw.cloud.held("storage", operation, skip=len(MANY) // 2, times=None):
        process = raw.begin("recover", SCENARIO, "--yes", "--overwrite", "*", "--json")
        raw.cloud.await_fault("storage", process)
        process.kill()
        process.communicate(RUN_SECONDS)
    # What the killed process had asked for can still happen, while the recovery is resumed.
    recovery = process_id_of(raw)
    garbage = f"recoveries/{recovery}/buckets/{bucket.name}/garbage.json"
    raw.landing.blob(garbage).upload_from_string("garbage")
    assert garbage in raw.run("report", recovery).stderr
    report = raw.json("resume", recovery, "--overwrite", "*", "--yes")
    assert looked_at(bucket) == before
    outcome = of_kind(report, "bucket")[0]
    assert outcome["equal"] > 0
    # What the killed process wrote of a key range that it did not end is told.
    assert 0 < outcome["written_before"] <= outcome["equal"]
    assert outcome["equal"] + sum(item["objects"] for item in outcome["restored"]) == len(MANY)
    assert raw.json("report", recovery).items() > report.items()


def test_half_restored_object_is_finished(raw: Rebound, night: Function):
    """An object that came back with the wrong settings, before the kill, is not left as changed."""
    bucket = make_bucket(raw)
    fill(raw, bucket, ("a",))
    before = looked_at(bucket)
    back_up(night)
    blob = bucket.blob("a")
    blob.content_type, blob.metadata = "text/html", {"bad": "yes"}
    blob.patch()
    blob.delete()
    with raw.cloud.held("storage", "storage.objects.patch"):
        process = raw.begin("recover", SCENARIO, "--yes")
        raw.cloud.await_fault("storage", process)
        process.kill()
        process.communicate(RUN_SECONDS)
        raw.run("resume", process_id_of(raw), "--yes")
    assert looked_at(bucket) == before


def process_id_of(rebound: Rebound) -> str:
    """Return the id of the only recovery that was begun."""
    plans = [blob.name for blob in rebound.landing.list_blobs(match_glob="recoveries/*/plan.json")]
    assert len(plans) == 1
    return plans[0].split("/")[1]


def test_killed_backup_goes_on(raw: Rebound):
    """A backup that is killed among its copies is completed by the next call, as of the same T."""
    bucket = make_bucket(raw)
    fill(raw, bucket, MANY)
    with (
        serving(raw) as killed,
        raw.cloud.held("storage", "storage.objects.rewrite", skip=100, times=None),
        pytest.raises(requests.ConnectionError),
    ):
        begin_and_kill(raw, killed)
    put(bucket, MANY[0], b"written after the kill")
    with serving(raw) as again:
        raw.expire_lease("before")
        again.complete("before")
    bucket.delete_blobs(list(bucket.list_blobs()))
    raw.run("recover", SCENARIO, "--yes")
    now = {name: look[0] for name, look in looked_at(bucket).items()}
    assert now == {name: content_of(name) for name in MANY}


def test_inventory_that_somebody_else_wrote_is_not_taken_over(raw: Rebound, night: Function):
    """A shard that ends behind every name would leave all of them out; the run says so and ends."""
    bucket = make_bucket(raw)
    fill(raw, bucket, ("a", "b"))
    writer = ShardWriter("forged")
    version = ObjectVersion("zzz", 1, 1, 0, "AAAAAA==", None, datetime.now(UTC), datetime.now(UTC))
    writer.add(ObjectRecord(version, not_stored="gone"))
    name = f"runs/before/buckets/{bucket.name}/inventory/0000-000000.avro"
    raw.vault.blob(name).upload_from_string(writer.finish())
    answer = night.manual("before")
    assert answer.status_code == 422
    assert "it does not say which run wrote it" in answer.json()["message"]
    assert "this run can never be complete" in answer.json()["hint"]


def begin_and_kill(rebound: Rebound, function: Function) -> Any:  # noqa: ANN401 - it never returns
    """Ask for a run and kill the function once some content is in the vault."""
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(back_up, function)
        rebound.cloud.await_fault("storage")
        function.kill()
        return answer.result()


@pytest.mark.parametrize(
    ("operation", "kind"),
    [
        ("storage.objects.rewrite", "lost"),
        ("storage.objects.insert", "lost"),
        ("storage.objects.list", "truncate"),
        ("storage.objects.list", "reset"),
        ("storage.objects.rewrite", "status"),
    ],
)
def test_disturbed_backup_is_complete(raw: Rebound, night: Function, operation: str, kind: str):
    """Lost and broken answers while a bucket is backed up leave nothing out and nothing twice."""
    bucket = make_bucket(raw)
    fill(raw, bucket, MANY[:20])
    with raw.cloud.fault("storage", operation, kind, times=4):
        back_up(night)
    assert len(list(raw.vault.list_blobs(prefix="contents/"))) == 20
    bucket.delete_blobs(list(bucket.list_blobs()))
    raw.run("recover", SCENARIO, "--yes")
    now = {name: look[0] for name, look in looked_at(bucket).items()}
    assert now == {name: content_of(name) for name in MANY[:20]}


@pytest.mark.parametrize("spoilt", ["inventory", "content"])
def test_damaged_vault_is_noticed(raw: Rebound, night: Function, spoilt: str):
    """Other bytes in the vault than the manifest says never end as a proven recovery."""
    bucket = make_bucket(raw, soft_delete_days=0)
    fill(raw, bucket, ("a", "b"))
    back_up(night)
    bucket.delete_blobs(list(bucket.list_blobs()))
    glob = "**/inventory/*.avro" if spoilt == "inventory" else "contents/**"
    stored = next(iter(raw.vault.list_blobs(match_glob=glob)))
    with pytest.raises(PreconditionFailed):
        stored.upload_from_string(b"other bytes", if_generation_match=0)
    stored.upload_from_string(b"other bytes")
    code = {"inventory": 4, "content": 6}[spoilt]
    raw.run("recover", SCENARIO, "--yes", code=code)
