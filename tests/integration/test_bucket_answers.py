"""Buckets about which the cloud answers less, or otherwise, than one would wish."""

from typing import Any

import requests
from google.cloud import storage

from tests.harness import LOCATION, Rebound, of_kind
from tests.integration.bucket_objects import (
    NAMES,
    SCENARIO,
    back_up,
    backup_of,
    content_of,
    fill,
    left,
    looked_at,
    make_bucket,
    platform,
    put,
    records_of,
    recover,
    sources,
    stored_content,
)
from tests.integration.configuration import make_trigger
from tests.served import Function

KEY = "projects/p/locations/us/keyRings/r/cryptoKeys/k"


def test_listing_that_tells_too_little_is_not_believed(raw: Rebound, night: Function):
    """A listing of all versions that leaves out when they ended neither proves nor hides damage."""
    bucket = make_bucket(raw, versioning=True)
    fill(raw, bucket)
    before = looked_at(bucket)
    back_up(night)
    put(bucket, NAMES[2], b"garbage")
    bucket.blob(NAMES[5]).delete()
    raw.cloud.order("storage", "unsaid", bucket=bucket.name, fields=["timeDeleted"])
    outcome = recover(raw, "--overwrite", "*")
    assert sources(outcome) == {("overwritten", "noncurrent"): 1, ("missing", "noncurrent"): 1}
    assert looked_at(bucket) == before
    answer = night.manual("after")
    assert answer.status_code == 500
    assert "two versions of it are live" in answer.json()["message"]


def test_objects_under_a_key_of_kms(raw: Rebound, night: Function):
    """Where listings tell no checksums, in the bucket and in the vault, each object is asked."""
    raw.vault.default_kms_key_name = KEY
    raw.vault.patch()
    bucket = make_bucket(raw, versioning=True, default_kms_key_name=KEY)
    fill(raw, bucket)
    before = looked_at(bucket)
    back_up(night, "first")
    back_up(night, "second")
    first, second = (records_of(raw, backup_of(raw, run_id)) for run_id in ("first", "second"))
    assert first == second
    for name, record in second.items():
        assert stored_content(raw, record) == content_of(name)
    put(bucket, NAMES[2], b"garbage")
    bucket.blob(NAMES[5]).delete()
    assert "uses a foreign key" in raw.run("recover", SCENARIO, "--overwrite", "*", code=5).stderr
    outcome = recover(raw, "--overwrite", "*", "--access")
    assert sources(outcome) == {("overwritten", "noncurrent"): 1, ("missing", "noncurrent"): 1}
    assert looked_at(bucket) == before
    assert raw.json("verify", "second")["findings"] == []
    assert of_kind(raw.json("plan", SCENARIO), "bucket")[0]["equal"] == len(NAMES)


def test_objects_under_the_customers_own_key(raw: Rebound, night: Function):
    """What only the customer can read is in the inventory, not in the vault, and not 200."""
    bucket = make_bucket(raw)
    fill(raw, bucket, NAMES[:2])
    with raw.cloud.minutes_ago(3):
        sealed = bucket.blob("sealed", encryption_key=b"k" * 32)
        sealed.upload_from_string(b"only the customer reads this")
    answer = night.manual("before")
    assert answer.status_code == 422
    assert f"1 in {bucket.name}" in answer.json()["message"]
    record = records_of(raw, backup_of(raw, "before"))["sealed"]
    assert (record.stored_as, record.not_stored) == (None, "foreign key")
    assert of_kind(raw.json("plan", SCENARIO), "bucket")[0]["equal"] == len(NAMES[:2]) + 1


def test_held_objects_do_not_stop_the_others(raw: Rebound, night: Function):
    """An object under a hold that has come since is left and named; the rest comes back."""
    bucket = make_bucket(raw, versioning=True)
    fill(raw, bucket)
    before = looked_at(bucket)
    back_up(night)
    put(bucket, NAMES[2], b"garbage", temporary_hold=True)
    put(bucket, NAMES[3], b"garbage")
    outcome = recover(raw, "--overwrite", "*", code=6)
    assert left(outcome) == {"protected": [NAMES[2]]}
    after = looked_at(bucket)
    assert {name for name in before if after[name] != before[name]} == {NAMES[2]}


def test_bucket_without_soft_delete(raw: Rebound, night: Function):
    """A bucket whose soft-deleted versions cannot be listed is backed up and recovered."""
    bucket = make_bucket(raw, versioning=True, soft_delete_days=0)
    fill(raw, bucket, NAMES[:3])
    before = looked_at(bucket)
    back_up(night)
    bucket.blob(NAMES[2]).delete()
    assert sources(recover(raw)) == {("missing", "noncurrent"): 1}
    assert looked_at(bucket) == before


