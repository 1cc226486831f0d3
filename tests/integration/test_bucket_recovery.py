"""Recovery of a bucket by the command: every damage, every source, proven or said not to be."""

from datetime import UTC, datetime
from typing import Any

import pytest
from google.cloud import storage

from tests.harness import Rebound, of_kind
from tests.integration.bucket_objects import (
    NAMES,
    SCENARIO,
    SETTINGS,
    back_up,
    content_of,
    fill,
    left,
    looked_at,
    make_bucket,
    put,
    recover,
    sources,
)
from tests.served import Function

WEEK_SECONDS = 8 * 86400


def unlike(one: dict[str, Any], other: dict[str, Any]) -> set[str]:
    """Return the names under which two looks at a bucket differ."""
    return {name for name in one.keys() | other.keys() if one.get(name) != other.get(name)}


@pytest.mark.parametrize(
    ("versioning", "soft_delete_days", "source"),
    [(True, 0, "noncurrent"), (False, 7, "soft-deleted"), (False, 0, "vault")],
    ids=["versioned", "soft delete", "neither"],
)
def test_damage_of_every_kind_is_undone(
    raw: Rebound, night: Function, *, versioning: bool, soft_delete_days: int, source: str
):
    """Missing, overwritten and relabelled objects come back with every setting they had."""
    bucket = make_bucket(raw, versioning=versioning, soft_delete_days=soft_delete_days)
    fill(raw, bucket)
    before = looked_at(bucket)
    back_up(night)
    bucket.blob(NAMES[1]).delete()
    bucket.blob(NAMES[5]).delete()
    put(bucket, NAMES[2], b"garbage", metadata={"bad": "yes"})
    put(bucket, NAMES[6], b"")
    relabelled = bucket.blob(NAMES[3])
    relabelled.content_type, relabelled.metadata = "text/html", {"bad": "yes"}
    relabelled.patch()
    put(bucket, "extra", b"new")

    words = ("--overwrite", bucket.name)
    plan = of_kind(raw.json("plan", SCENARIO), "bucket")[0]
    assert {(item["damage"], item["source"]): item["objects"] for item in plan["counts"]} == {
        ("missing", source): 2,
        ("overwritten", source): 2,
        ("metadata changed", "metadata"): 1,
        ("extra", "none"): 1,
    }
    assert looked_at(bucket)[NAMES[6]][0] == b""
    refused = raw.run("recover", SCENARIO, "--yes", code=5)
    assert f"--overwrite {bucket.name}" in refused.stderr
    assert looked_at(bucket)[NAMES[6]][0] == b""
    outcome = recover(raw, *words)
    assert sources(outcome) == {
        ("missing", source): 2,
        ("overwritten", source): 2,
        ("metadata changed", "metadata"): 1,
    }
    assert left(outcome) == {"extra": ["extra"]}
    assert unlike(before, looked_at(bucket)) == {"extra"}
    again = recover(raw)
    assert again["equal"] == len(NAMES)
    assert not again["restored"]


def test_only_what_is_missing_comes_back(raw: Rebound, night: Function):
    """Other content stays where only that was asked for: plan, report and bucket agree."""
    bucket = make_bucket(raw, versioning=False, soft_delete_days=7)
    fill(raw, bucket)
    back_up(night)
    bucket.blob(NAMES[1]).delete()
    put(bucket, NAMES[6], b"garbage")
    put(bucket, NAMES[2], content_of(NAMES[2]), metadata={"by": "somebody else"})
    assert bucket.get_blob(NAMES[1]) is None
    told = raw.run("plan", SCENARIO, "--only-missing").stdout
    assert "1 overwritten, " in told
    assert "REPLACES" not in told
    outcome = recover(raw, "--only-missing")
    assert sources(outcome) == {("missing", "soft-deleted"): 1}
    assert left(outcome) == {"not missing": sorted([NAMES[2], NAMES[6]])}
    assert looked_at(bucket)[NAMES[6]][0] == b"garbage"
    assert bucket.get_blob(NAMES[2]).metadata == {"by": "somebody else"}
    told = raw.run("plan", SCENARIO, "--only-missing").stdout
    assert f"bucket {bucket.name}: {len(NAMES) - 2} of {len(NAMES)} objects equal" in told
    assert "nothing to recover" in told
    done = raw.run("recover", SCENARIO, "--yes", "--only-missing").stdout
    assert "but for 2 objects that are otherwise than then, and were left (only what is" in done


