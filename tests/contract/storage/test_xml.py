import os
from pathlib import Path
from urllib.parse import quote
from xml.etree import ElementTree as ET

import pytest
from google.cloud import storage
from google.cloud.storage import transfer_manager

from tests.contract.storage.server import Server

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
