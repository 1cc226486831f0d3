"""What a bucket tells Pub/Sub: configurations that are kept, and of which nobody is told."""

import json

from starlette.responses import Response

from tests.standin.storage.answers import answer
from tests.standin.storage.buckets import find_bucket
from tests.standin.storage.errors import StorageError
from tests.standin.storage.service import Call

_KIND = "storage#notification"


async def insert(call: Call) -> Response:
    """Answer `storage.notifications.insert`."""
    given = await call.json()
    bucket = find_bucket(call.service, call.path["bucket"])
    for key in ("topic", "payload_format"):
        if not given.get(key):
            raise StorageError(400, "required", f"Required: {key}")
    database = call.service.database
    cursor = database.execute("INSERT INTO notifications VALUES (NULL, ?, '')", (bucket.id,))
    shown = {**given, "kind": _KIND, "id": str(cursor.lastrowid), "etag": str(cursor.lastrowid)}
    shown["selfLink"] = (
        f"{call.origin}/storage/v1/b/{bucket.name}/notificationConfigs/{shown['id']}"
    )
    database.execute(
        "UPDATE notifications SET resource = ? WHERE id = ?", (json.dumps(shown), cursor.lastrowid)
    )
    return answer(call, shown)


async def list_all(call: Call) -> Response:
    """Answer `storage.notifications.list`."""
    bucket = find_bucket(call.service, call.path["bucket"])
    rows = call.service.database.execute(
        "SELECT resource FROM notifications WHERE bucket = ? ORDER BY id", (bucket.id,)
    ).fetchall()
    listed = {"items": [json.loads(row["resource"]) for row in rows]} if rows else {}
    return answer(call, {"kind": "storage#notifications", **listed})


async def get(call: Call) -> Response:
    """Answer `storage.notifications.get`."""
    bucket = find_bucket(call.service, call.path["bucket"])
    row = call.service.database.execute(
        "SELECT resource FROM notifications WHERE bucket = ? AND id = ?",
        (bucket.id, call.path["notification"]),
    ).fetchone()
    if row is None:
        raise StorageError(404, "notFound", "Notification not found.")
    return answer(call, json.loads(row["resource"]))


async def delete(call: Call) -> Response:
    """Answer `storage.notifications.delete`."""
    bucket = find_bucket(call.service, call.path["bucket"])
    gone = call.service.database.execute(
        "DELETE FROM notifications WHERE bucket = ? AND id = ?",
        (bucket.id, call.path["notification"]),
    )
    if not gone.rowcount:
        raise StorageError(404, "notFound", "Notification not found.")
    return Response(status_code=204)
