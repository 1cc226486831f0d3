"""The XML API's multipart uploads: parts in any order and in parallel, then one object.

The parts are contents of their own until the upload is completed.
"""

import asyncio
import json
import sqlite3
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from starlette.responses import Response

from tests.standin.storage.buckets import find_bucket
from tests.standin.storage.contents import Content
from tests.standin.storage.errors import StorageError, invalid
from tests.standin.storage.ingest import Expected, store
from tests.standin.storage.keys import check_part
from tests.standin.storage.preconditions import integer
from tests.standin.storage.resources import etag_of
from tests.standin.storage.service import Call
from tests.standin.storage.versions import check_name, write_version
from tests.standin.storage.xml_objects import preconditions_of, settings_of

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
PARTS_MOST = 10_000


def _xml(root: str, **fields: object) -> Response:
    items = "".join(f"<{key}>{escape(str(value))}</{key}>" for key, value in fields.items())
    return _document(root, items)


def _document(root: str, items: str) -> Response:
    body = f"<?xml version='1.0' encoding='UTF-8'?><{root} xmlns='{NAMESPACE}'>{items}</{root}>"
    return Response(body, media_type="application/xml; charset=UTF-8")


async def create(call: Call) -> Response:
    """Answer POST `?uploads`."""
    bucket = find_bucket(call.service, call.path["bucket"])
    check_name(call.path["object"])
    upload_id = call.service.contents.new_id()
    settings = json.dumps(settings_of(call))
    call.service.database.execute(
        "INSERT INTO uploads VALUES (?, ?, ?, ?, ?)",
        (upload_id, bucket.name, call.path["object"], "parts", settings),
    )
    return _xml(
        "InitiateMultipartUploadResult",
        Bucket=bucket.name,
        Key=call.path["object"],
        UploadId=upload_id,
    )


def _find(call: Call) -> sqlite3.Row:
    found = call.service.database.execute(
        "SELECT * FROM uploads WHERE id = ? AND bucket = ? AND name = ? AND state = 'parts'",
        (call.query["uploadId"], call.path["bucket"], call.path["object"]),
    ).fetchone()
    if found is None:
        raise StorageError(404, "NoSuchUpload", "The requested upload was not found.")
    return found


def _parts(call: Call, upload_id: str) -> list[sqlite3.Row]:
    return call.service.database.execute(
        "SELECT * FROM parts WHERE upload = ? ORDER BY number", (upload_id,)
    ).fetchall()


async def insert_part(call: Call) -> Response:
    """Answer PUT `?uploadId&partNumber`."""
    upload = _find(call)
    number = integer(call.query, "partNumber") or 0
    if not 1 <= number <= PARTS_MOST:
        raise invalid(f"Part number must be from 1 to {PARTS_MOST}.")
    check_part(call, json.loads(upload["settings"]))
    content = await store(call.service, call.stream(), Expected.of({}, call.headers))
    replaced = call.service.database.execute(
        "SELECT content FROM parts WHERE upload = ? AND number = ?", (upload["id"], number)
    ).fetchone()
    etag = f'"{content.md5}"'
    call.service.database.execute(
        "INSERT OR REPLACE INTO parts VALUES (?, ?, ?, ?, ?)",
        (upload["id"], number, content.id, content.size, etag),
    )
    if replaced:
        call.service.contents.remove(replaced["content"])
    hashes = f"crc32c={content.crc32c},md5={content.md5}"
    return Response(headers={"etag": etag, "x-goog-hash": hashes})


async def complete(call: Call) -> Response:
    """Answer POST `?uploadId`: the parts named in the body become one object."""
    upload = _find(call)
    wanted = _wanted(await call.body())
    stored = {part["number"]: part for part in _parts(call, upload["id"])}
    for number, etag in wanted:
        if number not in stored or etag.strip('"') != stored[number]["etag"].strip('"'):
            raise StorageError(400, "InvalidPart", f"Part {number} was not found as described.")
    ids = [stored[number]["content"] for number, _ in wanted]
    joined, digest = await asyncio.to_thread(call.service.contents.concatenate, ids)
    content = Content(joined, digest.size, digest.crc32c, None, len(ids))
    _, version = write_version(
        call.service,
        upload["bucket"],
        upload["name"],
        content,
        settings=json.loads(upload["settings"]),
        preconditions=preconditions_of(call),
    )
    _forget(call, upload["id"])
    response = _xml(
        "CompleteMultipartUploadResult",
        Location=f"{call.origin}/{upload['bucket']}/{upload['name']}",
        Bucket=upload["bucket"],
        Key=upload["name"],
        ETag=f'"{etag_of(version)}"',
    )
    response.headers["x-goog-hash"] = f"crc32c={version['crc32c']}"
    response.headers["x-goog-generation"] = str(version["generation"])
    return response


def _wanted(body: bytes) -> list[tuple[int, str]]:
    try:
        root = ET.fromstring(body)  # noqa: S314 - comes from our own tests
        parts = [
            (int(part.findtext("{*}PartNumber") or 0), part.findtext("{*}ETag") or "")
            for part in root.iterfind("{*}Part")
        ]
    except (ET.ParseError, ValueError) as error:
        raise StorageError(
            400, "MalformedCompleteMultipartUploadRequest", "Malformed XML"
        ) from error
    if not parts or parts != sorted(parts, key=lambda part: part[0]):
        raise StorageError(400, "InvalidPartOrder", "The parts must be in ascending order.")
    return parts


def _forget(call: Call, upload_id: str) -> None:
    parts = _parts(call, upload_id)
    call.service.database.execute("DELETE FROM uploads WHERE id = ?", (upload_id,))
    call.service.database.execute("DELETE FROM parts WHERE upload = ?", (upload_id,))
    for part in parts:
        call.service.contents.remove(part["content"])


async def abort(call: Call) -> Response:
    """Answer DELETE `?uploadId`."""
    _forget(call, _find(call)["id"])
    return Response(status_code=204)


async def list_parts(call: Call) -> Response:
    """Answer GET `?uploadId`."""
    upload = _find(call)
    items = "".join(
        f"<Part><PartNumber>{part['number']}</PartNumber><ETag>{escape(part['etag'])}</ETag>"
        f"<Size>{part['size']}</Size></Part>"
        for part in _parts(call, upload["id"])
    )
    return _document("ListPartsResult", f"<UploadId>{upload['id']}</UploadId>{items}")


async def list_uploads(call: Call) -> Response:
    """Answer GET `?uploads` of a bucket."""
    bucket = find_bucket(call.service, call.path["bucket"])
    rows = call.service.database.execute(
        "SELECT * FROM uploads WHERE bucket = ? AND state = 'parts' ORDER BY name, id",
        (bucket.name,),
    )
    items = "".join(
        f"<Upload><Key>{escape(row['name'])}</Key><UploadId>{row['id']}</UploadId></Upload>"
        for row in rows
    )
    return _document("ListMultipartUploadsResult", f"<Bucket>{bucket.name}</Bucket>{items}")
