"""Resumable uploads: a session, and any number of requests that each bring the next bytes.

A session survives a restart. Its bytes are a content that no object has yet; its id is the
content's.
"""

import asyncio
import json
import os
import re
import sqlite3
from pathlib import Path
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.responses import Response

from tests.standin.storage.answers import answer, answer_object
from tests.standin.storage.buckets import find_bucket
from tests.standin.storage.contents import Digest
from tests.standin.storage.errors import StorageError, invalid
from tests.standin.storage.ingest import Expected, content_of
from tests.standin.storage.preconditions import Preconditions
from tests.standin.storage.service import Call
from tests.standin.storage.versions import check_name, find_live, kept_settings, write_version

GRANULE_BYTES = 256 * 1024
RANGE = re.compile(r"bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)")
OPEN, CANCELLED = "open", "cancelled"


async def begin(call: Call) -> Response:
    """Answer the request that opens a session."""
    resource = await call.json()
    name = call.query.get("name") or resource.get("name") or ""
    check_name(name)
    kept_settings(resource)
    resource.setdefault("contentType", call.headers.get("x-upload-content-type"))
    preconditions = Preconditions.of(call.query)
    preconditions.check(
        find_live(call.service, find_bucket(call.service, call.path["bucket"]), name)
    )
    upload_id = call.service.contents.new_id()
    call.service.contents.open(upload_id, "wb").close()
    call.service.digests[upload_id] = Digest()
    conditions = {key: value for key, value in call.query.items() if key.startswith("if")}
    settings = {"resource": resource, "conditions": conditions}
    call.service.database.execute(
        "INSERT INTO uploads VALUES (?, ?, ?, ?, ?)",
        (upload_id, call.path["bucket"], name, OPEN, json.dumps(settings)),
    )
    path = f"/upload/storage/v1/b/{call.path['bucket']}/o"
    location = f"{call.origin}{path}?uploadType=resumable&upload_id={upload_id}"
    return Response(headers={"location": location, "x-guploader-uploadid": upload_id})


async def cancel(call: Call) -> Response:
    """Answer the request that gives a session up."""
    upload = _find(call)
    call.service.database.execute(
        "UPDATE uploads SET state = ? WHERE id = ?", (CANCELLED, upload["id"])
    )
    call.service.digests.pop(upload["id"], None)
    call.service.contents.remove(upload["id"])
    return Response(status_code=499)


def _find(call: Call) -> sqlite3.Row:
    found = call.service.database.execute(
        "SELECT * FROM uploads WHERE id = ?", (call.query.get("upload_id"),)
    ).fetchone()
    if found is None:
        raise StorageError(404, "notFound", "Upload session not found.")
    if found["state"] == CANCELLED:
        raise StorageError(499, "cancelled", "The upload was cancelled.")
    return found


async def proceed(call: Call) -> Response:
    """Answer a request of a session: the next bytes, or a question how far it is."""
    upload = _find(call)
    if upload["state"] != OPEN:
        return answer(call, json.loads(upload["state"]))
    digest = await _digest(call, upload["id"])
    start, end, total = _content_range(call, digest)
    if end is not None:
        if start > digest.size:
            raise invalid(f"Expected the byte at {digest.size}, got the one at {start}.")
        await _receive(call, upload["id"], digest, digest.size - start)
    if "content-range" not in call.headers:
        total = digest.size
    if total is None or digest.size < total:
        if end is not None:
            _check_granularity(digest)
        # A question can come while a piece still arrives: what is kept of that is whole granules.
        return _incomplete(call, digest.size - digest.size % GRANULE_BYTES)
    if digest.size > total:
        raise invalid(f"Got {digest.size} bytes of an upload of {total}.")
    return _finish(call, upload, digest)


async def _digest(call: Call, upload_id: str) -> Digest:
    digests = call.service.digests
    if upload_id not in digests:
        contents = call.service.contents
        _drop_split_granule(contents.path(upload_id))
        digests[upload_id] = await asyncio.to_thread(contents.digest, upload_id)
    return digests[upload_id]


def _drop_split_granule(path: Path) -> None:
    """Cut what a broken request or a killed process left to whole granules."""
    size = path.stat().st_size
    os.truncate(path, size - size % GRANULE_BYTES)


def _content_range(call: Call, digest: Digest) -> tuple[int, int | None, int | None]:
    """Return first byte, last byte (None asks for the state) and total size (None is unknown)."""
    text = call.headers.get("content-range")
    if text is None:
        return digest.size, digest.size, None
    match = RANGE.fullmatch(text)
    if match is None:
        raise invalid(f"Failed to parse Content-Range header: {text}")
    first, last, total = match.groups()
    size = None if total == "*" else int(total)
    return int(first or 0), None if last is None else int(last), size


async def _receive(call: Call, upload_id: str, digest: Digest, overlap: int) -> None:
    """Append the body, but for the bytes that are already here.

    A body that breaks off leaves what came of it; the next request cuts it to whole granules.
    """
    file = call.service.contents.open(upload_id, "r+b")
    try:
        file.seek(digest.size)
        async for piece in call.stream():
            fresh = piece[overlap:]
            overlap -= len(piece) - len(fresh)
            file.write(fresh)
            digest.update(fresh)
    except ClientDisconnect:
        call.service.digests.pop(upload_id, None)
        raise
    finally:
        file.close()


def _check_granularity(digest: Digest) -> None:
    if digest.size % GRANULE_BYTES:
        raise invalid("Every piece but the last has to be a multiple of 256 KiB.")


def _incomplete(call: Call, received: int) -> Response:
    headers = {"range": f"bytes=0-{received - 1}"} if received else {}
    if call.headers.get("x-guploader-no-308") == "yes":
        # Go's client asks for this, because its HTTP library takes 308 for a redirect.
        return Response(headers=headers | {"x-http-status-code-override": "308"})
    return Response(status_code=308, headers=headers)


def _finish(call: Call, upload: sqlite3.Row, digest: Digest) -> Response:
    settings: dict[str, Any] = json.loads(upload["settings"])
    content = content_of(upload["id"], digest)
    database = call.service.database
    call.service.digests.pop(upload["id"], None)
    try:
        Expected.of(settings["resource"], call.headers).check(content)
        bucket, version = write_version(
            call.service,
            upload["bucket"],
            upload["name"],
            content,
            settings=kept_settings(settings["resource"]),
            preconditions=Preconditions.of(settings["conditions"]),
        )
    except StorageError:
        call.service.contents.remove(upload["id"])
        database.execute("DELETE FROM uploads WHERE id = ?", (upload["id"],))
        raise
    response = answer_object(call, bucket, version)
    database.execute(
        "UPDATE uploads SET state = ? WHERE id = ?", (bytes(response.body).decode(), upload["id"])
    )
    return response
