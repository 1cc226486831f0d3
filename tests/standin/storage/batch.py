"""The batch endpoint: up to 100 calls in one multipart request, each answered on its own.

The calls pass the faults like any other request. One that resets its connection resets that of
the batch.
"""

import secrets
from email.message import Message
from email.parser import BytesParser
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote, urlsplit

from starlette.responses import Response
from starlette.types import Message as AsgiMessage

from tests.standin.storage.errors import StorageError, invalid
from tests.standin.storage.service import Call

CALLS_MOST = 100


async def answer_batch(call: Call) -> Response:
    """Answer a batch of calls."""
    parts = _parts(call.headers.get("content-type", ""), await call.body())
    if len(parts) > CALLS_MOST:
        message = f"The batch request contains {len(parts)} calls, which exceeds the limit of 100."
        raise StorageError(400, "badRequest", message)
    boundary = f"batch_{secrets.token_hex(8)}"
    body = b""
    for part in parts:
        content_id = (part["content-id"] or "<0>").strip("<>")
        head = f"--{boundary}\r\nContent-Type: application/http\r\nContent-ID: <response-{content_id}>\r\n\r\n"
        body += head.encode() + await _answer_one(call, part.get_payload(decode=True)) + b"\r\n"
    body += f"--{boundary}--\r\n".encode()
    return Response(body, media_type=f"multipart/mixed; boundary={boundary}")


def _parts(content_type: str, body: bytes) -> list[Message]:
    whole = BytesParser().parsebytes(b"content-type: " + content_type.encode() + b"\r\n\r\n" + body)
    if not whole.is_multipart():
        raise invalid("A batch request needs a multipart body.")
    return list(whole.get_payload())  # type: ignore[arg-type]


async def _answer_one(call: Call, request: Any) -> bytes:  # noqa: ANN401 - email's untyped payload
    head, _, body = request.replace(b"\r\n", b"\n").partition(b"\n\n")
    line, *fields = head.decode().strip().split("\n")
    method, url, *_ = line.split(" ")
    headers = [
        (key.strip().lower().encode(), value.strip().encode())
        for key, _, value in (field.partition(":") for field in fields)
    ]
    target = urlsplit(url)
    scope = call.scope | {
        "method": method,
        "path": unquote(target.path),
        "raw_path": target.path.encode(),
        "query_string": target.query.encode(),
        "headers": [*headers, (b"host", call.headers.get("host", "").encode())],
    }
    answer = _Answer(body.rstrip(b"\n"))
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