@pytest.mark.parametrize("source", ["soft-deleted", "vault"])
def test_bucket_that_is_gone_is_made_again(raw: Rebound, night: Function, source: str):
    """A deleted bucket comes back like it was configured: undeleted, or created when too late."""
    bucket = make_bucket(
        raw,
        versioning=True,
        labels={"team": "data"},
        storage_class="NEARLINE",
        lifecycle_rules=[{"action": {"type": "Delete"}, "condition": {"age": 400}}],
    )
    fill(raw, bucket)
    policy = bucket.get_iam_policy(requested_policy_version=3)
    policy.bindings.append(
        {"role": "roles/storage.objectViewer", "members": {"user:reader@example.com"}}
    )
    bucket.set_iam_policy(policy)
    before, resource = looked_at(bucket), properties(bucket)
    back_up(night)
    for blob in bucket.list_blobs(versions=True):
        blob.delete()
    bucket.reload()
    bucket.delete()
    if source == "vault":
        raw.cloud.order("storage", "clock", advance_seconds=WEEK_SECONDS)
    plan = of_kind(raw.json("plan", SCENARIO), "bucket")[0]
    assert plan["action"] == ("undelete" if source == "soft-deleted" else "create")
    assert plan["undelete"] == (bucket.generation if source == "soft-deleted" else None)
    outcome = recover(raw, "--access")
    assert outcome["created"]
    assert sources(outcome) == {("missing", source): len(NAMES)}
    assert looked_at(bucket) == before
    assert properties(bucket) == resource


def test_vault_serves_when_soft_delete_is_over(raw: Rebound, night: Function):
    """Once soft-deleted versions have expired, the content comes from the vault."""
    bucket = make_bucket(raw)
    fill(raw, bucket, NAMES[:3])
    before = looked_at(bucket)
    back_up(night)
    bucket.blob(NAMES[1]).delete()
    raw.cloud.order("storage", "clock", advance_seconds=WEEK_SECONDS)
    bucket.blob(NAMES[2]).delete()
    outcome = recover(raw)
    assert sources(outcome) == {("missing", "soft-deleted"): 1, ("missing", "vault"): 1}
    assert looked_at(bucket) == before


def test_what_nothing_holds_is_said(raw: Rebound, night: Function):
    """An object deleted before it could be copied, and whose version expired, is not made up."""
    bucket = make_bucket(raw)
    fill(raw, bucket, ("kept", "lost"))
    bucket.blob("lost").delete()
    back_up(night)
    raw.cloud.order("storage", "clock", advance_seconds=WEEK_SECONDS)
    plan = raw.json("plan", SCENARIO)
    assert of_kind(plan, "bucket")[0]["counts"][0]["source"] == "none"
    assert any("nothing holds their content" in note for note in plan["cannot_bring_back"])
    outcome = recover(raw, code=6)
    assert left(outcome) == {"no source": ["lost"]}
    assert set(looked_at(bucket)) == {"kept"}


@pytest.mark.parametrize("soft_delete_days", [0, 7])
def test_extra_objects_are_moved_aside_when_asked(
    raw: Rebound, night: Function, soft_delete_days: int
):
    """`--exact` takes extra objects out of the bucket; what was replaced or moved is kept."""
    bucket = make_bucket(raw, soft_delete_days=soft_delete_days)
    fill(raw, bucket, NAMES[:2])
    before = looked_at(bucket)
    back_up(night)
    put(bucket, "extra/ü ?#%", b"new", metadata={"a": "b"})
    put(bucket, NAMES[1], b"garbage")
    outcome = recover(raw, "--exact", "--overwrite", "*")
    assert outcome["moved_aside"] == 1
    assert looked_at(bucket) == before
    aside = {
        blob.name.split("/", 3)[3]: blob.download_as_bytes()
        for blob in raw.landing.list_blobs(prefix="undo/")
    }
    replaced = {} if soft_delete_days else {NAMES[1]: b"garbage"}
    assert aside == {"extra/extra/ü ?#%": b"new", **replaced}
    # The deleted version that the bucket still keeps of the extra object is no object.
    assert of_kind(raw.json("plan", SCENARIO), "bucket")[0]["equal"] == len(before)


