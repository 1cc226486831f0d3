"""Requests to Google's REST APIs: one way of sending them, of waiting, and of reading an answer.

Google's own clients spend most of a millisecond of processor time on a call, which bounds what one
process can list, copy and restore. This spends a small part of that.
"""

import json
import os
import ssl
import weakref
from collections import deque
from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from email.message import Message
from functools import cache
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlsplit

import requests
from google.api_core import exceptions as google_errors
from google.auth.credentials import Credentials
from google.auth.transport.requests import Request
from google.rpc.error_details_pb2 import ErrorInfo
from requests.adapters import DEFAULT_CA_BUNDLE_PATH
from requests.utils import get_auth_from_url, select_proxy
from urllib3.util import make_headers, wait_for_read

from manifests.cloud.identity import identity_of
from manifests.cloud.retry import MOST_ATTEMPTS, calling
from manifests.values import Resource

JSON = "application/json"
_FIRST_REFUSAL = 300
_UNAUTHORIZED = 401
_MOST_CHARACTERS = 200

type Content = bytes | Iterable[bytes]


class Clock(Protocol):
    """Learns the time from answers."""

    def passed(self) -> float:
        """Return the seconds since some instant."""

    def hear(self, date: str, *, asked: float) -> None:
        """Learn from the `Date` of an answer that was asked for at an instant of `passed`."""


class HttpAnswer(NamedTuple):
    """An answer.

    Attributes:
        status: Its HTTP status; 400 and above only where `exchange` returns it.
        content: Its body as it was sent.
        headers: Its headers.
    """

    status: int
    content: bytes
    headers: Message

    def header(self, name: str) -> str:
        """Return a header; several of one name are joined by commas, and none is empty."""
        return ", ".join(self.headers.get_all(name, ()))


