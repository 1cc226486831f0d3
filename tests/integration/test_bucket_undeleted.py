"""A bucket that a recovery undeleted before it was killed: what differs of its settings is told."""

from collections.abc import Sequence

import pytest
from google.cloud import storage

from tests.harness import RUN_SECONDS, Rebound
from tests.integration.bucket_objects import back_up, fill, looked_at, make_bucket
from tests.served import Function

SCENARIO = "gcs-bucket-corruption"
RULE = {"action": {"type": "Delete"}, "condition": {"age": 400}}
OTHER = {"action": {"type": "Delete"}, "condition": {"age": 300}}
NAMES = ("a/1", "a/2")


def lost(raw: Rebound, night: Function, rule: dict[str, object]) -> storage.Bucket:
    """Back up a bucket, let it have a rule, and delete it with what is in it."""
    bucket = make_bucket(raw, lifecycle_rules=[RULE])
    fill(raw, bucket, NAMES)
    back_up(night)
    bucket.reload()
    bucket.lifecycle_rules = [rule]
    bucket.patch()
    bucket.delete_blobs(list(bucket.list_blobs()))
    bucket.delete()
    return bucket


def killed(raw: Rebound, words: Sequence[str], operation: str, *, is_done: bool) -> str:
    """Kill a recovery behind or before a call, and return it."""
    with raw.cloud.held("storage", operation, is_done=is_done):
        process = raw.begin("recover", SCENARIO, "--yes", *words)
        raw.cloud.await_fault("storage", process)
        process.kill()
        process.communicate(RUN_SECONDS)
    (recovery,) = raw.recoveries
    return recovery


@pytest.mark.parametrize("words", [(), ("--prefix", "a/")])
@pytest.mark.parametrize(
    ("operation", "is_done"), [("storage.buckets.restore", True), ("storage.buckets.patch", False)]
)
def test_what_differs_of_a_bucket_that_was_undeleted_is_told(
    raw: Rebound, night: Function, words: tuple[str, ...], operation: str, *, is_done: bool
):
    """It may be older than the recovery all the same: then its settings are not set, and no success is told."""
    bucket = lost(raw, night, OTHER)
    recovery = killed(raw, words, operation, is_done=is_done)
    told = raw.run("resume", recovery, "--yes", code=7).stdout
    assert "whether this recovery undeleted it" in told
    assert "lifecycle" in told.partition("NOT EQUAL")[2]
    assert set(looked_at(bucket)) == set(NAMES)


@pytest.mark.parametrize("words", [(), ("--prefix", "a/")])
def test_a_bucket_that_was_undeleted_as_it_was_is_proven(
    raw: Rebound, night: Function, words: tuple[str, ...]
):
    """A recovery that was killed behind it ends as one that was not."""
    bucket = lost(raw, night, RULE)
    recovery = killed(raw, words, "storage.buckets.restore", is_done=True)
    raw.run("resume", recovery, "--yes")
    assert set(looked_at(bucket)) == set(NAMES)
    bucket.reload()
    assert [dict(rule) for rule in bucket.lifecycle_rules] == [RULE]


@pytest.mark.parametrize("words", [(), ("--prefix", "a/")])
def test_a_recovery_that_is_not_interrupted_sets_what_differs(
    raw: Rebound, night: Function, words: tuple[str, ...]
):
    """It knows that it undeleted the bucket."""
    bucket = lost(raw, night, OTHER)
    raw.run("recover", SCENARIO, "--yes", *words)
    bucket.reload()
    assert [dict(rule) for rule in bucket.lifecycle_rules] == [RULE]