@pytest.mark.parametrize(
    ("words", "restored"),
    [
        (("--prefix", "games/"), {NAMES[6], NAMES[7]}),
        (("--pattern", "games/*/*1.json"), {NAMES[6]}),
        (("--pattern", "**/*.json", "--prefix", "games/2025-11-24/0022500002"), {NAMES[7]}),
        (("--pattern", "percent *"), {NAMES[1]}),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, tuple) else "",
)
def test_part_of_a_bucket(
    raw: Rebound, night: Function, words: tuple[str, ...], restored: set[str]
):
    """Only objects below the prefix and like the pattern are brought back, or even looked at."""
    bucket = make_bucket(raw)
    fill(raw, bucket)
    before = looked_at(bucket)
    back_up(night)
    for blob in bucket.list_blobs():
        blob.delete()
    put(bucket, "games/2025-11-24/0022500001.json.tmp", b"extra")
    outcome = recover(raw, *words)
    after = looked_at(bucket)
    assert {name for name in before if after.get(name) == before[name]} == restored
    assert sources(outcome) == {("missing", "soft-deleted"): len(restored)}
    assert "there are no objects below" in raw.run("plan", SCENARIO, "--prefix", "~", code=2).stderr


def test_restore_into_another_bucket(raw: Rebound, night: Function):
    """The original is not touched; the other bucket is made and holds every object."""
    bucket = make_bucket(raw)
    fill(raw, bucket)
    before = looked_at(bucket)
    back_up(night)
    put(bucket, NAMES[1], b"garbage")
    spoilt = looked_at(bucket)
    other = raw.storage_client.bucket(f"{raw.project}-other")
    outcome = recover(raw, "--into-bucket", other.name)
    assert outcome["created"]
    assert looked_at(other) == before
    assert looked_at(bucket) == spoilt
    assert not recover(raw, "--into-bucket", other.name)["restored"]


def test_every_setting_comes_back(raw: Rebound, night: Function):
    """Settings that were changed, added, removed or moved forward in time are as they were."""
    bucket = make_bucket(raw, versioning=True)
    with raw.cloud.minutes_ago(5):
        for name in ("changed", "removed", "later", "held"):
            settings = {**SETTINGS, "event_based_hold": name == "held"}
            put(bucket, name, content_of(name), **settings)
        for name in ("added", "label added"):
            put(bucket, name, content_of(name))
        bare = bucket.blob("bare")
        bare.upload_from_string(b"no settings at all")
    before = looked_at(bucket)
    back_up(night)
    spoil = {
        "changed": {"content_type": "text/html", "cache_control": "public", "metadata": {"x": "y"}},
        "removed": {"content_disposition": None, "content_language": None, "metadata": None},
        "later": {"custom_time": datetime(2026, 1, 1, tzinfo=UTC)},
        "held": {"event_based_hold": False, "temporary_hold": True},
        "added": {"content_encoding": "gzip", "custom_time": datetime(2026, 1, 1, tzinfo=UTC)},
        "label added": {"metadata": {"new": "label"}, "temporary_hold": True},
    }
    for name, settings in spoil.items():
        blob = bucket.blob(name)
        for key, value in settings.items():
            setattr(blob, key, value)
        blob.patch()
    bucket.blob("bare").delete()
    outcome = recover(raw)
    assert sources(outcome) == {
        ("metadata changed", "metadata"): 4,
        ("metadata changed", "live"): 2,
        ("missing", "noncurrent"): 1,
    }
    assert looked_at(bucket) == before


def properties(bucket: storage.Bucket) -> dict[str, Any]:
    """Return what a bucket is configured to be."""
    bucket.reload()
    return {
        "location": bucket.location,
        "class": bucket.storage_class,
        "versioning": bucket.versioning_enabled,
        "labels": bucket.labels,
        "lifecycle": [dict(rule) for rule in bucket.lifecycle_rules],
        "soft delete": bucket.soft_delete_policy.retention_duration_seconds,
        "access": sorted(
            (binding["role"], sorted(binding["members"]))
            for binding in bucket.get_iam_policy(requested_policy_version=3).bindings
        ),
        "uniform": bucket.iam_configuration.uniform_bucket_level_access_enabled,
    }


@pytest.mark.parametrize("kept", ["vault", "landing"])
def test_backups_are_no_target(raw: Rebound, night: Function, kept: str):
    """Nothing is restored into the buckets that backups and journals are kept in."""
    fill(raw, make_bucket(raw))
    back_up(night)
    own: storage.Bucket = getattr(raw, kept)
    before = {blob.name: blob.generation for blob in own.list_blobs()}
    words = ("--into-bucket", own.name, "--exact", "--overwrite", "*", "--yes")
    refused = raw.run("recover", SCENARIO, *words, code=5)
    assert "backups and journals are kept there" in refused.stderr
    assert {blob.name: blob.generation for blob in own.list_blobs()} == before