class Http:
    """Sends requests. Safe to share between threads.

    Args:
        credentials: Who asks; None where the addresses are signed.
        seconds: How long to wait until the answer begins, and for each next piece of it.
        clock: Told the `Date` of every answer.
    """

    def __init__(
        self, credentials: Credentials | None, *, seconds: float, clock: Clock | None = None
    ) -> None:
        self._credentials = credentials
        self._seconds = seconds
        self._clock = clock
        self._renewing = Request()
        self._lock = Lock()
        self._idle: dict[tuple[int, str], deque[HTTPConnection]] = {}
        weakref.finalize(self, _close, self._idle)

    @property
    def identity(self) -> str:
        """Return whom Google Cloud takes the caller for; empty where the credentials do not tell."""
        return identity_of(self._credentials)

    def json(
        self,
        method: str,
        address: str,
        body: Resource | None = None,
        *,
        attempts: int = MOST_ATTEMPTS,
    ) -> dict[str, Any]:
        """Make a call, again while its failure is transient, and return the answer's JSON.

        Args:
            method: The HTTP method.
            address: Where to, quoted.
            body: The request's JSON.
            attempts: How often it is tried at most; tries that came too fast are not counted.

        Raises:
            google.api_core.exceptions.GoogleAPICallError: The API refused.
            OSError: The API could not be reached, or the answer is not whole or no JSON object.
        """
        content = None if body is None else json.dumps(body).encode()
        headers = {} if body is None else {"Content-Type": JSON}
        return calling(
            lambda: json_object(
                self.once(method, address, content, headers), f"{method} {address}"
            ),
            attempts=attempts,
        )

    def once(
        self,
        method: str,
        address: str,
        content: Content | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> HttpAnswer:
        """Send a request, and return its answer with all of its body.

        Args:
            method: The HTTP method.
            address: Where to, quoted.
            content: The body; one of several pieces needs its `Content-Length` in the headers.
            headers: Further headers.

        Raises:
            google.api_core.exceptions.GoogleAPICallError: The API refused.
            OSError: The API could not be reached, or did not answer to the end.
        """
        answer = self.exchange(method, address, content, headers)
        if answer.status == _UNAUTHORIZED and self._credentials is not None:
            with self._lock:
                self._credentials.refresh(self._renewing)
            answer = self.exchange(method, address, content, headers)
        if answer.status >= _FIRST_REFUSAL:
            raise refusal(answer.status, answer.content)
        return answer

    def exchange(
        self,
        method: str,
        address: str,
        content: Content | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> HttpAnswer:
        """Send a request as `once` does, and return the answer, whatever it is."""
        sent = dict(headers or {})
        self._authorize(method, address, sent)
        asked = self._clock.passed() if self._clock else 0.0
        idle = self._connections(address)
        connection = _usable(idle) or _connection(address, self._seconds)
        try:
            connection.request(method, _target(address), content, sent)
            response = connection.getresponse()
            answer = HttpAnswer(response.status, response.read(), response.headers)
        except BaseException as error:
            connection.close()
            is_told = isinstance(error, (ConnectionError, TimeoutError))
            # An unknown host name, a missing network, or a TLS connection that was cut.
            if isinstance(error, (HTTPException, OSError)) and not is_told:
                raise ConnectionError(repr(error)) from error
            raise
        idle.append(connection)
        if self._clock:
            self._clock.hear(answer.header("Date"), asked=asked)
        return answer

    def _authorize(self, method: str, address: str, headers: dict[str, str]) -> None:
        """Add the credentials; when they have run out, one thread renews them for all."""
        if self._credentials is None:
            return
        with nullcontext() if self._credentials.valid else self._lock:
            self._credentials.before_request(self._renewing, method, address, headers)

    def _connections(self, address: str) -> deque[HTTPConnection]:
        """Return the connections to a host that nobody uses, and no other process has."""
        return self._idle.setdefault((os.getpid(), _origin(address)), deque())


def json_object(answer: HttpAnswer, request: str) -> dict[str, Any]:
    """Return the JSON object of an answer; an empty body stands for an empty object.

    Args:
        answer: The answer.
        request: What was asked, for errors.

    Raises:
        ConnectionError: It is no JSON object, or not whole.
    """
    try:
        document = json.loads(answer.content or b"{}")
    except ValueError as error:
        message = f"the answer to {request} is not whole"
        raise ConnectionError(message) from error
    if not isinstance(document, dict):
        message = f"the answer to {request} is no JSON object"
        raise ConnectionError(message)
    return document


def refusal(status: int, content: bytes) -> google_errors.GoogleAPICallError:
    """Return the error that Google's clients would raise for an answer that refuses."""
    made: google_errors.GoogleAPICallError
    try:
        details = json.loads(content)["error"]
        # Which 400 is about what there is, not about what was asked (google/rpc/code.proto).
        is_state = (status, details.get("status")) == (400, "FAILED_PRECONDITION")
        reasons = tuple(item for item in details.get("errors", ()) if isinstance(item, dict))
        message = str(details.get("message", ""))
        info = _info(details)
    except (AttributeError, ValueError, KeyError, TypeError):
        reasons, message = (), content[:_MOST_CHARACTERS].decode("utf-8", "replace")
        info, is_state = None, False
    if is_state:
        made = google_errors.FailedPrecondition(message, errors=reasons, error_info=info)
    else:
        made = google_errors.from_http_status(status, message, errors=reasons, error_info=info)
    return made


def _info(error: Mapping[str, Any]) -> ErrorInfo | None:
    """Return what an error says of its reason (google.rpc.ErrorInfo); None where it does not."""
    for item in error.get("details", ()):
        if isinstance(item, dict) and str(item.get("@type", "")).endswith("google.rpc.ErrorInfo"):
            return ErrorInfo(reason=str(item.get("reason", "")))
    return None


def _close(idle: Mapping[tuple[int, str], deque[HTTPConnection]]) -> None:
    for connections in idle.values():
        for connection in connections:
            connection.close()


def _origin(address: str) -> str:
    return "/".join(address.split("/", 3)[:3])


def _target(address: str) -> str:
    """Return the path and the query of an address, as a request line has them."""
    return address[len(_origin(address)) :] or "/"


def _usable(idle: deque[HTTPConnection]) -> HTTPConnection | None:
    """Take a connection that the other side has not closed, where there is one."""
    while True:
        try:
            connection = idle.pop()
        except IndexError:
            return None
        # A connection with something to read before a request is sent was closed by the server.
        if connection.sock is not None and not wait_for_read(connection.sock, timeout=0):
            return connection
        connection.close()


def _connection(address: str, seconds: float) -> HTTPConnection:
    """Return a new connection; to the internet it takes the proxy and the certificates of the environment.

    They are named as for any other client (requests, Proxies and SSL Cert Verification).
    """
    to = urlsplit(address)
    if to.scheme == "http":
        return HTTPConnection(to.netloc, timeout=seconds)
    told = requests.Session().merge_environment_settings(address, {}, None, None, None)
    trusted = _trusting(DEFAULT_CA_BUNDLE_PATH if told["verify"] is True else told["verify"])
    proxy = select_proxy(address, told["proxies"])
    if proxy is None:
        return HTTPSConnection(to.netloc, timeout=seconds, context=trusted)
    by = urlsplit(proxy if "//" in proxy else f"//{proxy}")
    connection = HTTPSConnection(by.hostname or "", by.port, timeout=seconds, context=trusted)
    user = ":".join(get_auth_from_url(proxy))
    told_proxy = make_headers(proxy_basic_auth=user) if user != ":" else {}
    connection.set_tunnel(to.hostname or "", to.port, told_proxy)
    return connection


@cache
def _trusting(certificates: str) -> ssl.SSLContext:
    """Return a TLS context that trusts the certificates of a file or a folder."""
    if Path(certificates).is_dir():
        return ssl.create_default_context(capath=certificates)
    return ssl.create_default_context(cafile=certificates)
