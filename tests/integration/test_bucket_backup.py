"""One night of a bucket: its inventory is the recovery point, its content is stored once."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.harness import Rebound
from tests.integration.bucket_objects import (
    NAMES,
    SETTINGS,
    back_up,
    backup_of,
    content_of,
    fill,
    looked_at,
    make_bucket,
    platform,
    put,
    records_of,
    stored_content,
)
from tests.served import Function, serving


def test_bucket_is_in_the_run(raw: Rebound, night: Function):
    """A run holds every object with its settings and its bytes, whatever its name."""
    bucket = make_bucket(raw)
    fill(raw, bucket)
    with raw.cloud.minutes_ago(3):
        held = bucket.blob(NAMES[0])
        held.event_based_hold = True
        held.patch()
    back_up(night)
    backup = backup_of(raw, "before")
    records = records_of(raw, backup)
    assert set(records) == set(NAMES)
    assert backup.not_copied == backup.changed_later == backup.metadata_later == 0
    (skew,) = raw.manifest("before").skews
    assert (skew.kind, skew.name) == ("buckets", bucket.name)
    assert skew.subject == f"settings of bucket {bucket.name}"
    assert skew.skew_seconds > 0
    assert backup.size_bytes == sum(len(content_of(name)) for name in NAMES)
    for name, record in records.items():
        assert stored_content(raw, record) == content_of(name)
    settings = records[NAMES[0]].version.settings
    assert settings.content_disposition == SETTINGS["content_disposition"]
    assert settings.metadata == SETTINGS["metadata"]
    assert settings.custom_time is not None
    assert settings.custom_time.startswith("2025-01-02T03:04:05")
    assert settings.event_based_hold


def test_content_is_stored_once(raw: Rebound, night: Function):
    """Equal bytes under two names, and in two runs, are one object in the vault."""
    bucket = make_bucket(raw)
    with raw.cloud.minutes_ago(5):
        put(bucket, "one", b"the same bytes")
        put(bucket, "two", b"the same bytes")
        put(bucket, "three", b"others")
    back_up(night, "first")
    stored = {blob.name: blob.generation for blob in raw.vault.list_blobs(prefix="contents/")}
    assert len(stored) == 2
    with raw.cloud.minutes_ago(2):
        put(bucket, "four", b"new")
        put(bucket, "three", b"differs")
    back_up(night, "second")
    after = {blob.name: blob.generation for blob in raw.vault.list_blobs(prefix="contents/")}
    assert len(after) == 4
    assert stored.items() <= after.items()
    records = records_of(raw, backup_of(raw, "second"))
    assert {name: stored_content(raw, record) for name, record in records.items()} == {
        "one": b"the same bytes",
        "two": b"the same bytes",
        "three": b"differs",
        "four": b"new",
    }


@pytest.mark.parametrize(
    ("versioning", "soft_delete_days"), [(True, 7), (False, 7), (True, 0)], ids=str
)
def test_inventory_is_the_recovery_point(
    raw: Rebound, night: Function, *, versioning: bool, soft_delete_days: int
):
    """What was written, overwritten or deleted after the recovery point does not show in it.

    Where the bucket keeps what was there so that it can be read.
    """
    bucket = make_bucket(raw, versioning=versioning, soft_delete_days=soft_delete_days)
    fill(raw, bucket, ("kept", "overwritten", "deleted", "recreated"))
    put(bucket, "overwritten", b"garbage")
    bucket.delete_blob("deleted")
    bucket.delete_blob("recreated")
    put(bucket, "recreated", b"again")
    put(bucket, "new", b"new")
    back_up(night)
    backup = backup_of(raw, "before")
    records = records_of(raw, backup)
    assert set(records) == {"kept", "overwritten", "deleted", "recreated"}
    held = {name: stored_content(raw, record) for name, record in records.items()}
    if versioning:
        assert held == {name: content_of(name) for name in records}
        assert (backup.not_copied, backup.changed_later) == (0, 0)
        return
    # What a soft delete keeps cannot be read: what took its place is stored, and all is named.
    later = {"kept": content_of("kept"), "overwritten": b"garbage", "recreated": b"again"}
    assert held == {**later, "deleted": None}
    assert backup.later_names == ("overwritten", "recreated")
    assert (backup.gone_names, backup.not_copied) == (("deleted",), 1)
    shown = raw.run("show", "before").stdout
    for told in ("stored as they were later: overwritten, recreated", "1 NOT COPIED (deleted)"):
        assert told in shown
    # While soft delete keeps what they were at the recovery point, that comes back.
    raw.run("recover", "gcs-bucket-corruption", "--yes", "--exact", "--overwrite", "*")
    exact = {name: content_of(name) for name in records}
    assert {name: look[0] for name, look in looked_at(bucket).items()} == exact
    bucket.delete(force=True)
    ended = raw.run("recover", "gcs-bucket-corruption", "--yes").stdout
    assert "as they were later" not in ended
    assert {name: look[0] for name, look in looked_at(bucket).items()} == exact


def test_past_without_history_is_named(raw: Rebound, night: Function):
    """What a changed name held is told by nobody: what it holds later is stored, named, and back.

    So it is with an object that is replaced once more between the listing and its copy. What was
    deleted is not known to anybody, and that is said wherever the run is.
    """
    bucket = make_bucket(raw, soft_delete_days=0)
    fill(raw, bucket, ("kept", "overwritten", "racing", "deleted"))
    put(bucket, "overwritten", b"later")
    bucket.delete_blob("deleted")
    with ThreadPoolExecutor() as pool:
        with raw.cloud.held("storage", "storage.objects.rewrite", match="racing"):
            call = pool.submit(back_up, night)
            raw.cloud.await_fault("storage")
            put(bucket, "racing", b"later still")
        call.result()
    backup = backup_of(raw, "before")
    records = records_of(raw, backup)
    assert set(records) == {"kept", "overwritten", "racing"}
    now = {name: blob[0] for name, blob in looked_at(bucket).items()}
    assert {name: stored_content(raw, record) for name, record in records.items()} == now
    assert (backup.changed_later, backup.not_copied) == (2, 0)
    planned = raw.run("plan", "gcs-bucket-corruption").stdout
    assert "2 objects in bucket" in planned
    assert "(overwritten, racing)" in planned
    untold = f"what was deleted from bucket {bucket.name} before it was listed"
    assert untold in planned
    assert untold in raw.run("show", "before").stdout
    for name in records:
        bucket.delete_blob(name)
    ended = raw.run("recover", "gcs-bucket-corruption", "--yes", "--exact").stdout
    assert (
        f"but for 2 objects as they were later and what was deleted from bucket {bucket.name} in"
        in (ended)
    )
    assert {name: blob[0] for name, blob in looked_at(bucket).items()} == now


def test_missing_bucket_fails_the_run(raw: Rebound, night: Function):
    """A bucket that is not there is no complete run."""
    answer = night.manual("before")
    assert answer.status_code >= 400
    assert f"{platform(raw)}: the bucket does not exist" in answer.json()["message"]
    assert not raw.vault.blob("runs/before/manifest.json").exists()


def test_what_one_run_may_not_copy_waits_for_the_next(raw: Rebound):
    """The limit counts what is still to be copied; a run that leaves anything is not 200."""
    bucket = make_bucket(raw)
    fill(raw, bucket, NAMES[:5])
    with serving(raw, REBOUND_MOST_COPIED_OBJECTS="2") as function:
        for run_id, unprotected in (("first", 3), ("second", 1)):
            answer = function.manual(run_id)
            assert answer.status_code == 422, run_id
            assert f"{unprotected} in {bucket.name}" in answer.json()["message"]
            assert backup_of(raw, run_id).unprotected == unprotected
            assert function.manual(run_id).status_code == 422
        function.complete("third")
    records = records_of(raw, backup_of(raw, "third"))
    assert {name: stored_content(raw, record) for name, record in records.items()} == {
        name: content_of(name) for name in NAMES[:5]
    }
    assert "still to be copied" in raw.run("show", "second").stdout


def test_unreadable_bucket_fails_the_run(raw: Rebound, night: Function):
    """A bucket that may not be listed is no complete run, and the answer says why."""
    fill(raw, make_bucket(raw), NAMES[:2])
    how = {"status": 403, "match": platform(raw)}
    with raw.cloud.fault("storage", "storage.objects.list", "status", times=None, **how):
        answer = night.manual("before")
    assert answer.status_code >= 400
    assert f"{platform(raw)}: Google Cloud answered 403" in answer.json()["message"]
    assert not raw.vault.blob("runs/before/manifest.json").exists()
