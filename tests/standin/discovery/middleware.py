"""Holds every JSON request of a stand-in and every JSON answer against the discovery document."""

import gzip
from collections.abc import Callable, Iterable, Mapping
from urllib.parse import parse_qsl

from pydantic_core import from_json
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tests.standin.discovery.documents import Method
from tests.standin.discovery.known import is_known
from tests.standin.discovery.reported import report
from tests.standin.discovery.schemas import Finding

_UPLOADS = ("/upload/", "/resumable/upload/")
_DOWNLOADS = "/download/"
_JSON_PATHS = ("/bigquery/v2/", "/storage/v1/", _DOWNLOADS, *_UPLOADS)
_REFUSED = 400
# The clients that Google generates say what they are in a header of their own.
_AGENTS = ("user-agent", "x-goog-api-client")
_EMPTY = (b"", b"{}", b"null")
# The metadata of an upload stands before its content.
_MOST_METADATA_BYTES = 64 * 1024


class DiscoveryMiddleware:
    """Reports what does not fit, and lets everything through.

    Args:
        app: The service.
        methods: Those of its discovery document, by their ids.
        operation_of: Tells a request's method id.
        json_paths: How the paths of its JSON API begin.
    """

    def __init__(
        self,
        app: ASGIApp,
        methods: Mapping[str, Method],
        operation_of: Callable[[Scope], str],
        json_paths: tuple[str, ...] = _JSON_PATHS,
    ) -> None:
        self._app = app
        self._methods = methods
        self._operation_of = operation_of
        self._json_paths = json_paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        # What is no path of the JSON API is one of the XML API, or an order of a test.
        is_ours = scope["type"] == "http" and scope["path"].startswith(self._json_paths)
        method = self._methods.get(self._operation_of(scope)) if is_ours else None
        if method is None:
            await self._app(scope, receive, send)
            return
        judged = _Exchange(method, scope, receive, send)
        await self._app(scope, judged.receive, judged.send)


class _Exchange:
    """One request and its answer, as they pass."""

    def __init__(self, method: Method, scope: Scope, receive: Receive, send: Send) -> None:
        self._method = method
        self._scope = scope
        self._receive = receive
        self._send = send
        self._headers = Headers(scope=scope)
        self._query = parse_qsl(scope["query_string"].decode(), keep_blank_values=True)
        self._sent: list[bytes] = []
        self._sent_bytes = 0
        self._answered: list[bytes] = []
        path = scope["path"]
        self._is_upload = path.startswith(_UPLOADS)
        self._is_download = path.startswith(_DOWNLOADS) or ("alt", "media") in self._query
        self._is_judged = False

    async def receive(self) -> Message:
        message = await self._receive()
        is_content = self._is_upload and self._sent_bytes >= _MOST_METADATA_BYTES
        if message["type"] == "http.request" and not is_content:
            self._sent.append(message.get("body", b""))
            self._sent_bytes += len(self._sent[-1])
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            # No document describes a refusal, but the request that met it is judged as any other.
            is_taken = message["status"] < _REFUSED
            self._is_judged = is_taken and not self._is_download and _is_json(message["headers"])
            self._report("request", self._request_findings())
        elif message["type"] == "http.response.body" and self._is_judged:
            self._answered.append(message.get("body", b""))
            if not message.get("more_body"):
                self._report("answer", self._answer_findings())
        await self._send(message)

    def _request_findings(self) -> Iterable[Finding]:
        yield from self._method.query_findings(self._query)
        content = b"".join(self._sent)
        if self._is_upload:
            content = self._metadata(content)
        elif self._headers.get("content-encoding") == "gzip":
            content = gzip.decompress(content)
        if content and self._method.request is not None:
            try:
                yield from self._method.request(from_json(content))
            except ValueError:
                yield Finding("", "is no JSON")
        elif content not in _EMPTY:
            yield Finding("", "has a body, and the method takes none")

    def _metadata(self, content: bytes) -> bytes:
        """Return the JSON of an upload; nothing where it carries content alone."""
        query = dict(self._query)
        kind = query.get("uploadType")
        if kind == "multipart":
            return _first_part(content)
        # rclone sends what follows by POST, too.
        begins = self._scope["method"] == "POST" and "upload_id" not in query
        return content if kind == "resumable" and begins else b""

    def _answer_findings(self) -> Iterable[Finding]:
        content = b"".join(self._answered)
        if content and self._method.response is not None:
            yield from self._method.response(from_json(content))

    def _report(self, side: str, findings: Iterable[Finding]) -> None:
        agent = " ".join(self._headers.get(name, "") for name in _AGENTS).strip()
        for path, problem in findings:
            call = f"{self._method.id}: {side}{path}"
            if not is_known(call, agent):
                report(f"{call} {problem} ({agent})")


def _is_json(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    return dict(headers).get(b"content-type", b"").startswith(b"application/json")


def _first_part(content: bytes) -> bytes:
    """Return the first part of a multipart body, which is the resource."""
    lines = content.replace(b"\r\n", b"\n").lstrip()
    boundary, _, rest = lines.partition(b"\n")
    _, _, body = rest.partition(b"\n\n")
    return body.partition(b"\n" + boundary)[0]
