import gzip
from pathlib import Path

import pytest
import requests
from google.auth.transport.requests import Request
from google.cloud import storage

from tests.contract import real
from tests.contract.storage.server import Server
from tests.standin.discovery.reported import taken

DATA = bytes(range(256)) * 40


def media(server: Server, bucket: str, **headers: str) -> requests.Response:
    """Download the object without any transformation by the client."""
    url = f"{server.url}/storage/v1/b/{bucket}/o/object?alt=media"
    request = requests.Request("GET", url, headers=headers).prepare()
    # Not what a session sends by itself: its own accept-encoding.
    real.credentials().before_request(Request(), "GET", url, request.headers)
    with requests.Session() as session, session.send(request, stream=True, timeout=240) as answer:
        answer.raw_bytes = answer.raw.read(decode_content=False)
        return answer


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [("0-0", 0, 1), ("5-99", 5, 100), ("10000-", 10000, 10240), ("-7", 10233, 10240),
     ("10239-99999", 10239, 10240), ("-99999", 0, 10240)],
)  # fmt: skip
def test_ranges(server: Server, asked: str, start: int, stop: int):
    """A range is answered with just its bytes and where they are."""
    bucket = server.new_bucket()
    server.put(bucket, "object", DATA)
    answer = media(server, bucket, range=f"bytes={asked}")
    assert (answer.status_code, answer.raw_bytes) == (206, DATA[start:stop])
    assert answer.headers["content-range"] == f"bytes {start}-{stop - 1}/{len(DATA)}"


def test_range_behind_the_end(server: Server):
    """A range that starts behind the end is refused."""
    bucket = server.new_bucket()
    server.put(bucket, "object", b"x" * 10)
    assert media(server, bucket, range="bytes=10-").status_code == 416


def test_headers_tell_what_was_read(server: Server):
    """A download names its generation, metageneration and checksums."""
    bucket = server.new_bucket()
    stored = server.put(bucket, "object", DATA)
    answer = media(server, bucket)
    assert answer.raw_bytes == DATA
    assert answer.headers["x-goog-generation"] == stored["generation"]
    assert answer.headers["x-goog-metageneration"] == "1"
    assert answer.headers["x-goog-stored-content-encoding"] == "identity"
    expected = f"crc32c={stored['crc32c']},md5={stored['md5Hash']}"
    assert answer.headers["x-goog-hash"] == expected
    assert answer.headers["etag"] == stored["etag"]


@pytest.mark.parametrize(
    ("accepts", "cache_control", "is_gunzipped"),
    [("gzip", None, False), ("identity", None, True), ("identity", "no-transform", False)],
)
def test_decompressive_transcoding(
    server: Server,
    bucket: storage.Bucket,
    accepts: str,
    cache_control: str | None,
    is_gunzipped: bool,  # noqa: FBT001 - a parameter of the table above
):
    """A gzip object is decompressed for a client that takes none, unless it forbids that."""
    packed = gzip.compress(DATA)
    blob = bucket.blob("object")
    blob.content_encoding = "gzip"
    blob.cache_control = cache_control
    blob.upload_from_string(packed)

    answer = media(server, bucket.name, **{"accept-encoding": accepts})
    assert answer.raw_bytes == (DATA if is_gunzipped else packed)
    assert answer.headers["x-goog-stored-content-encoding"] == "gzip"
    assert answer.headers.get("content-encoding") == (None if is_gunzipped else "gzip")


def test_client_decodes_or_not(bucket: storage.Bucket):
    """The client reads a gzip object decompressed, or raw when asked."""
    packed = gzip.compress(DATA)
    blob = bucket.blob("object")
    blob.content_encoding = "gzip"
    blob.upload_from_string(packed)
    assert bucket.blob("object").download_as_bytes() == DATA
    assert bucket.blob("object").download_as_bytes(raw_download=True) == packed


def test_read_preconditions(server: Server):
    """A read is refused with 412 when a match fails, and with 304 when a not-match does."""
    bucket = server.new_bucket()
    generation = server.put(bucket, "object", b"data")["generation"]
    expected = {
        f"ifGenerationMatch={generation}": 200,
        "ifGenerationMatch=1": 412,
        f"ifGenerationNotMatch={generation}": 304,
        "ifMetagenerationMatch=2": 412,
        "ifMetagenerationNotMatch=1": 304,
    }
    for media_or_not in ("", "&alt=media"):
        answers = {
            query: server.object("GET", bucket, "object", f"?{query}{media_or_not}").status_code
            for query in expected
        }
        assert answers == expected


def test_a_condition_is_a_number(server: Server, reports: Path):
    """Anything else is refused, and the stand-in tells the test that sent it."""
    bucket = server.new_bucket()
    server.put(bucket, "object", b"data")
    for media_or_not in ("", "&alt=media"):
        answer = server.object("GET", bucket, "object", f"?ifGenerationMatch=x{media_or_not}")
        assert answer.status_code == 400
    told = " ".join(taken(reports))
    assert real.PROJECT or "ifGenerationMatch is no whole number" in told


def test_errors_have_googles_form(server: Server):
    """A refusal has the JSON body that clients take apart."""
    answer = server.object("GET", server.new_bucket(), "none")
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["status"]) == (404, 404, "NOT_FOUND")
    assert error["errors"][0]["reason"] == "notFound"
    assert error["errors"][0]["domain"] == "global"


def test_large_object_streams(bucket: storage.Bucket):
    """An object larger than any buffer arrives whole, with the checksum that it has."""
    data = DATA * 1000
    bucket.blob("large").upload_from_string(data)
    assert bucket.blob("large").download_as_bytes(checksum="crc32c") == data
