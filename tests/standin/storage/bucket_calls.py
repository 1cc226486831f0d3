"""Handlers of buckets."""

import base64
import json
from typing import Any

from starlette.responses import Response

from tests.standin.projects import project_number
from tests.standin.storage.answers import answer
from tests.standin.storage.buckets import (
    NAME,
    Bucket,
    bucket_of,
    changed_settings,
    default_settings,
    find_bucket,
    merge,
    save,
)
from tests.standin.storage.errors import StorageError, invalid
from tests.standin.storage.preconditions import Preconditions, integer
from tests.standin.storage.service import Call

PAGE_MOST = 1000


def _show(call: Call, bucket: Bucket) -> Response:
    return answer(call, bucket.resource(call.origin))


async def insert(call: Call) -> Response:
    """Answer `storage.buckets.insert`."""
    resource = await call.json()
    name = resource.get("name", "")
    if not NAME.fullmatch(name):
        raise invalid(f"Invalid bucket name: '{name}'")
    database = call.service.database
    if database.execute(
        "SELECT 1 FROM buckets WHERE name = ? AND soft_deleted IS NULL", (name,)
    ).fetchone():
        message = (
            "Your previous request to create the named bucket succeeded and you already own it."
        )
        raise StorageError(409, "conflict", message)
    now = call.service.clock.now()
    settings = changed_settings({}, merge(default_settings(now), resource), now)
    if call.flag("enableObjectRetention"):
        settings["objectRetention"] = {"mode": "Enabled"}
    database.execute(
        "INSERT INTO buckets VALUES (NULL, ?, ?, 1, ?, ?, ?, NULL, NULL, ?, NULL)",
        (
            name,
            call.query.get("project", ""),
            now,
            now,
            call.service.clock.generation(),
            json.dumps(settings),
        ),
    )
    return _show(call, find_bucket(call.service, name))


async def get(call: Call) -> Response:
    """Answer `storage.buckets.get`."""
    if call.flag("softDeleted"):
        return _show(call, _find_soft_deleted(call))
    bucket = find_bucket(call.service, call.path["bucket"])
    Preconditions.of(call.query).check(bucket.row, unmodified=304)
    return _show(call, bucket)


def _find_soft_deleted(call: Call) -> Bucket:
    row = call.service.database.execute(
        "SELECT * FROM buckets WHERE name = ? AND generation = ? AND hard_deleted > ?",
        (
            call.path["bucket"],
            integer(call.query, "generation"),
            call.service.clock.now(),
        ),
    ).fetchone()
    if row is None:
        raise StorageError(404, "notFound", "The specified bucket does not exist.")
    return bucket_of(row)


async def list_buckets(call: Call) -> Response:
    """Answer `storage.buckets.list`."""
    prefix = call.query.get("prefix", "")
    most = min(integer(call.query, "maxResults") or PAGE_MOST, PAGE_MOST)
    token = base64.urlsafe_b64decode(call.query.get("pageToken", "")).decode()
    state = "soft_deleted IS NULL AND ? IS NOT NULL"
    if call.flag("softDeleted"):
        state = "hard_deleted > ?"
    rows = call.service.database.execute(
        f"SELECT * FROM buckets WHERE {state} AND project = ? AND name > ?"
        " AND substr(name, 1, length(?)) = ? ORDER BY name LIMIT ?",
        (
            call.service.clock.now(),
            call.query.get("project", ""),
            token,
            prefix,
            prefix,
            most + 1,
        ),
    ).fetchall()
    listed: dict[str, Any] = {"kind": "storage#buckets"}
    if len(rows) > most:
        last = rows[most - 1]["name"]
        listed["nextPageToken"] = base64.urlsafe_b64encode(last.encode()).decode()
    if rows:
        listed["items"] = [bucket_of(row).resource(call.origin) for row in rows[:most]]
    return answer(call, listed)


async def patch(call: Call) -> Response:
    """Answer `storage.buckets.patch`."""
    changes = await call.json()
    bucket = find_bucket(call.service, call.path["bucket"])
    return _change(call, bucket, merge(bucket.settings, changes))


async def update(call: Call) -> Response:
    """Answer `storage.buckets.update`: what the resource does not say is removed."""
    resource = await call.json()
    bucket = find_bucket(call.service, call.path["bucket"])
    fixed = {key: bucket.settings[key] for key in ("location", "storageClass")}
    return _change(call, bucket, fixed | merge({}, resource))


def _change(call: Call, bucket: Bucket, wanted: dict[str, Any]) -> Response:
    now = call.service.clock.now()
    settings = changed_settings(bucket.settings, wanted, now)
    return _show(call, save(call.service, bucket, settings, Preconditions.of(call.query)))


