import threading
import time
from collections.abc import Callable, Iterator

import pytest
import requests
from google.api_core import exceptions
from google.cloud import firestore

from tests.contract import real
from tests.contract.firestore.parts import Service
from tests.contract.firestore.wire import Value, Wire, cursor, integer, ordered_by

pytestmark = real.local_only(real.ORDER)

# The official emulator has no faults: these tests are about the stand-in alone.
C = {"from_": [{"collection_id": "c"}]}


@pytest.fixture
def service(standin_service: Service) -> Iterator[Service]:
    """Return the stand-in, without faults before and after."""
    standin_service.faults("DELETE")
    yield standin_service
    standin_service.faults("DELETE")


@pytest.fixture
def filled(wire: Wire) -> Wire:
    """Return a database with ten documents."""
    wire.commit(*(wire.update(f"c/{number}", {"n": integer(number)}) for number in range(10)))
    return wire


def fired(service: Service) -> list[object]:
    """Return how often each fault fired."""
    return [fault["fired"] for fault in service.faults("GET")]


def test_patience(service: Service, filled: Wire, refused: Callable):
    """A query that passes over too many deleted documents ends, after what it found until then."""
    filled.commit(*(filled.delete(f"c/{number}") for number in range(1, 8)))
    everything = {"from_": [{"all_descendants": True}]}
    service.order("patience", database=filled.database, deleted=6)
    with refused("UNAVAILABLE"):
        filled.paths(everything)
    beyond = {"start_at": cursor(Value(reference_value=filled.name("c/2")), before=True)}
    by_name = {"order_by": ordered_by("__name__")}
    assert filled.paths(everything | by_name | beyond) == ["c/8", "c/9"]
    service.order("patience", database=filled.database, deleted=None)
    assert filled.paths(everything) == ["c/0", "c/8", "c/9"]


def test_status(service: Service, filled: Wire, refused: Callable):
    """A status is answered without doing the work, as often as asked, after some were let by."""
    service.faults(
        "POST",
        operation="firestore.Commit",
        kind="status",
        reason="RESOURCE_EXHAUSTED",
        skip=1,
        times=2,
    )
    filled.set("c/first", {})
    for _ in range(2):
        with refused("RESOURCE_EXHAUSTED"):
            filled.set("c/second", {})
    filled.set("c/third", {})
    assert filled.paths(C)[-2:] == ["c/first", "c/third"]
    assert fired(service) == [2]


@pytest.mark.parametrize(("kind", "is_done"), [("reset", False), ("lost", True)])
def test_broken_connection(
    service: Service, filled: Wire, refused: Callable, kind: str, *, is_done: bool
):
    """A reset loses the request, a lost answer leaves the work done: both look the same."""
    service.faults("POST", operation=r"firestore\.Commit", kind=kind)
    with refused("UNAVAILABLE"):
        filled.set("c/new", {})
    assert ("c/new" in filled.paths(C)) == is_done
    assert fired(service) == [1]


def test_truncated_stream_looks_whole(service: Service, filled: Wire):
    """A truncated stream ends with OK after half of the documents."""
    service.faults("POST", operation="firestore.RunQuery", kind="truncate")
    assert len(filled.paths(C)) == 5
    assert len(filled.paths(C)) == 10
    assert fired(service) == [1]


def test_truncated_stream_with_a_status(service: Service, filled: Wire, refused: Callable):
    """A truncated stream can end with a status instead."""
    service.faults(
        "POST", operation="firestore.RunQuery", kind="truncate", reason="DEADLINE_EXCEEDED"
    )
    with refused("DEADLINE_EXCEEDED"):
        filled.query(C)
    assert fired(service) == [1]


def test_latency(service: Service, filled: Wire):
    """Latency delays the work."""
    service.faults("POST", operation="firestore.GetDocument", kind="latency", seconds=0.3)
    began = time.monotonic()
    filled.get("c/1")
    assert time.monotonic() - began >= 0.3
    assert fired(service) == [1]


def test_match(service: Service, filled: Wire, refused: Callable):
    """A fault can be for one document only, and fire for ever."""
    service.faults(
        "POST", operation="firestore.GetDocument", match="c/2$", kind="status", times=None
    )
    filled.get("c/1")
    for _ in range(3):
        with refused("UNAVAILABLE"):
            filled.get("c/2")
    assert fired(service) == [3]
    assert [fault["fired"] for fault in service.faults("DELETE")] == [3]
    filled.get("c/2")


def test_impossible_fault_is_refused(service: Service):
    """A fault of no known kind is refused."""
    with pytest.raises(requests.HTTPError):
        service.faults("POST", operation="firestore.Commit", kind="unknown")


def test_client_retries(service: Service, client: firestore.Client):
    """The real client sees faults as it sees those of the service: it retries reads."""
    document = client.document("c/d")
    document.set({"n": 1})
    service.faults("POST", operation="firestore.BatchGetDocuments", kind="status", times=2)
    assert document.get().get("n") == 1
    service.faults("POST", operation="firestore.Commit", kind="status", status=403)
    with pytest.raises(exceptions.PermissionDenied):
        document.set({"n": 2})
    assert fired(service) == [2, 1]


def test_requests_run_side_by_side(service: Service, filled: Wire):
    """A slow request does not hold others up."""
    service.faults("POST", operation="firestore.RunQuery", kind="latency", seconds=1)
    slow = threading.Thread(target=filled.query, args=(C,))
    slow.start()
    while not fired(service)[0]:
        time.sleep(0.01)
    filled.get("c/1")
    assert slow.is_alive()
    slow.join()