def test_bucket_whose_requester_pays(raw: Rebound, night: Function):
    """Every call about such a bucket names the project that pays, batches and copies included."""
    bucket = make_bucket(raw)
    fill(raw, bucket)
    before = looked_at(bucket)
    bucket.requester_pays = True
    bucket.patch()
    back_up(night)
    paid = raw.storage_client.bucket(bucket.name, user_project=raw.project)
    for name in NAMES[:3]:
        paid.blob(name).delete()
    assert sources(recover(raw)) == {("missing", "soft-deleted"): 3}
    assert looked_at(paid) == before


def test_hierarchical_bucket_is_as_it_was_listed(raw: Rebound, night: Function):
    """Where renamed folders keep times, the listing counts; a new bucket is hierarchical again."""
    bucket = raw.storage_client.bucket(platform(raw))
    bucket.iam_configuration.uniform_bucket_level_access_enabled = True
    bucket.hierarchical_namespace_enabled = True
    with raw.cloud.minutes_ago(10):
        raw.storage_client.create_bucket(bucket, location=LOCATION, enable_object_retention=True)
    fill(raw, bucket, ("a", "b/c"))
    put(bucket, "renamed since", b"after the recovery point")
    back_up(night)
    assert set(records_of(raw, backup_of(raw, "before"))) == {"a", "b/c", "renamed since"}
    assert any("folders can be renamed" in item.subject for item in raw.manifest("before").skews)
    before = looked_at(bucket)
    for blob in bucket.list_blobs():
        blob.delete()
    bucket.delete()
    raw.cloud.order("storage", "clock", advance_seconds=8 * 86400)
    assert sources(recover(raw)) == {("missing", "vault"): 3}
    assert looked_at(bucket) == before
    bucket.reload()
    assert bucket.hierarchical_namespace_enabled
    assert bucket.object_retention_mode == "Enabled"


def test_retention_of_single_objects(raw: Rebound, night: Function):
    """A retention is set again; a lock, which nobody can undo, only with its word."""
    with raw.cloud.minutes_ago(10):
        bucket = raw.storage_client.create_bucket(
            platform(raw), location=LOCATION, enable_object_retention=True
        )
    fill(raw, bucket, ("free", "kept", "locked"))
    for name, mode in (("kept", "Unlocked"), ("locked", "Locked")):
        url = f"{raw.cloud.urls['storage']}/storage/v1{bucket.blob(name).path}"
        kept = {"mode": mode, "retainUntilTime": "2099-01-01T00:00:00Z"}
        assert requests.patch(url, json={"retention": kept}, timeout=60).ok
    back_up(night)

    def copied(*words: str) -> dict[str, str | None]:
        copy = f"{bucket.name}-copy{len(words)}"
        raw.run("recover", SCENARIO, "--into-bucket", copy, "--yes", *words)
        found = raw.storage_client.list_blobs(copy)
        return {blob.name: blob.retention.mode for blob in found}

    planned = raw.run("plan", SCENARIO, "--into-bucket", f"{bucket.name}-copy0").stdout
    assert "set again: the retention of 1 object" in planned
    assert "the locked retention of 1 object" in planned
    assert copied() == {"free": None, "kept": "Unlocked", "locked": None}
    assert copied("--lock-again") == {"free": None, "kept": "Unlocked", "locked": "Locked"}
    # An object that is there and lost it gets it again, without new content.
    kept = bucket.get_blob("kept")
    url = f"{raw.cloud.urls['storage']}/storage/v1{kept.path}?overrideUnlockedRetention=true"
    assert requests.patch(url, json={"retention": None}, timeout=60).ok
    assert bucket.get_blob("kept").retention.mode is None
    assert sources(recover(raw)) == {("metadata changed", "metadata"): 1}
    again = bucket.get_blob("kept")
    assert (again.retention.mode, again.generation) == ("Unlocked", kept.generation)


def said(raw: Rebound, bucket: storage.Bucket) -> dict[str, tuple[Any, ...]]:
    """Return the contexts, the key and the storage class of each object."""
    listed = requests.get(
        f"{raw.cloud.urls['storage']}/storage/v1{bucket.path}/o", timeout=60
    ).json()
    return {
        item["name"]: (contexts_of(item), item.get("kmsKeyName"), item["storageClass"])
        for item in listed["items"]
    }


