import base64
import hashlib
import os
from pathlib import Path
from urllib.parse import quote
from xml.etree import ElementTree as ET

import pytest
from google.api_core.exceptions import BadRequest
from google.cloud import storage
from google.cloud.storage import transfer_manager

from tests.contract import real
from tests.contract.storage.server import PROJECT, Server

KEY = f"projects/{PROJECT}/locations/us/keyRings/r/cryptoKeys/k"
OWN_KEY = hashlib.sha256(b"a customer's own").digest()
PART = 5 * 1024 * 1024
NAME = "a b%?#//ü"


def test_simple_requests(server: Server, bucket: storage.Bucket):
    """PUT, GET, HEAD and DELETE of `/bucket/object` mean what the JSON calls mean."""
    path = f"/{bucket.name}/{quote(NAME)}"
    headers = {
        "content-type": "text/x",
        "cache-control": "no-store",
        "x-goog-meta-k": "v",
        "x-goog-if-generation-match": "0",
    }
    put = server.call("PUT", path, data=b"data", headers=headers)
    assert put.status_code == 200, put.text
    found = bucket.get_blob(NAME)
    assert (found.content_type, found.cache_control) == ("text/x", "no-store")
    assert found.metadata == {"k": "v"}
    got = server.call("GET", path, headers={"range": "bytes=1-2"})
    assert (got.status_code, got.content) == (206, b"at")
    head = server.call("HEAD", path)
    assert head.headers["x-goog-generation"] == str(found.generation)
    assert (head.headers["content-length"], head.content) == ("4", b"")
    assert head.headers["x-goog-meta-k"] == "v"
    refused = server.call("PUT", path, data=b"new", headers=headers)
    assert refused.status_code == 412
    assert ET.fromstring(refused.text).findtext("Code") == "PreconditionFailed"  # noqa: S314 - our own server
    assert server.call("DELETE", path).status_code == 204
    assert server.call("GET", path).status_code == 404


def test_parallel_upload_of_the_client(bucket: storage.Bucket, tmp_path: Path):
    """The client's parallel upload arrives whole, with a CRC32C and no MD5."""
    data = os.urandom(2 * PART + 17)
    (tmp_path / "file").write_bytes(data)
    blob = bucket.blob(NAME)
    blob.metadata = {"k": "v"}
    transfer_manager.upload_chunks_concurrently(
        str(tmp_path / "file"), blob, chunk_size=PART, worker_type=transfer_manager.THREAD
    )
    found = bucket.get_blob(NAME)
    assert (found.md5_hash, found.metadata) == (None, {"k": "v"})
    transfer_manager.download_chunks_concurrently(
        found, str(tmp_path / "back"), chunk_size=PART, worker_type=transfer_manager.THREAD
    )
    assert (tmp_path / "back").read_bytes() == data


def upload_in_parts(blob: storage.Blob, path: Path) -> None:
    """Upload two parts side by side, as the client does."""
    path.write_bytes(bytes(PART + 17))
    transfer_manager.upload_chunks_concurrently(
        str(path), blob, chunk_size=PART, worker_type=transfer_manager.THREAD
    )


def test_a_customers_key_comes_with_each_part(
    server: Server, bucket: storage.Bucket, tmp_path: Path
):
    """The object is under the key, and nobody reads it without; so is one of a single request."""
    blob = bucket.blob("parts", encryption_key=OWN_KEY)
    upload_in_parts(blob, tmp_path / "file")
    assert len(blob.download_as_bytes()) == PART + 17
    with pytest.raises(BadRequest, match="encrypted by a customer-supplied"):
        bucket.get_blob("parts").download_as_bytes()
    digest = base64.b64encode(hashlib.sha256(OWN_KEY).digest()).decode()
    key = {
        "x-goog-encryption-algorithm": "AES256",
        "x-goog-encryption-key": base64.b64encode(OWN_KEY).decode(),
        "x-goog-encryption-key-sha256": digest,
    }
    path = f"/{bucket.name}/single"
    assert server.call("PUT", path, data=b"data", headers=key).ok
    assert server.call("GET", path).status_code == 400
    assert server.call("GET", path, headers=key).content == b"data"


@real.local_only(real.STRICTER)
def test_a_part_without_its_key_is_refused(server: Server, bucket: storage.Bucket):
    """Whether Cloud Storage refuses it as S3 does is not documented."""
    digest = {"x-goog-encryption-key-sha256": "x"}
    path = f"/{bucket.name}/object"
    begun = ET.fromstring(server.call("POST", f"{path}?uploads", headers=digest).text)  # noqa: S314 - our own server
    part = f"{path}?uploadId={begun.findtext('{*}UploadId')}&partNumber=1"
    assert server.call("PUT", part, data=b"1").status_code == 400
    assert server.call("PUT", part, data=b"1", headers=digest).ok


@real.local_only(real.KMS)
def test_parts_become_an_object_under_a_key_of_cloud_kms(bucket: storage.Bucket, tmp_path: Path):
    """The key is named where the upload begins (HTTP headers for XML API)."""
    blob = bucket.blob("sealed", kms_key_name=KEY)
    upload_in_parts(blob, tmp_path / "file")
    assert bucket.get_blob("sealed").kms_key_name.startswith(f"{KEY}/")


@pytest.fixture
def upload(server: Server, bucket: storage.Bucket) -> str:
    """Return the address of a multipart upload with two parts, sent in reverse order."""
    path = f"/{bucket.name}/object"
    begun = ET.fromstring(server.call("POST", f"{path}?uploads").text)  # noqa: S314 - our own server
    upload = f"{path}?uploadId={begun.findtext('{*}UploadId')}"
    for number in (2, 1):
        server.call("PUT", f"{upload}&partNumber={number}", data=str(number).encode())
    return upload


def complete(server: Server, upload: str, order: tuple[int, ...], **headers: str) -> int:
    """Complete an upload with its parts in an order and return the status."""
    listed = ET.fromstring(server.call("GET", upload).text)  # noqa: S314 - our own server
    etags = [part.findtext("{*}ETag") for part in listed.iterfind("{*}Part")]
    parts = "".join(
        f"<Part><PartNumber>{number}</PartNumber><ETag>{etags[number - 1]}</ETag></Part>"
        for number in order
    )
    body = f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>"
    return server.call("POST", upload, data=body, headers=headers).status_code


def test_parts_become_one_object(server: Server, bucket: storage.Bucket, upload: str):
    """The parts are joined by number, and only when the upload is completed."""
    assert bucket.get_blob("object") is None
    assert complete(server, upload, (2, 1)) == 400
    assert complete(server, upload, (1, 2)) == 200
    assert bucket.blob("object").download_as_bytes() == b"12"
    assert complete(server, upload, ()) == 404


def test_completion_obeys_preconditions(server: Server, bucket: storage.Bucket, upload: str):
    """An upload that shall not overwrite is refused when it is completed."""
    bucket.blob("object").upload_from_string(b"first")
    refused = complete(server, upload, (1, 2), **{"x-goog-if-generation-match": "0"})
    assert refused == 412
    assert bucket.blob("object").download_as_bytes() == b"first"


def test_aborted_upload_is_gone(server: Server, bucket: storage.Bucket, upload: str):
    """After an abort nothing can be completed."""
    assert upload.partition("uploadId=")[2] in server.call("GET", f"/{bucket.name}?uploads").text
    assert server.call("DELETE", upload).status_code == 204
    assert server.call("GET", upload).status_code == 404
    assert bucket.get_blob("object") is None
