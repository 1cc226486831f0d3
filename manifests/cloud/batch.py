"""Several calls of Cloud Storage's JSON API in one request (Cloud Storage, Batch requests). Pure.

A batch saves most of what a request costs on either side. It is only ever a first try: a call that
fails in it, or whose answer does not come, is made again by itself, which tells why.
"""

import json
import re
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlencode

from manifests.values import Resource

type Query = dict[str, str | int | Sequence[str] | None]

BATCH_PATH = "/batch/storage/v1"
_BOUNDARY = "rebound-batch"
_GIVEN_BOUNDARY = re.compile(r'boundary="?([^";]+)"?')
_ANSWER = re.compile(
    rb"content-id:\s*<?response-(\d+)>?(?:\r\n.*?)??\r\n\r\nHTTP/1\.1 2\d\d.*?\r\n\r\n(.*)",
    re.IGNORECASE | re.DOTALL,
)


class ApiCall(NamedTuple):
    """One call.

    Attributes:
        method: The HTTP method.
        path: Below `/storage/v1`, quoted.
        query: Parameters; those that are None are left out.
        body: The request's JSON.
    """

    method: str
    path: str
    query: Query
    body: Resource | None = None

    @property
    def address(self) -> str:
        """Return the path and the query, as a request line has them."""
        given = {key: value for key, value in self.query.items() if value is not None}
        return f"/storage/v1/{self.path}" + (f"?{urlencode(given, doseq=True)}" if given else "")

    @property
    def content(self) -> bytes | None:
        """Return the body's bytes."""
        return None if self.body is None else json.dumps(self.body).encode()


def batch_request(calls: Sequence[ApiCall]) -> tuple[bytes, str]:
    """Return the body and the content type of a request that makes some calls.

    JSON bodies are ASCII with every control character escaped, so that no body holds the boundary
    at the beginning of a line.
    """
    body = bytearray()
    for number, call in enumerate(calls):
        content = call.content or b""
        body += (
            f"--{_BOUNDARY}\r\nContent-Type: application/http\r\nContent-ID: <{number}>\r\n\r\n"
            f"{call.method} {call.address} HTTP/1.1\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(content)}\r\n\r\n"
        ).encode()
        body += content + b"\r\n"
    body += f"--{_BOUNDARY}--\r\n".encode()
    return bytes(body), f"multipart/mixed; boundary={_BOUNDARY}"


def batch_answers(content: bytes, content_type: str, count: int) -> list[Resource | None]:
    """Return the answer of each call of a batch; None where no answer says that it was done.

    Args:
        content: The body of the answer.
        content_type: Its content type.
        count: How many calls the batch had.
    """
    answers: list[Resource | None] = [None] * count
    boundary = _GIVEN_BOUNDARY.search(content_type)
    if boundary is None:
        return answers
    for answer in content.split(f"--{boundary[1]}".encode()):
        if (found := _ANSWER.search(answer)) is not None and int(found[1]) < count:
            answers[int(found[1])] = _json(found[2])
    return answers


def _json(text: bytes) -> Resource | None:
    try:
        answer = json.loads(text)
    except ValueError:
        return None
    return answer if isinstance(answer, dict) else None
