"""Downloads: whole, ranged, and decompressed for clients that do not take gzip."""

import asyncio
import re
import sqlite3
import zlib
from collections.abc import Iterator
from email.utils import formatdate
from typing import Any, BinaryIO

from starlette.types import Receive, Scope, Send

from tests.standin.storage.contents import CHUNK_BYTES
from tests.standin.storage.errors import StorageError
from tests.standin.storage.resources import etag_of
from tests.standin.storage.service import Call
from tests.standin.storage.times import SECOND

RANGE = re.compile(r"bytes=(\d*)-(\d*)")
GUNZIPPED = "214 UploadServer gunzipped"


class Download:
    """An answer whose body is read as it is sent."""

    def __init__(self, status: int, headers: dict[str, str], pieces: Iterator[bytes]) -> None:
        self.status = status
        self.headers = headers
        self._pieces = pieces

    async def __call__(self, scope: Scope, _: Receive, send: Send) -> None:
        """Send the answer."""
        headers = [(key.encode(), value.encode("latin-1")) for key, value in self.headers.items()]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        if scope["method"] != "HEAD":
            for piece in self._pieces:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
                # One large download shall not keep the others waiting.
                await asyncio.sleep(0)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def download(call: Call, version: sqlite3.Row, settings: dict[str, Any]) -> Download:
    """Return the bytes of a version.

    Args:
        call: the request.
        version: the version.
        settings: what a client said of it.

    Raises:
        StorageError: the range lies behind the end.
    """
    headers = _headers(version, settings)
    if _is_decompressed(call, settings):
        for name in ("accept-ranges", "content-encoding"):
            del headers[name]
        headers["warning"] = GUNZIPPED
        return Download(200, headers, _gunzip(_read(call, version, 0, version["size"])))
    start, stop = _range(call, version["size"])
    partial = call.headers.get("range") is not None and (start, stop) != (0, None)
    stop = version["size"] if stop is None else stop
    if partial:
        headers["content-range"] = f"bytes {start}-{stop - 1}/{version['size']}"
    headers["content-length"] = str(stop - start)
    return Download(206 if partial else 200, headers, _read(call, version, start, stop))


def _headers(version: sqlite3.Row, settings: dict[str, Any]) -> dict[str, str]:
    hashes = [f"crc32c={version['crc32c']}"]
    if version["md5"] is not None:
        hashes.append(f"md5={version['md5']}")
    encoding = settings.get("contentEncoding", "identity")
    headers = {
        "accept-ranges": "bytes",
        "content-type": settings.get("contentType") or "application/octet-stream",
        "content-encoding": settings.get("contentEncoding", ""),
        "content-disposition": settings.get("contentDisposition", ""),
        "content-language": settings.get("contentLanguage", ""),
        "cache-control": settings.get("cacheControl", ""),
        "etag": etag_of(version),
        "last-modified": _http_date(version["created"]),
        "x-goog-hash": ",".join(hashes),
        "x-goog-generation": str(version["generation"]),
        "x-goog-metageneration": str(version["metageneration"]),
        "x-goog-storage-class": settings["storageClass"],
        "x-goog-stored-content-encoding": encoding,
        "x-goog-stored-content-length": str(version["size"]),
    }
    if version["components"] is not None:
        headers["x-goog-component-count"] = str(version["components"])
    for key, value in settings.get("metadata", {}).items():
        if _is_header(key, value):
            headers[f"x-goog-meta-{key}"] = value
    return {key: value for key, value in headers.items() if value}


def _is_header(key: str, value: str) -> bool:
    return (
        re.fullmatch(r"[A-Za-z0-9_.-]+", key) is not None
        and re.search(r"[^\x20-\x7e]", value) is None
    )


def _http_date(instant: int) -> str:
    return formatdate(instant / SECOND, usegmt=True)


def _is_decompressed(call: Call, settings: dict[str, Any]) -> bool:
    return (
        settings.get("contentEncoding") == "gzip"
        and "gzip" not in call.headers.get("accept-encoding", "")
        and "no-transform" not in settings.get("cacheControl", "")
    )


def _range(call: Call, size: int) -> tuple[int, int | None]:
    """Return the asked range as first byte and the one after the last; None is the end."""
    match = RANGE.fullmatch(call.headers.get("range", ""))
    if match is None or match.group(0) == "bytes=-":
        return 0, None
    first, last = match.groups()
    if not first:
        start = max(size - int(last), 0)
        stop = size
    else:
        start = int(first)
        stop = min(int(last) + 1, size) if last else size
    if start >= size or (not first and int(last) == 0):
        raise StorageError(416, "requestedRangeNotSatisfiable", "Request range not satisfiable")
    return start, stop


def _read(call: Call, version: sqlite3.Row, start: int, stop: int) -> Iterator[bytes]:
    """Return pieces of a content; its file is open at once, so that a deletion takes nothing."""
    if call.scope["method"] == "HEAD":
        return iter(())
    return _pieces(call.service.contents.open(version["content"], "rb"), start, stop)


def _pieces(file: BinaryIO, start: int, stop: int) -> Iterator[bytes]:
    with file:
        file.seek(start)
        while start < stop and (data := file.read(min(CHUNK_BYTES, stop - start))):
            start += len(data)
            yield data


def _gunzip(pieces: Iterator[bytes]) -> Iterator[bytes]:
    inflate = zlib.decompressobj(zlib.MAX_WBITS | 16)
    for piece in pieces:
        if data := inflate.decompress(piece):
            yield data
    yield inflate.flush()