async def delete(call: Call) -> Response:
    """Answer `storage.buckets.delete`: only of an empty bucket."""
    service = call.service
    bucket = find_bucket(service, call.path["bucket"])
    Preconditions.of(call.query).check(bucket.row)
    if service.database.execute(
        "SELECT 1 FROM objects WHERE bucket = ? AND state < 2 LIMIT 1", (bucket.id,)
    ).fetchone():
        raise StorageError(409, "conflict", "The bucket you tried to delete is not empty.")
    if duration := bucket.soft_delete_milliseconds:
        now = service.clock.now()
        service.database.execute(
            "UPDATE buckets SET soft_deleted = ?, hard_deleted = ? WHERE id = ?",
            (now, now + duration, bucket.id),
        )
    else:
        service.database.execute("DELETE FROM buckets WHERE id = ?", (bucket.id,))
    return Response(status_code=204)


async def restore(call: Call) -> Response:
    """Answer `storage.buckets.restore`: the bucket as it was, its objects still soft-deleted."""
    bucket = _find_soft_deleted(call)
    database = call.service.database
    if database.execute(
        "SELECT 1 FROM buckets WHERE name = ? AND soft_deleted IS NULL", (bucket.name,)
    ).fetchone():
        raise StorageError(409, "conflict", "A live bucket of this name exists.")
    database.execute(
        "UPDATE buckets SET soft_deleted = NULL, hard_deleted = NULL WHERE id = ?", (bucket.id,)
    )
    return _show(call, find_bucket(call.service, bucket.name))


async def lock_retention_policy(call: Call) -> Response:
    """Answer `storage.buckets.lockRetentionPolicy`."""
    bucket = find_bucket(call.service, call.path["bucket"])
    if "ifMetagenerationMatch" not in call.query:
        raise StorageError(400, "required", "Required parameter: ifMetagenerationMatch")
    policy = bucket.settings.get("retentionPolicy")
    if policy is None:
        raise invalid("There is no retention policy to lock.")
    settings = bucket.settings | {"retentionPolicy": policy | {"isLocked": True}}
    return _show(call, save(call.service, bucket, settings, Preconditions.of(call.query)))


async def get_iam_policy(call: Call) -> Response:
    """Answer `storage.buckets.getIamPolicy`."""
    bucket = find_bucket(call.service, call.path["bucket"])
    return answer(call, _policy(bucket))


def _policy(bucket: Bucket) -> dict[str, Any]:
    empty = {"version": 1, "etag": "CAE=", "bindings": []}
    kind = {"kind": "storage#policy", "resourceId": f"projects/_/buckets/{bucket.name}"}
    return kind | json.loads(bucket.row["policy"] or json.dumps(empty))


async def set_iam_policy(call: Call) -> Response:
    """Answer `storage.buckets.setIamPolicy`."""
    policy = await call.json()
    bucket = find_bucket(call.service, call.path["bucket"])
    access = bucket.settings["iamConfiguration"].get("uniformBucketLevelAccess", {})
    if not access.get("enabled") and any(
        binding.get("condition") for binding in policy.get("bindings", ())
    ):
        message = "Uniform bucket-level access must be enabled to set conditions."
        raise StorageError(412, "conditionNotMet", message)
    if policy.get("etag") not in {None, _policy(bucket)["etag"]}:
        raise StorageError(412, "conditionNotMet", "The policy changed since it was read.")
    generation = str(call.service.clock.generation())
    policy["etag"] = base64.b64encode(generation.encode()).decode()
    call.service.database.execute(
        "UPDATE buckets SET policy = ? WHERE id = ?", (json.dumps(policy), bucket.id)
    )
    return answer(call, _policy(find_bucket(call.service, bucket.name)))


async def test_permissions(call: Call) -> Response:
    """Answer `storage.buckets.testIamPermissions`: every caller may all but what is lacking."""
    find_bucket(call.service, call.path["bucket"])
    granted = [it for it in call.repeated("permissions") if it not in call.service.lacking]
    told = {"permissions": granted} if granted else {}
    return answer(call, {"kind": "storage#testIamPermissionsResponse", **told})


async def get_layout(call: Call) -> Response:
    """Answer `storage.buckets.getStorageLayout`."""
    bucket = find_bucket(call.service, call.path["bucket"])
    shown = bucket.resource(call.origin)
    return answer(
        call,
        {
            "kind": "storage#storageLayout",
            "bucket": bucket.name,
            "location": shown["location"],
            "locationType": shown["locationType"],
            "hierarchicalNamespace": bucket.settings.get(
                "hierarchicalNamespace", {"enabled": False}
            ),
        },
    )


async def list_managed_folders(call: Call) -> Response:
    """Answer the list of managed folders: there are none."""
    find_bucket(call.service, call.path["bucket"])
    return answer(call, {"kind": "storage#managedFolders"})


async def get_service_account(call: Call) -> Response:
    """Answer `storage.projects.serviceAccount.get`."""
    number = project_number(call.path["project"])
    address = f"service-{number}@gs-project-accounts.iam.gserviceaccount.com"
    return answer(call, {"kind": "storage#serviceAccount", "email_address": address})
