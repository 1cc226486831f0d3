import http.client
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

from google.auth.transport.requests import Request
from google.cloud import storage

from tests.contract import real
from tests.contract.storage.server import Server, running
from tests.harness import await_that

RACERS = 16
GRANULE = 256 * 1024


def race(server: Server, method: str, path: str, **how: object) -> list[int]:
    """Send the same request many times at once and return the statuses, sorted."""
    with ThreadPoolExecutor(RACERS) as pool:
        sent = [pool.submit(server.call, method, path, **how) for _ in range(RACERS)]
        return sorted(answer.result().status_code for answer in sent)


def one_won(statuses: list[int], won: int, lost: int) -> bool:
    """Tell whether one call was done and all others lost; the real cloud may call 16 at once too many."""
    allowed = {lost, 429} if real.PROJECT else {lost}
    return statuses.count(won) == 1 and set(statuses) - {won} <= allowed


def test_one_upload_wins(server: Server):
    """Of uploads that race to create an object, exactly one does."""
    path = f"/upload/storage/v1/b/{server.new_bucket()}/o"
    for number in range(5):
        query = {"uploadType": "media", "name": str(number), "ifGenerationMatch": "0"}
        statuses = race(server, "POST", path, params=query, data=os.urandom(100_000))
        assert one_won(statuses, 200, 412), statuses


def test_one_change_wins(server: Server, bucket: storage.Bucket):
    """Of conditional patches, composes and deletes that race, exactly one of each does."""
    generation = server.put(bucket.name, "object", b"x" * 1000)["generation"]
    path = f"/storage/v1/b/{bucket.name}/o/object"
    patched = race(server, "PATCH", path, params={"ifMetagenerationMatch": "1"}, json={})
    assert one_won(patched, 200, 412), patched
    composed = race(
        server, "POST", f"{path}2/compose",
        params={"ifGenerationMatch": "0"}, json={"sourceObjects": [{"name": "object"}]},
    )  # fmt: skip
    assert one_won(composed, 200, 412), composed
    deleted = race(server, "DELETE", path, params={"ifGenerationMatch": generation})
    assert one_won(deleted, 204, 404), deleted


def connected(server: Server) -> http.client.HTTPConnection:
    """Return a connection that can be broken off."""
    scheme, host, *_ = urlsplit(server.url)
    kind = http.client.HTTPSConnection if scheme == "https" else http.client.HTTPConnection
    return kind(host, timeout=240)


def authorize(connection: http.client.HTTPConnection) -> None:
    """Put the credentials into a request that was begun."""
    headers: dict[str, str] = {}
    real.credentials().before_request(Request(), "", "", headers)
    for name, value in headers.items():
        connection.putheader(name, value)


def begin_upload(server: Server, bucket: str) -> http.client.HTTPConnection:
    """Send half of a simple upload and return its open connection."""
    connection = connected(server)
    path = f"/upload/storage/v1/b/{bucket}/o?uploadType=media&name=half"
    connection.putrequest("POST", path)
    authorize(connection)
    connection.putheader("content-length", str(8 * GRANULE))
    connection.endheaders(b"x" * 4 * GRANULE)
    return connection


def stored_files(folder: Path) -> int:
    """Count the contents on disk."""
    return sum(path.is_file() for path in (folder / "contents").rglob("*"))


def test_upload_that_breaks_off_leaves_nothing(server: Server):
    """An upload whose client goes away leaves no object."""
    bucket = server.new_bucket()
    connection = begin_upload(server, bucket)
    time.sleep(0.1)
    connection.close()
    time.sleep(0.1)
    assert "items" not in server.list(bucket, versions="true")


