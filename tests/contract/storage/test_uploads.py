import base64
import hashlib
import os

import google_crc32c
import pytest
from google.api_core.exceptions import PreconditionFailed
from google.cloud import storage

from tests.contract.storage.server import Server

GRANULE = 256 * 1024
NAMES = [
    "plain",
    "with space/and more",
    "100%25 %2F?query#fragment",
    "a//b///c/",
    "x/../y/./z",
    "Ünïcödé/日本語/🏀",
    "+&=;,@:$!*'()~",
    "é" * 512,
]


def open_session(server: Server, bucket: str, name: str, **query: str) -> str:
    """Open a resumable upload and return its address."""
    answer = server.call(
        "POST",
        f"/upload/storage/v1/b/{bucket}/o",
        params={"uploadType": "resumable", "name": name, **query},
        json={"contentType": "text/plain", "metadata": {"k": "v"}},
    )
    assert answer.status_code == 200
    return answer.headers["location"].removeprefix(server.url)


def send(server: Server, session: str, data: bytes, content_range: str):
    """Send bytes of a resumable upload."""
    headers = {"content-range": f"bytes {content_range}"}
    return server.call("PUT", session, data=data, headers=headers, allow_redirects=False)


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_names_are_kept_exactly(bucket: storage.Bucket, name: str):
    """Any name of up to 1024 bytes comes back from every way of asking."""
    blob = bucket.blob(name)
    blob.upload_from_string(b"data")

    assert bucket.get_blob(name).name == name
    assert bucket.blob(name).download_as_bytes() == b"data"
    assert [found.name for found in bucket.list_blobs()] == [name]
    bucket.blob(name).delete()
    assert bucket.get_blob(name) is None


def test_names_that_are_too_long_are_refused(server: Server):
    """A name of more than 1024 bytes is refused."""
    answer = server.call(
        "POST",
        f"/upload/storage/v1/b/{server.new_bucket()}/o?uploadType=media&name={'x' * 1025}",
        data=b"",
    )
    assert answer.status_code == 400


def test_metadata_comes_back(bucket: storage.Bucket):
    """What a multipart upload says of an object is kept, and checksums are made."""
    blob = bucket.blob("object", chunk_size=None)
    blob.metadata = {"key": "välue"}
    blob.cache_control = "no-store"
    blob.content_language = "de"
    blob.upload_from_string(b"data", content_type="text/x", if_generation_match=0)

    found = bucket.get_blob("object")
    assert found.metadata == {"key": "välue"}
    assert (found.cache_control, found.content_language) == ("no-store", "de")
    assert (found.content_type, found.size, found.metageneration) == ("text/x", 4, 1)
    assert base64.b64decode(found.crc32c) == google_crc32c.Checksum(b"data").digest()
    assert base64.b64decode(found.md5_hash) == hashlib.md5(b"data").digest()  # noqa: S324 - the service's checksum
    assert found.storage_class == "STANDARD"
    assert found.time_created == found.updated


@pytest.mark.parametrize("length", [0, 1, GRANULE, 3 * GRANULE + 7])
def test_resumable_upload(bucket: storage.Bucket, length: int):
    """The client's resumable upload arrives whole."""
    data = os.urandom(length)
    blob = bucket.blob("object", chunk_size=GRANULE)
    with blob.open("wb", ignore_flush=True) as stream:
        stream.write(data)

    assert bucket.blob("object").download_as_bytes() == data


