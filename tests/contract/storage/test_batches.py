import pytest
from google.api_core.exceptions import BadRequest, NotFound, ServiceUnavailable
from google.cloud import storage

from tests.contract import real
from tests.contract.storage.server import Server


def delete(client: storage.Client, bucket: storage.Bucket, *names: str) -> None:
    """Delete objects in one batch."""
    with client.batch():
        for name in names:
            bucket.blob(name).delete()


def test_each_call_is_answered(client: storage.Client, bucket: storage.Bucket):
    """The calls of a batch are done in order, each with its own answer."""
    for name in ("a", "b %?", "c"):
        bucket.blob(name).upload_from_string(b"x")
    patched = bucket.blob("c")
    patched.metadata = {"k": "v"}
    with client.batch():
        bucket.blob("a").delete()
        bucket.blob("b %?").delete()
        patched.patch()
    assert [blob.name for blob in bucket.list_blobs()] == ["c"]
    assert bucket.get_blob("c").metadata == {"k": "v"}


def test_one_refusal_leaves_the_others(client: storage.Client, bucket: storage.Bucket):
    """A refused call is told of, and the rest of the batch is done."""
    bucket.blob("a").upload_from_string(b"x")
    with pytest.raises(NotFound):
        delete(client, bucket, "none", "a")
    assert bucket.get_blob("a") is None


def test_batch_has_at_most_100_calls(client: storage.Client, bucket: storage.Bucket):
    """More than 100 calls are refused as a whole."""
    bucket.blob("a").upload_from_string(b"x")
    with pytest.raises(BadRequest, match="exceeds the limit"):
        delete(client, bucket, *["a"] * 101)
    assert bucket.get_blob("a") is not None


@real.local_only(real.ORDER)
def test_faults_reach_into_batches(server: Server, client: storage.Client, bucket: storage.Bucket):
    """A fault on an operation fires for a call inside a batch, and there only."""
    for name in ("a", "b"):
        bucket.blob(name).upload_from_string(b"x")
    server.order("faults", operation="storage.objects.delete", match="/a", kind="status")
    with pytest.raises(ServiceUnavailable):
        delete(client, bucket, "b", "a")
    (fault,) = server.call("DELETE", "/standin/faults").json()
    assert fault["fired"] == 1
    assert [blob.name for blob in bucket.list_blobs()] == ["a"]
