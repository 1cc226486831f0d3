"""Buckets about which the cloud answers less, or otherwise, than one would wish."""

from tests.harness import Function, Rebound
from tests.integration.bucket_objects import (
    NAMES,
    back_up,
    fill,
    looked_at,
    make_bucket,
    put,
    recover,
    sources,
)


def test_listing_that_tells_too_little_is_not_believed(raw: Rebound, night: Function):
    """A listing of all versions that leaves out when they ended neither proves nor hides damage."""
    bucket = make_bucket(raw, versioning=True)
    fill(raw, bucket)
    before = looked_at(bucket)
    back_up(night)
    put(bucket, NAMES[2], b"garbage")
    bucket.blob(NAMES[5]).delete()
    raw.cloud.order("storage", "unsaid", fields=["timeDeleted"])
    outcome = recover(raw, "--overwrite", "*")
    assert sources(outcome) == {("overwritten", "noncurrent"): 1, ("missing", "noncurrent"): 1}
    assert looked_at(bucket) == before
    answer = night.manual("after")
    assert answer.status_code == 500
    assert "two versions of it are live" in answer.json()["message"]
