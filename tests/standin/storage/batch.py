"""The batch endpoint: up to 100 calls in one multipart request, each answered on its own.

The calls pass the faults like any other request. One that resets its connection resets that of
the batch.
"""

import re
import secrets
from http import HTTPStatus
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from starlette.responses import Response
from starlette.types import Message as AsgiMessage

from tests.standin.storage.errors import StorageError, invalid
from tests.standin.storage.service import Call

CALLS_MOST = 100
_BOUNDARY = re.compile(r'boundary="?([^";]+)"?')
_CONTENT_ID = re.compile(rb"^content-id:\s*<?([^>\s]+)", re.IGNORECASE | re.MULTILINE)


async def answer_batch(call: Call) -> Response:
    """Answer a batch of calls."""
    parts = _parts(call.headers.get("content-type", ""), await call.body())
    if len(parts) > CALLS_MOST:
        message = f"The batch request contains {len(parts)} calls, which exceeds the limit of 100."
        raise StorageError(400, "badRequest", message)
    boundary = f"batch_{secrets.token_hex(8)}".encode()
    whole = []
    for part in parts:
        head = b"Content-Type: application/http\r\nContent-ID: <response-" + part.content_id
        answered = await _answer_one(call, part)
        whole += [b"--", boundary, b"\r\n", head, b">\r\n\r\n", answered, b"\r\n"]
    whole += [b"--", boundary, b"--\r\n"]
    return Response(b"".join(whole), media_type=f"multipart/mixed; boundary={boundary.decode()}")


class _Part(NamedTuple):
    """One call as a batch carries it.

    Attributes:
        content_id: What the client tells its answer by.
        lines: The request line and the headers.
        body: The call's own body.
    """

    content_id: bytes
    lines: list[bytes]
    body: bytes


def _parts(content_type: str, content: bytes) -> list[_Part]:
    boundary = _BOUNDARY.search(content_type)
    if boundary is None:
        raise invalid("A batch request needs a multipart body.")
    # Clients end lines in either way; the bodies are JSON, which has no raw line breaks to lose.
    content = b"\n" + content.replace(b"\r\n", b"\n")
    _, *pieces = content.split(f"\n--{boundary[1]}".encode())
    return [_part(piece) for piece in pieces if not piece.startswith(b"--")]


def _part(piece: bytes) -> _Part:
    head, _, request = piece.partition(b"\n\n")
    request_head, _, body = request.partition(b"\n\n")
    found = _CONTENT_ID.search(head)
    lines = request_head.strip().split(b"\n")
    return _Part(found[1] if found else b"0", lines, body.rstrip(b"\n"))


async def _answer_one(call: Call, part: _Part) -> bytes:
    line, *fields = part.lines
    method, url, *_ = line.decode().split(" ")
    headers = [
        (key.strip().lower(), value.strip())
        for key, _, value in (field.partition(b":") for field in fields)
    ]
    target = urlsplit(url)
    scope = call.scope | {
        "method": method,
        "path": unquote(target.path),
        "raw_path": target.path.encode(),
        "query_string": target.query.encode(),
        "headers": [*headers, (b"host", call.headers.get("host", "").encode())],
    }
    answer = _Answer(part.body)
    if call.service.entry is None:
        raise StorageError(500, "internalError", "The service has no entry for batches.")
    await call.service.entry(scope, answer.receive, answer.send)
    return answer.to_bytes()


class _Answer:
    """The two ends of an ASGI call inside a batch."""

    def __init__(self, body: bytes) -> None:
        self._request_body = body
        self._head = b""
        self._body = b""

    async def receive(self) -> AsgiMessage:
        """Give the body of the call."""
        return {"type": "http.request", "body": self._request_body, "more_body": False}

    async def send(self, message: AsgiMessage) -> None:
        """Take a part of the answer."""
        if message["type"] == "http.response.body":
            self._body += message.get("body", b"")
            return
        status = message["status"]
        phrase = HTTPStatus(status).phrase if status in HTTPStatus else ""
        lines = [f"HTTP/1.1 {status} {phrase}".encode()]
        lines += [key + b": " + value for key, value in message["headers"]]
        self._head = b"\r\n".join(lines)

    def to_bytes(self) -> bytes:
        """Return the answer as HTTP prints it."""
        return self._head + b"\r\n\r\n" + self._body
