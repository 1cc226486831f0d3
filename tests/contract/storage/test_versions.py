import pytest
from google.api_core.exceptions import BadRequest, NotFound, PreconditionFailed
from google.cloud import storage

from tests.contract import real
from tests.contract.storage.server import Server
from tests.harness import await_that

DAY = 24 * 3600


def write(bucket: storage.Bucket, *contents: bytes, name: str = "object") -> list[int]:
    """Write an object once for each content and return the generations."""
    generations = []
    for data in contents:
        blob = bucket.blob(name)
        blob.upload_from_string(data)
        generations.append(blob.generation)
    return generations


def soft_deleted(bucket: storage.Bucket) -> list[int]:
    """Return the soft-deleted generations of a bucket."""
    return [blob.generation for blob in bucket.list_blobs(soft_deleted=True)]


def test_noncurrent_versions_stay(versioned: storage.Bucket):
    """With versioning, what was replaced or deleted can be read by generation."""
    first, second = write(versioned, b"1", b"2")
    assert versioned.blob("object", generation=first).download_as_bytes() == b"1"

    versioned.blob("object").delete()
    assert versioned.get_blob("object") is None
    assert versioned.blob("object", generation=second).download_as_bytes() == b"2"
    assert versioned.get_blob("object", generation=second).updated is not None
    assert soft_deleted(versioned) == []


def test_noncurrent_version_can_be_changed_and_copied(versioned: storage.Bucket):
    """A noncurrent version is patched and copied by its generation."""
    first, _ = write(versioned, b"1", b"2")
    old = versioned.get_blob("object", generation=first)
    old.metadata = {"k": "v"}
    old.patch()
    assert versioned.get_blob("object", generation=first).metageneration == 2

    source = versioned.blob("object", generation=first)
    copy = versioned.blob("copy")
    assert copy.rewrite(source)[0] is None
    assert copy.download_as_bytes() == b"1"
    assert versioned.get_blob("copy").metadata == {"k": "v"}


def test_deletion_by_generation_is_permanent(versioned: storage.Bucket):
    """Deleting a named generation makes it soft-deleted, live or noncurrent."""
    first, second = write(versioned, b"1", b"2")
    for generation in (second, first):
        versioned.blob("object", generation=generation).delete()
    assert list(versioned.list_blobs(versions=True)) == []
    assert soft_deleted(versioned) == [first, second]


def test_generation_decides_which_is_deleted(bucket: storage.Bucket):
    """A conditional delete leaves what it did not mean."""
    (first, second) = write(bucket, b"1", b"2")
    with pytest.raises(PreconditionFailed):
        bucket.blob("object").delete(if_generation_match=first)
    with pytest.raises(NotFound):
        bucket.blob("object", generation=first).delete()
    bucket.blob("object").delete(if_generation_match=second)
    with pytest.raises(NotFound):
        bucket.blob("object").delete()


def test_overwritten_and_deleted_are_soft_deleted(bucket: storage.Bucket):
    """Without versioning, what was replaced or deleted is soft-deleted: unreadable, restorable."""
    first, second = write(bucket, b"1", b"2")
    bucket.blob("object").delete()
    assert soft_deleted(bucket) == [first, second]
    with pytest.raises(NotFound):
        bucket.blob("object", generation=first).download_as_bytes()
    found = bucket.get_blob("object", generation=first, soft_deleted=True)
    assert (found.hard_delete_time - found.soft_delete_time).days == 7


def test_restore_makes_a_new_generation(bucket: storage.Bucket):
    """A restored version is a copy: new generation, metageneration 1, same content and words."""
    blob = bucket.blob("object")
    blob.metadata = {"k": "v"}
    blob.upload_from_string(b"1", content_type="text/x")
    blob.cache_control = "no-store"
    blob.patch()
    deleted = blob.generation
    write(bucket, b"2")

    with pytest.raises(PreconditionFailed):
        bucket.restore_blob("object", generation=deleted, if_generation_match=0)
    restored = bucket.restore_blob("object", generation=deleted)
    assert restored.generation not in {deleted, blob.generation}
    assert (restored.metageneration, restored.metadata) == (1, {"k": "v"})
    assert (restored.content_type, restored.cache_control) == ("text/x", "no-store")
    assert bucket.blob("object").download_as_bytes() == b"1"
    assert deleted in soft_deleted(bucket)
    with pytest.raises(NotFound):
        bucket.restore_blob("object", generation=1)


