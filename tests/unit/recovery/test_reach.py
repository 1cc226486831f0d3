"""Whether a service can be reached is asked once, and answered in words within seconds."""

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from manifests.cloud.clock import ServiceClock
from manifests.cloud.firestore import Connection
from manifests.errors import CloudError
from recovery.reach import Reach, require_firestore


@pytest.fixture
def asked() -> Iterator[tuple[str, list[str]]]:
    """Return the address of a service, and what it was asked."""
    paths: list[str] = []

    class Answers(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            paths.append(self.path)
            self.send_response(404)
            self.end_headers()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", paths
    server.shutdown()
    server.server_close()


def test_a_service_is_asked_once(asked: tuple[str, list[str]]):
    """However often a command turns to a service, it looks once whether it is there."""
    endpoint, paths = asked
    reach = Reach(ServiceClock(lambda: None))
    reach.require(endpoint)
    reach.require(endpoint)
    assert paths == ["/"]


@pytest.mark.parametrize("silent", [True, False])
def test_firestore_that_is_not_there(monkeypatch: pytest.MonkeyPatch, *, silent: bool):
    """One that refuses, and one that says nothing, are told of in words."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        endpoint = f"127.0.0.1:{server.getsockname()[1]}"
        if not silent:
            server.close()
        monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", endpoint)
        with pytest.raises(CloudError, match="could not be reached: no connection within") as told:
            require_firestore(Connection("a-project", "(default)"), within_seconds=0.5)
    assert told.value.subject == endpoint
    assert told.value.retryable
