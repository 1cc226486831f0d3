import base64
import hashlib
from typing import Any

import pytest
from google.api_core.exceptions import BadRequest, Forbidden, PreconditionFailed
from google.cloud import storage

from tests.contract import real
from tests.contract.storage.server import PROJECT, Server

KEY = f"projects/{PROJECT}/locations/us/keyRings/r/cryptoKeys/k"
OWN_KEY = hashlib.sha256(b"a customer's own").digest()


def listed(server: Server, bucket: str, **query: Any) -> dict[str, dict[str, Any]]:  # noqa: ANN401 - parameters
    """Return what a listing says of each object."""
    return {item["name"]: item for item in server.list(bucket, **query)["items"]}


@real.local_only(real.KMS)
def test_listings_leave_out_checksums_under_a_key(server: Server, client: storage.Client):
    """A list shows no checksums of encrypted objects, a get does (Customer-managed keys)."""
    bucket = client.bucket(server.new_bucket(encryption={"defaultKmsKeyName": KEY}))
    bucket.blob("sealed").upload_from_string(b"data")
    for query in ({}, {"versions": "true"}):
        found = listed(server, bucket.name, **query)["sealed"]
        assert found["kmsKeyName"] == f"{KEY}/cryptoKeyVersions/1"
        assert {"crc32c", "md5Hash"}.isdisjoint(found)
    sealed = bucket.get_blob("sealed")
    assert sealed.crc32c
    assert sealed.md5_hash
    sealed.metadata = {"k": "v"}
    sealed.patch()
    assert sealed.kms_key_name
    plain = client.bucket(server.new_bucket())
    copy = plain.blob("copy", kms_key_name=KEY)
    assert copy.rewrite(sealed)[0] is None
    plain.blob("open").rewrite(sealed)
    found = listed(server, plain.name)
    assert "crc32c" not in found["copy"]
    assert found["open"]["crc32c"] == sealed.crc32c


def test_a_bucket_can_take_no_objects_under_keys_of_others(server: Server, client: storage.Client):
    """What nobody else could read is refused (Enforce or restrict the encryption types for a bucket)."""
    enforced = {
        "customerSuppliedEncryptionEnforcementConfig": {"restrictionMode": "FullyRestricted"}
    }
    bucket = client.bucket(server.new_bucket(encryption=enforced))
    with pytest.raises(PreconditionFailed):
        bucket.blob("sealed", encryption_key=OWN_KEY).upload_from_string(b"data")
    assert not list(bucket.list_blobs())
    bucket.blob("open").upload_from_string(b"data")
    assert bucket.blob("open").download_as_bytes() == b"data"


@real.local_only(real.KMS)
def test_a_bucket_can_take_no_objects_under_keys_of_cloud_kms(
    server: Server, client: storage.Client
):
    """Nor what its key's owner can make unreadable (the same page)."""
    enforced = {
        "customerManagedEncryptionEnforcementConfig": {"restrictionMode": "FullyRestricted"}
    }
    bucket = client.bucket(server.new_bucket(encryption=enforced))
    with pytest.raises(PreconditionFailed):
        bucket.blob("sealed", kms_key_name=KEY).upload_from_string(b"data")
    bucket.blob("open").upload_from_string(b"data")
    assert [blob.name for blob in bucket.list_blobs()] == ["open"]


@real.local_only(real.KMS)
@pytest.mark.parametrize(
    ("state", "refusal", "reason"),
    [("disabled", BadRequest, "cloudKmsDisabledKey"), ("denied", Forbidden, "forbidden")],
)
def test_keys_of_cloud_kms_that_cannot_be_used(
    server: Server, bucket: storage.Bucket, state: str, refusal: type[Exception], reason: str
):
    """What is under one is listed, and neither read nor copied (HTTP status and error codes for JSON)."""
    blob = bucket.blob("sealed", kms_key_name=f"{KEY}-{state}")
    blob.upload_from_string(b"data")
    server.order("keys", keys={f"{KEY}-{state}": state})
    try:
        with pytest.raises(refusal, match="Cloud KMS key"):
            blob.download_as_bytes()
        answer = server.object("POST", bucket.name, "sealed", f"/rewriteTo/b/{bucket.name}/o/copy")
        assert answer.json()["error"]["errors"][0]["reason"] == reason
        assert listed(server, bucket.name)["sealed"]["kmsKeyName"].startswith(f"{KEY}-{state}/")
    finally:
        server.order("keys", keys={})
    assert blob.download_as_bytes() == b"data"