@real.local_only(real.ORDER)
def test_soft_deleted_versions_expire(bucket: storage.Bucket, server: Server):
    """When its time is over, a soft-deleted version cannot come back."""
    (generation,) = write(bucket, b"1")
    bucket.blob("object").delete()
    server.order("clock", advance_seconds=7 * DAY - 60)
    assert soft_deleted(bucket) == [generation]
    server.order("clock", advance_seconds=120)
    assert soft_deleted(bucket) == []
    with pytest.raises(NotFound):
        bucket.restore_blob("object", generation=generation)


def test_no_soft_delete_policy(server: Server, client: storage.Client):
    """Without the policy, what is deleted is gone, and a list of it is refused."""
    policy = {"retentionDurationSeconds": "0"}
    bucket = client.bucket(server.new_bucket(softDeletePolicy=policy))
    write(bucket, b"1", b"2")
    bucket.blob("object").delete()
    assert list(bucket.list_blobs(versions=True)) == []
    with pytest.raises(BadRequest, match="Soft delete policy is required"):
        soft_deleted(bucket)


def bulk_restore(server: Server, bucket: str, **request: object) -> dict[str, str]:
    """Restore in bulk and return the counts of the finished operation."""
    answer = server.call("POST", f"/storage/v1/b/{bucket}/o/bulkRestore", json=request)
    assert answer.status_code == 200, answer.text
    operation = answer.json()
    path = f"/storage/v1/b/{bucket}/operations/{operation['name'].rpartition('/')[2]}"
    await_that(lambda: server.call("GET", path).json()["done"])
    operation = server.call("GET", path).json()
    listed = server.call("GET", f"/storage/v1/b/{bucket}/operations").json()["operations"]
    assert operation in listed
    return {key: value for key, value in operation["metadata"].items() if key.endswith("Count")}


def test_bulk_restore(server: Server, bucket: storage.Bucket):
    """A bulk restore brings the newest deletion of each matching name that is not live."""
    for name in ("a/1", "a/2", "b/1"):
        write(bucket, b"old", b"new", name=name)
        bucket.blob(name).delete()
    write(bucket, b"live", name="a/2")

    counts = bulk_restore(server, bucket.name, matchGlobs=["a/**"])
    assert counts == {"succeededCount": "1", "skippedCount": "1", "failedCount": "0"}
    assert bucket.blob("a/1").download_as_bytes() == b"new"
    assert bucket.blob("a/2").download_as_bytes() == b"live"
    assert bucket.get_blob("b/1") is None

    counts = bulk_restore(
        server, bucket.name, allowOverwrite=True, softDeletedAfterTime="2020-01-01T00:00:00Z"
    )
    assert counts["succeededCount"] == "3"
    assert bucket.blob("a/2").download_as_bytes() == b"new"


def test_bulk_restore_needs_the_policy(server: Server):
    """Without soft delete a bulk restore is refused."""
    bucket = server.new_bucket(softDeletePolicy={"retentionDurationSeconds": "0"})
    answer = server.call("POST", f"/storage/v1/b/{bucket}/o/bulkRestore", json={})
    reason = answer.json()["error"]["errors"][0]["reason"]
    assert (answer.status_code, reason) == (400, "SoftDeletePolicyRequired")


def test_switching_versioning(bucket: storage.Bucket):
    """Versioning counts from when it is switched, and not for what was before."""
    (first,) = write(bucket, b"1")
    bucket.versioning_enabled = True
    bucket.patch()
    (second,) = write(bucket, b"2")
    bucket.versioning_enabled = False
    bucket.patch()
    (third,) = write(bucket, b"3")
    versions = [blob.generation for blob in bucket.list_blobs(versions=True)]
    assert versions == [first, third]
    assert soft_deleted(bucket) == [second]
