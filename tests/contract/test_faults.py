import gc
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest
import requests
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

from tests.contract.storage.server import Server, running
from tests.harness import await_that
from tests.standin.faults import Faults

DATA = bytes(range(256)) * 8192
INSERT, GET = "storage.objects.insert", "storage.objects.get"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run a server to spoil."""
    with running(tmp_path_factory.mktemp("faults")) as started:
        yield started


@pytest.fixture
def bucket(server: Server) -> Iterator[str]:
    """Return a bucket with one object; no fault outlives the test."""
    name = server.new_bucket()
    server.put(name, "object", DATA)
    yield name
    server.call("DELETE", "/standin/faults")


def fired(server: Server) -> list[int]:
    """Return how often each fault fired."""
    return [fault["fired"] for fault in server.call("GET", "/standin/faults").json()]


def read(server: Server, bucket: str) -> bytes:
    """Download the object."""
    return server.object("GET", bucket, "object", "?alt=media").content


def test_status(server: Server, bucket: str):
    """An injected error has Google's form, does not do the work, and ends after its times."""
    server.order(
        "faults", operation=INSERT, kind="status", status=429, reason="rateLimitExceeded", times=2
    )
    path = f"/upload/storage/v1/b/{bucket}/o?uploadType=media&name=new"
    for _ in range(2):
        answer = server.call("POST", path, data=b"x")
        error = answer.json()["error"]
        assert (answer.status_code, error["code"]) == (429, 429)
        assert error["errors"][0]["reason"] == "rateLimitExceeded"
        assert error["status"] == "RESOURCE_EXHAUSTED"
    assert server.object("GET", bucket, "new").status_code == 404
    assert server.call("POST", path, data=b"x").status_code == 200
    assert fired(server) == [2]


def test_reset(server: Server, bucket: str):
    """A reset connection is one to the client, and the work is not done."""
    server.order("faults", operation=INSERT, kind="reset")
    with pytest.raises(requests.exceptions.ConnectionError, match="Connection aborted"):
        server.put(bucket, "new", DATA)
    assert server.object("GET", bucket, "new").status_code == 404
    assert fired(server) == [1]


def test_lost(server: Server, bucket: str):
    """With a lost answer the work is done and the client sees a reset."""
    server.order("faults", operation=INSERT, kind="lost")
    with pytest.raises(requests.exceptions.ConnectionError, match="reset"):
        server.put(bucket, "new", b"data")
    assert server.object("GET", bucket, "new", "?alt=media").content == b"data"
    assert fired(server) == [1]


def test_stall(server: Server, bucket: str):
    """A stalled answer comes whole, its second half only after a while."""
    server.order("faults", operation=GET, kind="stall", seconds=1.0, times=2)
    path = f"{server.url}/storage/v1/b/{bucket}/o/object?alt=media"
    # Which of the two it is depends on whether its beginning came in time.
    late = (requests.exceptions.ConnectionError, requests.exceptions.ReadTimeout)
    with pytest.raises(late, match="timed out"):
        requests.get(path, timeout=0.2)
    assert read(server, bucket) == DATA
    assert fired(server) == [2]


def test_answers_are_dated(server: Server, bucket: str):
    """Every answer has one date, that of the service's clock, to the second below."""
    for offset in (0, -300):
        server.order("clock", offset_seconds=offset)
        before = datetime.now(UTC)
        answer = server.object("GET", bucket, "nothing")
        told = parsedate_to_datetime(answer.headers["Date"]) - timedelta(seconds=offset)
        assert before - timedelta(seconds=1) < told <= datetime.now(UTC)
    server.order("clock", offset_seconds=0)


def test_truncate(server: Server, bucket: str):
    """A truncated answer ends before its announced length."""
    server.order("faults", operation=GET, match="alt=media", kind="truncate", at_byte=1000)
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="1000 bytes read"):
        read(server, bucket)
    assert read(server, bucket) == DATA
    assert fired(server) == [1]