def test_customer_supplied_keys(server: Server, bucket: storage.Bucket):
    """Without its key an object is neither read nor copied, and its checksums are not told."""
    blob = bucket.blob("sealed", encryption_key=OWN_KEY)
    blob.upload_from_string(b"data")
    assert blob.download_as_bytes() == b"data"
    without = bucket.get_blob("sealed")
    assert (without.size, without.crc32c, without.md5_hash) == (4, None, None)
    assert "crc32c" not in listed(server, bucket.name)["sealed"]
    with pytest.raises(BadRequest, match="encrypted by a customer-supplied"):
        without.download_as_bytes()
    answer = server.object("POST", bucket.name, "sealed", f"/rewriteTo/b/{bucket.name}/o/copy")
    reason = answer.json()["error"]["errors"][0]["reason"]
    assert reason == "resourceIsEncryptedWithCustomerEncryptionKey"
    digest = base64.b64encode(hashlib.sha256(OWN_KEY).digest()).decode()
    headers = {
        "x-goog-copy-source-encryption-algorithm": "AES256",
        "x-goog-copy-source-encryption-key": base64.b64encode(OWN_KEY).decode(),
        "x-goog-copy-source-encryption-key-sha256": digest,
    }
    path = f"/rewriteTo/b/{bucket.name}/o/copy"
    assert server.object("POST", bucket.name, "sealed", path, headers=headers).ok
    assert bucket.blob("copy").download_as_bytes() == b"data"


@real.local_only(real.PAYER)
def test_requester_pays(server: Server, client: storage.Client):
    """Requests about the bucket name who pays, or are refused (Use Requester Pays)."""
    name = server.new_bucket(billing={"requesterPays": True})
    with pytest.raises(BadRequest, match="requester pays"):
        client.bucket(name).blob("object").upload_from_string(b"data")
    paid = client.bucket(name, user_project=PROJECT)
    paid.blob("object").upload_from_string(b"data")
    assert [blob.name for blob in paid.list_blobs()] == ["object"]
    other = server.new_bucket()
    path = f"/rewriteTo/b/{name}/o/copy"
    server.put(other, "source", b"x")
    assert server.object("POST", other, "source", path).status_code == 400
    assert server.object("POST", other, "source", path, params={"userProject": PROJECT}).ok


@real.local_only(real.RATE)
def test_one_name_is_written_only_so_often(server: Server, bucket: storage.Bucket):
    """Writes of one name beyond a burst are refused for a while; other names are not concerned."""
    answers = [
        server.object("PATCH", bucket.name, "object", json={}).status_code
        if number
        else server.put(bucket.name, "object", b"") and 200
        for number in range(200)
    ]
    assert answers[100] == 200
    assert 429 in answers
    assert server.put(bucket.name, "other", b"")


def test_conditions_need_uniform_access(server: Server, client: storage.Client):
    """A conditional binding is refused without uniform bucket-level access (IAM Conditions)."""
    binding = {
        "role": "roles/storage.objectViewer",
        "members": [f"serviceAccount:{client.get_service_account_email()}"],
        "condition": {
            "title": "t",
            "expression": "request.time < timestamp('2030-01-01T00:00:00Z')",
        },
    }
    body = {"version": 3, "bindings": [binding]}
    name = server.new_bucket()
    assert server.call("PUT", f"/storage/v1/b/{name}/iam", json=body).status_code == 412
    uniform = {"uniformBucketLevelAccess": {"enabled": True}}
    name = server.new_bucket(iamConfiguration=uniform)
    assert server.call("PUT", f"/storage/v1/b/{name}/iam", json=body).ok
