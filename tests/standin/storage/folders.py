"""Folders of buckets with a hierarchical namespace: made, listed, renamed with what they hold.

A rename keeps the times and generations of objects, so that what is listed afterwards seems to have
been under its new name always (Cloud Storage, Rename and move folders).
"""

import json
import sqlite3
from typing import Any

from starlette.responses import Response

from tests.standin.database import transaction
from tests.standin.storage.answers import answer
from tests.standin.storage.buckets import Bucket, find_bucket
from tests.standin.storage.errors import StorageError, invalid
from tests.standin.storage.service import Call
from tests.standin.storage.times import to_text

_BELOW = "substr(name, 1, length(:folder)) = :folder"


def _hierarchical(call: Call) -> Bucket:
    bucket = find_bucket(call.service, call.path["bucket"])
    if not bucket.settings.get("hierarchicalNamespace", {}).get("enabled"):
        raise StorageError(409, "conflict", "The bucket does not have a hierarchical namespace.")
    return bucket


def _named(folder: str) -> str:
    name = folder if folder.endswith("/") else f"{folder}/"
    if name == "/" or "//" in name:
        raise invalid(f"Invalid folder name: '{folder}'")
    return name


def _shown(bucket: Bucket, row: sqlite3.Row) -> dict[str, Any]:
    return {
        "kind": "storage#folder",
        "id": f"{bucket.name}/{row['name']}",
        "bucket": bucket.name,
        "name": row["name"],
        "metageneration": "1",
        "createTime": to_text(row["created"]),
        "updateTime": to_text(row["created"]),
    }


def _find(call: Call, bucket: Bucket, folder: str) -> sqlite3.Row | None:
    return call.service.database.execute(
        "SELECT * FROM folders WHERE bucket = ? AND name = ?", (bucket.id, folder)
    ).fetchone()


def _required(call: Call, bucket: Bucket, folder: str) -> sqlite3.Row:
    found = _find(call, bucket, folder)
    if found is None:
        raise StorageError(404, "notFound", f"The folder does not exist: {folder}")
    return found


async def insert(call: Call) -> Response:
    """Answer `storage.folders.insert`: parents are there, or are made when that is asked for."""
    given = await call.json()
    bucket, name = _hierarchical(call), _named(given.get("name", ""))
    if _find(call, bucket, name) is not None:
        raise StorageError(409, "conflict", "The folder you tried to create already exists.")
    parts = name.split("/")[:-1]
    parents = ["/".join(parts[:count]) + "/" for count in range(1, len(parts))]
    missing = [parent for parent in parents if _find(call, bucket, parent) is None]
    if missing and not call.flag("recursive"):
        raise StorageError(404, "notFound", f"The parent folder does not exist: {missing[-1]}")
    now = call.service.clock.now()
    call.service.database.executemany(
        "INSERT INTO folders VALUES (?, ?, ?)",
        [(bucket.id, folder, now) for folder in (*missing, name)],
    )
    return answer(call, _shown(bucket, _required(call, bucket, name)))


async def get(call: Call) -> Response:
    """Answer `storage.folders.get`."""
    bucket = _hierarchical(call)
    return answer(call, _shown(bucket, _required(call, bucket, _named(call.path["folder"]))))


async def list_folders(call: Call) -> Response:
    """Answer `storage.folders.list`; a bucket without a hierarchical namespace has none."""
    bucket = find_bucket(call.service, call.path["bucket"])
    rows = call.service.database.execute(
        f"SELECT * FROM folders WHERE bucket = :bucket AND {_BELOW} ORDER BY name",
        {"bucket": bucket.id, "folder": call.query.get("prefix", "")},
    ).fetchall()
    items = {"items": [_shown(bucket, row) for row in rows]} if rows else {}
    return answer(call, {"kind": "storage#folders", **items})


async def delete(call: Call) -> Response:
    """Answer `storage.folders.delete`: only of an empty folder."""
    bucket, folder = _hierarchical(call), _named(call.path["folder"])
    _required(call, bucket, folder)
    values = {"bucket": bucket.id, "folder": folder}
    for table, more in (("objects", "AND state < 2"), ("folders", "AND name != :folder")):
        if call.service.database.execute(
            f"SELECT 1 FROM {table} WHERE bucket = :bucket AND {_BELOW} {more} LIMIT 1", values
        ).fetchone():
            raise StorageError(409, "conflict", "The folder you tried to delete is not empty.")
    call.service.database.execute(
        "DELETE FROM folders WHERE bucket = :bucket AND name = :folder", values
    )
    return Response(status_code=204)


async def rename(call: Call) -> Response:
    """Answer `storage.folders.rename`: an operation that is done at once."""
    bucket = _hierarchical(call)
    source, target = _named(call.path["folder"]), _named(call.path["destinationFolder"])
    _required(call, bucket, source)
    if _find(call, bucket, target) is not None:
        raise StorageError(409, "conflict", "The destination folder already exists.")
    values = {"bucket": bucket.id, "folder": source, "target": target}
    with transaction(call.service.database):
        for table, more in (("objects", "AND state < 2"), ("folders", "")):
            call.service.database.execute(
                f"UPDATE {table} SET name = :target || substr(name, length(:folder) + 1)"
                f" WHERE bucket = :bucket AND {_BELOW} {more}",
                values,
            )
    operation_id = call.service.contents.new_id()
    operation = {
        "kind": "storage#operation",
        "name": f"projects/_/buckets/{bucket.name}/operations/{operation_id}",
        "done": True,
        "response": {
            "@type": "type.googleapis.com/google.storage.control.v2.Folder",
            **_shown(bucket, _required(call, bucket, target)),
        },
    }
    call.service.database.execute(
        "INSERT INTO operations VALUES (?, ?, 1, ?)",
        (operation_id, bucket.name, json.dumps(operation)),
    )
    return answer(call, operation)
