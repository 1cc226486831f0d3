"""Requests over a real socket: what is cut, late, refused, in the way or shared."""

import json
import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from google.api_core.exceptions import (
    BadRequest,
    FailedPrecondition,
    Forbidden,
    PreconditionFailed,
    ServiceUnavailable,
)

from manifests.cloud.http import Http, refusal
from manifests.cloud.retry import is_transient

SECONDS = 0.3
BODY = b'{"name": "games"}'


def answer(body: bytes = BODY, *, length: int | None = None) -> bytes:
    """Return an answer, which can claim another length than it has."""
    claimed = len(body) if length is None else length
    return (
        b"HTTP/1.1 200 OK\r\nDate: Sun, 29 Nov 2026 08:10:26 GMT\r\nContent-Length: %d\r\n\r\n%b"
        % (
            claimed,
            body,
        )
    )


class Server:
    """Answers each request on each connection with what the next entry says.

    Args:
        answers: One for each request; None closes the connection without one. Further ones get
            the last.
    """

    def __init__(self, *answers: bytes | None) -> None:
        self._answers = list(answers)
        self._lock = threading.Lock()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.requests: list[bytes] = []
        self.connections: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Close every connection."""
        self._socket.close()
        for connection in self.connections:
            connection.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        # The test closes connections when it likes.
        with suppress(OSError):
            self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        read = b""
        while more := connection.recv(65536):
            read += more
            while b"\r\n\r\n" in read:
                request, _, read = read.partition(b"\r\n\r\n")
                with self._lock:
                    self.requests.append(request)
                    said = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
                if said is None:
                    connection.shutdown(socket.SHUT_RDWR)
                    return
                connection.sendall(said)


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    """Return a maker of servers that end with the test."""
    servers: list[Server] = []

    def made(*answers: bytes | None) -> Server:
        servers.append(Server(*answers))
        return servers[-1]

    yield made
    for server in servers:
        server.close()


@pytest.mark.parametrize(
    "spoilt", [None, answer()[:40], answer(length=99)], ids=["none", "cut head", "cut body"]
)
def test_what_does_not_come_whole_is_asked_for_again(
    serve: Callable[..., Server], spoilt: bytes | None
):
    """An answer that is none, or that stops in the middle, ends in time and is transient."""
    server = serve(spoilt)
    with pytest.raises(OSError) as caught:  # noqa: PT011 - whichever it is has to be transient
        Http(None, seconds=SECONDS).once("GET", server.url)
    assert is_transient(caught.value)

    server = serve(spoilt, answer())
    assert Http(None, seconds=SECONDS).json("GET", server.url) == {"name": "games"}
    assert len(server.requests) == 2


def test_connection_that_was_closed_meanwhile(serve: Callable[..., Server]):
    """A connection is used again; one that the other side closed is replaced without a word."""
    server = serve(answer())
    http = Http(None, seconds=SECONDS)
    for _ in range(3):
        http.json("GET", server.url)
    assert len(server.connections) == 1
    server.connections[0].shutdown(socket.SHUT_RDWR)
    assert http.json("GET", server.url) == {"name": "games"}
    assert len(server.connections) == 2


def test_a_network_that_fails_is_no_answer(monkeypatch: pytest.MonkeyPatch):
    """What a socket raises besides is tried again, and told in words."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with socket.create_server(("127.0.0.1", 0)) as server:

        def speak_no_tls() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(answer())

        threading.Thread(target=speak_no_tls, daemon=True).start()
        address = f"https://127.0.0.1:{server.getsockname()[1]}/"
        with pytest.raises(ConnectionError) as caught:
            Http(None, seconds=10).exchange("GET", address)
    assert isinstance(caught.value.__cause__, ssl.SSLError)
    assert is_transient(caught.value)


def test_many_threads(serve: Callable[..., Server]):
    """Each thread gets the answer to its own request."""
    server = serve(answer())
    http = Http(None, seconds=10)
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda _: http.json("GET", server.url), range(400)))
    assert found == [{"name": "games"}] * 400
    assert len(server.connections) <= 16


def test_processes_share_no_connection(
    serve: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
):
    """A fork opens connections of its own: on a shared one two would read each other's answers."""
    server = serve(answer())
    http = Http(None, seconds=SECONDS)
    http.json("GET", server.url)
    monkeypatch.setattr(os, "getpid", lambda: -1)
    http.json("GET", server.url)
    assert len(server.connections) == 2


def test_proxies_of_the_environment(serve: Callable[..., Server], monkeypatch: pytest.MonkeyPatch):
    """A proxy is asked where the environment names one, and not for what it leaves out."""
    proxy = serve(b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n")
    host = proxy.url.removeprefix("http://")
    monkeypatch.setenv("https_proxy", f"http://me:secret@{host}")
    monkeypatch.setenv("no_proxy", "127.0.0.1,own.invalid")
    http = Http(None, seconds=SECONDS)
    with pytest.raises(OSError, match="403 No"):
        http.once("GET", "https://storage.invalid/storage/v1/b/lake")
    (asked,) = proxy.requests
    assert asked.startswith(b"CONNECT storage.invalid:443 HTTP/1.")
    assert b"Basic bWU6c2VjcmV0" in asked
    with pytest.raises(ConnectionError, match="gaierror"):
        http.once("GET", "https://own.invalid/storage/v1/b/lake")
    assert len(proxy.requests) == 1


def test_certificates_of_the_environment(monkeypatch: pytest.MonkeyPatch):
    """Certificates are those that the environment names."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/certificates.pem")
    with pytest.raises(FileNotFoundError):
        Http(None, seconds=SECONDS).once("GET", "https://storage.invalid")


@pytest.mark.parametrize("body", [b"[]", b"null", b"{", b"<html>"])
def test_what_is_no_object(serve: Callable[..., Server], body: bytes):
    """An answer that is no JSON object is one that did not come."""
    server = serve(answer(body), answer())
    assert Http(None, seconds=SECONDS).json("GET", server.url) == {"name": "games"}
    assert len(server.requests) == 2


def test_refusals():
    """A refusal has the class of its status, its message and its reasons; any other body is text."""
    told = refusal(
        403, b'{"error": {"message": "no", "errors": [{"reason": "rateLimitExceeded"}, 7]}}'
    )
    assert isinstance(told, Forbidden)
    assert (told.message, told.errors) == ("no", [{"reason": "rateLimitExceeded"}])
    assert is_transient(told)
    for body in (b"busy", b'{"error": "busy"}', b"[]"):
        other = refusal(503, body)
        assert isinstance(other, ServiceUnavailable)
        assert other.message == body.decode()


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        (400, "FAILED_PRECONDITION", FailedPrecondition),
        (400, "INVALID_ARGUMENT", BadRequest),
        (412, "FAILED_PRECONDITION", PreconditionFailed),
    ],
)
def test_what_the_state_forbids_is_told_from_what_is_malformed(code: int, status: str, kind: type):
    """Both are 400 (google/rpc/code.proto); Cloud Storage answers a precondition with 412."""
    told = refusal(code, json.dumps({"error": {"message": "no", "status": status}}).encode())
    assert (type(told), told.code) == (kind, code)


def test_the_reason_of_a_refusal_is_kept():
    """A service that is not enabled is told apart from a permission that lacks."""
    info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "SERVICE_DISABLED"}
    error = {"error": {"code": 403, "message": "no", "details": [info]}}
    assert refusal(403, json.dumps(error).encode()).reason == "SERVICE_DISABLED"
    assert refusal(403, b'{"error": {"message": "no"}}').reason is None
    assert refusal(502, b"<html>").reason is None