@pytest.mark.parametrize("crlf", [b"\r\n", b"\n"])
def test_media_that_looks_like_multipart(server: Server, crlf: bytes):
    """Media ends at the closing boundary, whatever it holds."""
    bucket = server.new_bucket()
    media = b"\r\n--other--\r\n\n--" + os.urandom(2_000_000) + b"\r\n"
    parts = [
        b"--cut", b"Content-Type: application/json", b"", b'{"name": "object"}',
        b"--cut", b"Content-Type: text/plain", b"", media, b"--cut--", b"",
    ]  # fmt: skip
    answer = server.call(
        "POST",
        f"/upload/storage/v1/b/{bucket}/o?uploadType=multipart",
        data=crlf.join(parts),
        headers={"content-type": "multipart/related; boundary='cut'"},
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["contentType"] == "text/plain"
    assert server.object("GET", bucket, "object", "?alt=media").content == media


@pytest.mark.parametrize(
    "header", ["crc32c=AAAAAA==", "md5=1B2M2Y8AsgTpgAmY7PhCfg=="], ids=["crc32c", "md5"]
)
def test_wrong_checksum_is_refused(server: Server, header: str):
    """Bytes that differ from their announced checksum leave no object."""
    bucket = server.new_bucket()
    answer = server.call(
        "POST",
        f"/upload/storage/v1/b/{bucket}/o?uploadType=media&name=object",
        data=b"data",
        headers={"x-goog-hash": header},
    )
    assert (answer.status_code, answer.json()["error"]["errors"][0]["reason"]) == (400, "invalid")
    assert server.object("GET", bucket, "object").status_code == 404


def test_wrong_checksum_at_the_end_of_a_session_is_refused(server: Server):
    """A resumable upload is held against the checksum of its last request."""
    bucket = server.new_bucket()
    session = open_session(server, bucket, "object")
    answer = server.call("PUT", session, data=b"data", headers={"x-goog-hash": "crc32c=AAAAAA=="})
    assert answer.status_code == 400
    assert server.object("GET", bucket, "object").status_code == 404


def test_session_says_how_far_it_is(server: Server):
    """Each request of a session is answered with what arrived, and the last with the object."""
    bucket, data = server.new_bucket(), os.urandom(2 * GRANULE + 5)
    session = open_session(server, bucket, "object")
    total = len(data)

    asked = send(server, session, b"", f"*/{total}")
    assert (asked.status_code, asked.headers.get("range")) == (308, None)
    first = send(server, session, data[:GRANULE], f"0-{GRANULE - 1}/{total}")
    assert (first.status_code, first.headers["range"]) == (308, f"bytes=0-{GRANULE - 1}")
    assert server.object("GET", bucket, "object").status_code == 404
    overlapping = send(server, session, data, f"0-{total - 1}/{total}")
    assert overlapping.status_code == 200
    assert server.object("GET", bucket, "object", "?alt=media").content == data
    again = send(server, session, b"", f"*/{total}")
    assert again.json() == overlapping.json()
    assert again.json()["metadata"] == {"k": "v"}


def test_session_refuses_gaps_and_odd_pieces(server: Server):
    """Bytes that do not follow, and pieces of an odd size before the last, are refused."""
    session = open_session(server, server.new_bucket(), "object")
    assert send(server, session, b"x" * 10, "100-109/1000").status_code == 400
    assert send(server, session, b"x" * 10, "0-9/1000").status_code == 400


def test_cancelled_session_is_gone(server: Server):
    """After a cancel nothing can be sent, and no object appears."""
    bucket = server.new_bucket()
    session = open_session(server, bucket, "object")
    assert server.call("DELETE", session).status_code == 499
    assert server.call("PUT", session, data=b"data").status_code == 499
    assert server.object("GET", bucket, "object").status_code == 404


def test_preconditions_of_every_upload(server: Server, bucket: storage.Bucket):
    """An upload that shall not overwrite does not, be it simple, multipart or resumable."""
    late = open_session(server, bucket.name, "object", ifGenerationMatch="0")
    bucket.blob("object").upload_from_string(b"first", if_generation_match=0)

    for chunk_size in (None, GRANULE):
        blob = bucket.blob("object", chunk_size=chunk_size)
        with pytest.raises(PreconditionFailed):
            blob.upload_from_string(b"second", if_generation_match=0)
    assert server.call("PUT", late, data=b"late").status_code == 412
    assert bucket.blob("object").download_as_bytes() == b"first"
    with pytest.raises(PreconditionFailed):
        bucket.blob("none").upload_from_string(b"x", if_generation_match=5)