def contexts_of(item: dict[str, Any]) -> dict[str, str]:
    """Return the contexts of an object, without the service's own dates."""
    custom = item.get("contexts", {}).get("custom", {})
    return {key: payload["value"] for key, payload in custom.items()}


def set_contexts(raw: Rebound, blob: storage.Blob, **values: str | None):
    """Set contexts of an object, which the client does not know of."""
    custom = {key: None if value is None else {"value": value} for key, value in values.items()}
    body = {"contexts": {"custom": custom}}
    requests.patch(f"{raw.cloud.urls['storage']}/storage/v1{blob.path}", json=body, timeout=60)


def test_everything_said_about_objects_comes_back(raw: Rebound, night: Function):
    """Contexts, key and storage class are in the inventory, are compared and come back."""
    bucket = make_bucket(raw)
    fill(raw, bucket, ("context", "class", "key", "kept"))
    with raw.cloud.minutes_ago(3):
        set_contexts(raw, bucket.blob("context"), team="ü", b="")
        bucket.blob("class").update_storage_class("COLDLINE")
        bucket.blob("key", kms_key_name=KEY).rewrite(bucket.blob("key"))
    before = said(raw, bucket)
    assert before["context"][0] == {"team": "ü", "b": ""}
    back_up(night)
    set_contexts(raw, bucket.blob("context"), team="other", b=None, new="x")
    bucket.blob("class").update_storage_class("STANDARD")
    bucket.blob("key").rewrite(bucket.blob("key"))
    bucket.blob("kept").delete()
    assert sources(recover(raw, "--access")) == {
        ("metadata changed", "metadata"): 1,
        ("metadata changed", "live"): 2,
        ("missing", "soft-deleted"): 1,
    }
    assert said(raw, bucket) == before
    assert of_kind(raw.json("plan", SCENARIO), "bucket")[0]["equal"] == len(before)


def test_subscribers_need_a_word(raw: Rebound, night: Function):
    """Topics that would be told of a restore are listed, and it wants a word for them."""
    bucket = make_bucket(raw)
    fill(raw, bucket, NAMES[:2])
    back_up(night)
    bucket.notification("told", topic_project="project-p").create()
    assert not recover(raw)["restored"]
    bucket.blob(NAMES[0]).delete()
    assert of_kind(raw.json("plan", SCENARIO), "bucket")[0]["notified"] == ["project-p/topics/told"]
    refused = raw.run("recover", SCENARIO, "--yes", code=5)
    assert "project-p/topics/told would be told" in refused.stderr
    assert "--notify" in refused.stderr
    assert sources(recover(raw, "--notify")) == {("missing", "soft-deleted"): 1}


def test_a_trigger_needs_a_word_also_for_a_bucket_that_is_gone(raw: Rebound, night: Function):
    """Audit logs tell Eventarc of what is written to whatever bucket is made."""
    make_trigger(
        raw, "late", type="google.cloud.audit.log.v1.written", serviceName="storage.googleapis.com"
    )
    bucket = make_bucket(raw)
    fill(raw, bucket, NAMES[:1])
    back_up(night)
    bucket.blob(NAMES[0]).delete()
    bucket.delete()
    refused = raw.run("recover", SCENARIO, "--yes", "--access", code=5)
    assert f"trigger late in {LOCATION} would be told" in refused.stderr
    assert recover(raw, "--access", "--notify")["restored"]


def test_a_bucket_that_is_twice_said_to_be_gone_for_good_is_undeleted(
    raw: Rebound, night: Function
):
    """Creating it instead would lose what it still keeps: no answer is enough that a list denies."""
    bucket = make_bucket(raw, versioning=True)
    fill(raw, bucket)
    back_up(night)
    for blob in bucket.list_blobs(versions=True):
        blob.delete()
    # Google's testbench refuses so, and names no reason: nothing is concluded of what is kept.
    unsaid = {"status": 400, "reason": "", "match": "softDeleted=true"}
    with raw.cloud.fault("storage", r"storage\.objects\.list", "status", **unsaid):
        assert "400" in raw.run("plan", SCENARIO, code=9).stderr
    bucket.delete()
    fault = {"status": 404, "match": bucket.name, "times": 2}
    with raw.cloud.fault("storage", r"storage\.buckets\.restore", "status", **fault):
        outcome = recover(raw, "--access")
    assert sources(outcome) == {("missing", "soft-deleted"): len(NAMES)}
