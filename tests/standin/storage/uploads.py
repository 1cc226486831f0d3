"""Simple and multipart uploads: `storage.objects.insert` in one request."""

import sqlite3
from collections.abc import AsyncIterator
from email.message import Message
from typing import Any

from starlette.responses import Response

from tests.standin.storage import resumable
from tests.standin.storage.answers import answer_object
from tests.standin.storage.buckets import Bucket, find_bucket
from tests.standin.storage.errors import invalid
from tests.standin.storage.ingest import Expected, store
from tests.standin.storage.keys import key_given
from tests.standin.storage.preconditions import Preconditions
from tests.standin.storage.service import Call, parse_json
from tests.standin.storage.versions import check_name, find_live, kept_settings, write_version

HEAD_MOST_BYTES = 1024 * 1024


async def insert(call: Call) -> Response:
    """Answer `storage.objects.insert` of every upload type."""
    kind = call.query.get("uploadType") or call.headers.get("x-goog-upload-protocol")
    if call.query.get("upload_id"):
        return await resumable.proceed(call)
    if kind == "resumable":
        return await resumable.begin(call)
    if kind == "multipart":
        return await _insert_multipart(call)
    if kind == "media":
        settings = {"contentType": call.headers.get("content-type")}
        return await _finish(call, settings, call.stream())
    raise invalid(f"Upload type {kind} is none of media, multipart and resumable.")


async def _finish(call: Call, resource: dict[str, Any], pieces: AsyncIterator[bytes]) -> Response:
    name = call.query.get("name") or resource.get("name") or ""
    check_name(name)
    if encoding := call.query.get("contentEncoding"):
        resource["contentEncoding"] = encoding
    settings = kept_settings(resource) | key_given(call)
    bucket, version = await write_stream(
        call,
        name,
        pieces,
        settings=settings,
        preconditions=Preconditions.of(call.query),
        expected=Expected.of(resource, call.headers),
    )
    return answer_object(call, bucket, version)


async def write_stream(
    call: Call,
    name: str,
    pieces: AsyncIterator[bytes],
    *,
    settings: dict[str, Any],
    preconditions: Preconditions,
    expected: Expected,
) -> tuple[Bucket, sqlite3.Row]:
    """Make bytes that arrive the live version of an object of the call's bucket.

    Raises:
        StorageError: as `write_version` does; a doomed upload is refused before its bytes are read.
    """
    bucket_name = call.path["bucket"]
    preconditions.check(find_live(call.service, find_bucket(call.service, bucket_name), name))
    content = await store(call.service, pieces, expected)
    return write_version(
        call.service,
        bucket_name,
        name,
        content,
        settings=settings,
        preconditions=preconditions,
    )


async def _insert_multipart(call: Call) -> Response:
    header = Message()
    header["content-type"] = call.headers.get("content-type", "")
    boundary = header.get_param("boundary")
    if not isinstance(boundary, str):
        raise invalid("A multipart upload needs a boundary.")
    pieces = call.stream()
    buffer = bytearray()
    # gcloud puts its boundary in single quotes.
    delimiter = b"--" + boundary.strip("'").encode()
    head = await _read_head(pieces, buffer, delimiter)
    parts = head.split(delimiter, 2)
    resource = parse_json(_payload(parts[1])[1].strip())
    media_headers, start = _payload(parts[2])
    resource.setdefault("contentType", media_headers.get("content-type"))
    return await _finish(call, resource, _media(pieces, start, delimiter))


async def _read_head(pieces: AsyncIterator[bytes], buffer: bytearray, delimiter: bytes) -> bytes:
    """Return the body up to and with the first bytes of its second part."""
    async for piece in pieces:
        buffer += piece
        second = buffer.find(delimiter, buffer.find(delimiter) + len(delimiter))
        if second >= 0 and _end_of_headers(buffer, second) >= 0:
            return bytes(buffer)
        if len(buffer) > HEAD_MOST_BYTES:
            break
    raise invalid("Malformed multipart body.")


def _end_of_headers(buffer: bytes | bytearray, start: int = 0) -> int:
    ends = [(buffer.find(mark, start), len(mark)) for mark in (b"\r\n\r\n", b"\n\n")]
    return min((at + length for at, length in ends if at >= 0), default=-1)


def _payload(part: bytes) -> tuple[dict[str, str], bytes]:
    end = _end_of_headers(part)
    lines = part[:end].decode("utf-8", "replace").splitlines()
    pairs = (line.partition(":") for line in lines if ":" in line)
    return {key.strip().lower(): value.strip() for key, _, value in pairs}, part[end:]


async def _media(
    pieces: AsyncIterator[bytes], start: bytes, delimiter: bytes
) -> AsyncIterator[bytes]:
    """Yield the media of a multipart body: all before the last delimiter."""
    closing = len(b"\r\n" + delimiter + b"--\r\n") + 2
    held = start
    async for piece in pieces:
        held += piece
        if len(held) > closing:
            yield held[:-closing]
            held = held[-closing:]
    end = held.rfind(delimiter + b"--")
    if end < 0:
        raise invalid("Malformed multipart body: no closing boundary.")
    if held[:end].endswith(b"\r\n"):
        end -= 2
    elif held[:end].endswith(b"\n"):
        end -= 1
    if end:
        yield held[:end]