@real.local_only(real.BROKEN)
def test_session_keeps_whole_granules(server: Server):
    """A resumable upload that breaks off goes on behind the last whole piece that arrived."""
    bucket, data = server.new_bucket(), os.urandom(8 * GRANULE)
    answer = server.call("POST", f"/upload/storage/v1/b/{bucket}/o?uploadType=resumable&name=r")
    session = answer.headers["location"].removeprefix(server.url)
    connection = connected(server)
    connection.putrequest("PUT", session)
    authorize(connection)
    connection.putheader("content-length", str(len(data)))
    connection.endheaders(data[: 3 * GRANULE + 7])
    connection.close()

    asking = {"content-range": f"bytes */{len(data)}"}
    whole = f"bytes=0-{3 * GRANULE - 1}"

    def arrived() -> bool:
        asked = server.call("PUT", session, headers=asking, allow_redirects=False)
        assert asked.status_code == 308
        return asked.headers.get("range") == whole

    await_that(arrived)
    headers = {"content-range": f"bytes {3 * GRANULE}-{len(data) - 1}/{len(data)}"}
    assert server.call("PUT", session, data=data[3 * GRANULE :], headers=headers).ok
    assert server.object("GET", bucket, "r", "?alt=media").content == data


@real.local_only(real.PROCESS)
def test_state_survives_a_kill(tmp_path: Path):
    """After SIGKILL all that was answered is there, half an upload is not, and sessions go on."""
    with running(tmp_path) as server:
        bucket = server.new_bucket(versioning={"enabled": True})
        before = [server.put(bucket, "object", data) for data in (b"1", b"2")]
        server.object("DELETE", bucket, "object", f"?generation={before[0]['generation']}")
        answer = server.call("POST", f"/upload/storage/v1/b/{bucket}/o?uploadType=resumable&name=r")
        session = answer.headers["location"].removeprefix(server.url)
        headers = {"content-range": f"bytes 0-{GRANULE - 1}/{GRANULE + 1}"}
        server.call("PUT", session, data=b"y" * GRANULE, headers=headers, allow_redirects=False)
        connection = begin_upload(server, bucket)
        time.sleep(0.1)
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
        connection.close()

    with running(tmp_path) as server:
        assert server.list(bucket)["items"][0]["generation"] == before[1]["generation"]
        assert server.object("GET", bucket, "object", "?alt=media").content == b"2"
        (gone,) = server.list(bucket, softDeleted="true")["items"]
        assert gone["generation"] == before[0]["generation"]
        assert server.object("GET", bucket, "half").status_code == 404
        assert stored_files(tmp_path) == 3
        headers = {"content-range": f"bytes {GRANULE}-{GRANULE}/{GRANULE + 1}"}
        finished = server.call("PUT", session, data=b"z", headers=headers)
        assert finished.json()["size"] == str(GRANULE + 1)
        content = server.object("GET", bucket, "r", "?alt=media").content
        assert content == b"y" * GRANULE + b"z"


def begin_parts(server: Server, bucket: str) -> str:
    """Begin an XML multipart upload of the object and return its id."""
    text = server.call("POST", f"/{bucket}/object?uploads").text
    return text.partition("<UploadId>")[2].partition("<")[0]


@real.local_only(real.PROCESS)
def test_deleted_content_is_removed(tmp_path: Path):
    """What cannot come back leaves no file."""
    with running(tmp_path) as server:
        bucket = server.new_bucket(softDeletePolicy={"retentionDurationSeconds": "0"})
        for _ in range(3):
            server.put(bucket, "object", b"x")
        server.object("POST", bucket, "object", f"/rewriteTo/b/{bucket}/o/copy")
        server.object("POST", bucket, "none", f"/rewriteTo/b/{bucket}/o/copy")
        server.object("POST", bucket, "object", f"/copyTo/b/{bucket}/o/copy?ifGenerationMatch=0")
        upload = f"/{bucket}/object?uploadId={begin_parts(server, bucket)}"
        etag = server.call("PUT", f"{upload}&partNumber=1", data=b"y").headers["etag"]
        part = f"<Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part>"
        refused = server.call(
            "POST", upload,
            data=f"<CompleteMultipartUpload>{part}</CompleteMultipartUpload>",
            headers={"x-goog-if-generation-match": "0"},
        )  # fmt: skip
        assert refused.status_code == 412
        server.call("DELETE", upload)
        assert stored_files(tmp_path) == 2
        for name in ("object", "copy"):
            server.object("DELETE", bucket, name)
        assert stored_files(tmp_path) == 0


@real.local_only(real.PROCESS)
def test_clean_end(tmp_path: Path):
    """SIGTERM ends the service with status 0."""
    with running(tmp_path) as server:
        server.process.terminate()
        assert server.process.wait(10) == 0