@pytest.mark.parametrize("at_byte", [None, 0, len(DATA) - 1])
def test_flip(server: Server, bucket: str, at_byte: int | None):
    """A flipped answer differs in exactly one byte, in the middle or where asked."""
    server.order("faults", operation=GET, match="alt=media", kind="flip", at_byte=at_byte)
    found = read(server, bucket)
    differing = [at for at, (was, now) in enumerate(zip(DATA, found, strict=True)) if was != now]
    assert differing == [len(DATA) // 2 if at_byte is None else at_byte]
    assert read(server, bucket) == DATA
    assert fired(server) == [1]


@pytest.mark.parametrize("kind", ["flip", "truncate"])
def test_nothing_to_spoil_does_not_count(server: Server, bucket: str, kind: str):
    """A fault on the body of an answer without one has not fired."""
    server.order("faults", operation="storage.objects.delete", kind=kind)
    assert server.object("DELETE", bucket, "object").status_code == 204
    assert fired(server) == [0]


def test_latency(server: Server, bucket: str):
    """Latency delays the work, and another fault can follow it."""
    server.order("faults", operation=GET, kind="status", status=503)
    server.order("faults", operation=GET, kind="latency", seconds=0.2)
    start = time.monotonic()
    assert server.object("GET", bucket, "object").status_code == 503
    assert time.monotonic() - start >= 0.2
    assert fired(server) == [1, 1]


def test_latency_ends_with_its_fault(server: Server, bucket: str):
    """What a fault holds up goes on when the fault is taken away."""
    server.order("faults", operation=GET, kind="latency", seconds=240)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(server.object, "GET", bucket, "object")
        await_that(lambda: fired(server) == [1])
        assert not answer.done()
        server.call("DELETE", "/standin/faults")
        assert answer.result(120).status_code == 200


def test_skip_match_and_no_end(server: Server, bucket: str):
    """A fault lets the first requests pass, leaves others alone, and may fire for ever."""
    server.order("faults", operation=GET, match="/object", kind="status", skip=1, times=None)
    server.put(bucket, "other", b"")
    statuses = [server.object("GET", bucket, "object").status_code for _ in range(4)]
    assert statuses == [200, 503, 503, 503]
    assert server.object("GET", bucket, "other").status_code == 200
    removed = server.call("DELETE", "/standin/faults").json()
    assert [fault["fired"] for fault in removed] == [3]
    assert server.call("GET", "/standin/faults").json() == []
    assert server.object("GET", bucket, "object").status_code == 200


def test_faults_inside_an_upload_session(server: Server, bucket: str):
    """Each request of a resumable upload is the operation of the upload."""
    path = f"/upload/storage/v1/b/{bucket}/o?uploadType=resumable&name=new"
    session = server.call("POST", path).headers["location"].removeprefix(server.url)
    server.order("faults", operation=INSERT, match="upload_id=", kind="lost")
    with pytest.raises(requests.exceptions.ConnectionError):
        server.call("PUT", session, data=b"data")
    answer = server.call("PUT", session, headers={"content-range": "bytes */4"})
    assert (answer.status_code, answer.json()["size"]) == (200, "4")
    assert fired(server) == [1]


@pytest.mark.filterwarnings("ignore:Exception ignored in. <socket")
@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
@pytest.mark.parametrize("kind", ["status", "reset", "truncate", "flip"])
def test_real_client_recovers(
    server: Server, bucket: str, kind: str, monkeypatch: pytest.MonkeyPatch
):
    """The real client rides out, or finds, every fault of a download."""
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", server.url)
    with storage.Client(project="p", credentials=AnonymousCredentials()) as client:
        server.order("faults", operation=GET, match="alt=media", kind=kind)
        blob = client.bucket(bucket).blob("object")
        if kind == "flip":
            with pytest.raises(storage.exceptions.DataCorruption):
                blob.download_as_bytes()
        else:
            assert blob.download_as_bytes() == DATA
    # The client leaves the connection of a failed download to the garbage collector.
    gc.collect()
    assert fired(server) == [1]


@pytest.mark.parametrize(
    "fault", [{"operation": "x", "kind": "none"}, {"operation": "(", "kind": "reset"}, {"kind": "reset"},
              {"operation": "x", "kind": "reset", "colour": "red"}],
)  # fmt: skip
def test_malformed_faults_are_refused(server: Server, fault: dict[str, str]):
    """What could never fire is refused at once."""
    assert server.call("POST", "/standin/faults", json=fault).status_code == 400


def test_an_operation_is_matched_whole(server: Server, bucket: str):
    """A fault on one operation leaves those whose id begins alike alone."""
    server.order("faults", operation="storage.buckets.get", kind="status")
    assert server.call("GET", f"/storage/v1/b/{bucket}/iam").status_code == 200
    assert fired(server) == [0]


def test_threads_share_the_count():
    """A fault fires exactly as often as asked, whoever claims it."""
    faults = Faults()
    faults.add({"operation": "o", "kind": "reset", "skip": 10, "times": 100})
    claimed = []

    def claim() -> None:
        claimed.extend(fault for _ in range(200) for fault in faults.claim("o", "/?"))

    threads = [threading.Thread(target=claim) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(claimed) == 100
    assert faults.report()[0]["fired"] == 100
