"""Soft-deleted versions brought back, one by one and in bulk, and the operations that do it."""

import asyncio
import json
import sqlite3
from typing import Any

from starlette.responses import Response

from tests.standin.storage.answers import answer, answer_object
from tests.standin.storage.buckets import Bucket, find_bucket
from tests.standin.storage.errors import StorageError, no_such_object
from tests.standin.storage.globs import compile_glob
from tests.standin.storage.ingest import stored_content
from tests.standin.storage.preconditions import Preconditions, integer
from tests.standin.storage.service import Call, Service
from tests.standin.storage.times import from_text, to_text
from tests.standin.storage.versions import expire, find_live, write_version

RESTORES_PER_TURN = 50
# Bounds of a bulk restore: which column of a version lies on which side of an instant.
BOUNDS = {
    "createdAfterTime": "created > ?",
    "createdBeforeTime": "created < ?",
    "softDeletedAfterTime": "soft_deleted > ?",
    "softDeletedBeforeTime": "soft_deleted < ?",
}


def find_soft_deleted(
    service: Service, bucket: Bucket, name: str, generation: int | None
) -> sqlite3.Row:
    """Return a soft-deleted version.

    Raises:
        StorageError: the generation is not given, or there is none of it.
    """
    if generation is None:
        raise StorageError(400, "required", "Required parameter: generation")
    found = service.database.execute(
        "SELECT * FROM objects WHERE bucket = ? AND name = ? AND generation = ? AND state = 2"
        " AND hard_deleted > ?",
        (bucket.id, name, generation, service.clock.now()),
    ).fetchone()
    if found is None:
        raise no_such_object(bucket.name, name)
    return found


def _restore(
    service: Service, bucket: Bucket, version: sqlite3.Row, preconditions: Preconditions
) -> tuple[Bucket, sqlite3.Row]:
    return write_version(
        service,
        bucket.name,
        version["name"],
        stored_content(service, version),
        settings=json.loads(version["settings"]),
        preconditions=preconditions,
    )


async def restore(call: Call) -> Response:
    """Answer `storage.objects.restore`: a new live generation; the soft-deleted one stays."""
    bucket = find_bucket(call.service, call.path["bucket"])
    generation = integer(call.query, "generation")
    version = find_soft_deleted(call.service, bucket, call.path["object"], generation)
    preconditions = Preconditions.of(call.query)
    bucket, restored = _restore(call.service, bucket, version, preconditions)
    return answer_object(call, bucket, restored)


async def bulk_restore(call: Call) -> Response:
    """Answer `storage.objects.bulkRestore`: an operation that goes on by itself."""
    service = call.service
    request = await call.json()
    bucket = find_bucket(service, call.path["bucket"])
    if not bucket.soft_delete_milliseconds:
        raise StorageError(400, "SoftDeletePolicyRequired", "The bucket has no soft delete policy.")
    chosen = _chosen(service, bucket, request)
    now = to_text(service.clock.now())
    operation_id = service.contents.new_id()
    link = f"b/{bucket.name}/operations/{operation_id}"
    operation: dict[str, Any] = {
        "kind": "storage#operation",
        "name": f"projects/_/buckets/{bucket.name}/operations/{operation_id}",
        "selfLink": f"{call.origin}/storage/v1/{link}",
        "done": False,
        "metadata": {
            "@type": "type.googleapis.com/google.storage.control.v2.BulkRestoreObjectsMetadata",
            "commonMetadata": {
                "createTime": now,
                "updateTime": now,
                "type": "BULK_RESTORE_OBJECTS",
            },
            "succeededCount": "0",
            "skippedCount": "0",
            "failedCount": "0",
        },
    }
    service.database.execute(
        "INSERT INTO operations VALUES (?, ?, 0, ?)",
        (operation_id, bucket.name, json.dumps(operation)),
    )
    work = asyncio.create_task(
        _restore_all(
            service, bucket, chosen, operation, overwrites=bool(request.get("allowOverwrite"))
        )
    )
    service.tasks.add(work)
    work.add_done_callback(service.tasks.discard)
    return answer(call, operation)


def _chosen(service: Service, bucket: Bucket, request: dict[str, Any]) -> list[tuple[str, int]]:
    """Return name and generation of the newest deletion of each name that matches."""
    expire(service)
    bounds = [(sql, from_text(request[key])) for key, sql in BOUNDS.items() if request.get(key)]
    conditions = "".join(f" AND {sql}" for sql, _ in bounds)
    rows = service.database.execute(
        f"SELECT name, generation FROM objects WHERE bucket = ? AND state = 2{conditions}"
        " ORDER BY name, soft_deleted, generation",
        (bucket.id, *(value for _, value in bounds)),
    )
    globs = [compile_glob(glob) for glob in request.get("matchGlobs") or ["**"]]
    newest = {row["name"]: row["generation"] for row in rows}
    return [
        (name, generation)
        for name, generation in newest.items()
        if any(glob.fullmatch(name) for glob in globs)
    ]


async def _restore_all(
    service: Service,
    bucket: Bucket,
    chosen: list[tuple[str, int]],
    operation: dict[str, Any],
    *,
    overwrites: bool,
) -> None:
    counts = {"succeededCount": 0, "skippedCount": 0, "failedCount": 0}
    for position, (name, generation) in enumerate(chosen):
        if position % RESTORES_PER_TURN == 0:
            await asyncio.sleep(0)
        outcome = _restore_one(service, bucket, name, generation, overwrites=overwrites)
        counts[outcome] += 1
    operation["metadata"] |= {key: str(count) for key, count in counts.items()}
    operation["metadata"]["commonMetadata"]["endTime"] = to_text(service.clock.now())
    operation["done"] = True
    operation["response"] = {"@type": "type.googleapis.com/google.protobuf.Empty"}
    service.database.execute(
        "UPDATE operations SET done = 1, resource = ? WHERE id = ?",
        (json.dumps(operation), operation["name"].rpartition("/")[2]),
    )


def _restore_one(
    service: Service, bucket: Bucket, name: str, generation: int, *, overwrites: bool
) -> str:
    if not overwrites and find_live(service, bucket, name) is not None:
        return "skippedCount"
    try:
        version = find_soft_deleted(service, bucket, name, generation)
        _restore(service, bucket, version, Preconditions())
    except StorageError:
        return "failedCount"
    return "succeededCount"


async def get_operation(call: Call) -> Response:
    """Answer `storage.buckets.operations.get`."""
    row = call.service.database.execute(
        "SELECT resource FROM operations WHERE bucket = ? AND id = ?",
        (call.path["bucket"], call.path["operation"]),
    ).fetchone()
    if row is None:
        raise StorageError(404, "notFound", "Operation not found.")
    return answer(call, json.loads(row["resource"]))


async def list_operations(call: Call) -> Response:
    """Answer `storage.buckets.operations.list`."""
    rows = call.service.database.execute(
        "SELECT resource FROM operations WHERE bucket = ? ORDER BY id", (call.path["bucket"],)
    )
    operations = [json.loads(row["resource"]) for row in rows]
    return answer(call, {"kind": "storage#operations", "operations": operations})
