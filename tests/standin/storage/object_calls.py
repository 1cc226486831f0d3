"""Handlers of single objects: get, patch, update, delete."""

import json
import sqlite3
from typing import Any

from starlette.responses import Response

from tests.standin.database import transaction
from tests.standin.storage.answers import answer_object
from tests.standin.storage.buckets import find_bucket, merge
from tests.standin.storage.downloads import download
from tests.standin.storage.errors import StorageError, condition_not_met, invalid
from tests.standin.storage.keys import check_unlocked, is_locked, kept_key
from tests.standin.storage.preconditions import Preconditions, integer
from tests.standin.storage.resources import etag_of
from tests.standin.storage.restores import find_soft_deleted
from tests.standin.storage.service import Call
from tests.standin.storage.times import from_text
from tests.standin.storage.told import told_contexts
from tests.standin.storage.versions import (
    SETTINGS,
    check_retained,
    find_version,
    kept_settings,
    retire,
)

# What an update removes when its resource does not say it; a patch removes nothing by silence.
_REPLACED = tuple(key for key in SETTINGS if key != "storageClass")
_NOTHING_REMOVED: tuple[str, ...] = ()


async def get(call: Call) -> Response:
    """Answer `storage.objects.get`, metadata or bytes."""
    service = call.service
    bucket = find_bucket(service, call.path["bucket"])
    generation = integer(call.query, "generation")
    if call.flag("softDeleted"):
        version = find_soft_deleted(service, bucket, call.path["object"], generation)
    else:
        version = find_version(service, bucket, call.path["object"], generation)
    Preconditions.of(call.query).check(version, unmodified=304)
    _check_etag(call, version)
    if call.query.get("alt") != "media":
        return answer_object(call, bucket, version, is_locked=is_locked(call, version))
    check_unlocked(call, version)
    if call.flag("softDeleted"):
        raise invalid("Soft-deleted objects cannot be read.")
    return download(call, version, json.loads(version["settings"]))


def _check_etag(call: Call, version: sqlite3.Row) -> None:
    etag = etag_of(version)
    wanted, unwanted = call.headers.get("if-match"), call.headers.get("if-none-match")
    if wanted not in {None, "*", etag, f'"{etag}"'}:
        raise condition_not_met()
    if unwanted in {"*", etag, f'"{etag}"'}:
        raise condition_not_met(304)


async def patch(call: Call) -> Response:
    """Answer `storage.objects.patch`: null removes, custom metadata merges by key."""
    changes = await call.json()
    return _change(
        call, {key: changes[key] for key in SETTINGS if key in changes}, _NOTHING_REMOVED
    )


async def update(call: Call) -> Response:
    """Answer `storage.objects.update`: what the resource does not say is removed."""
    resource = await call.json()
    return _change(call, {key: resource[key] for key in SETTINGS if key in resource}, _REPLACED)


def _change(call: Call, given: dict[str, Any], removed: tuple[str, ...]) -> Response:
    service = call.service
    bucket = find_bucket(service, call.path["bucket"])
    name = call.path["object"]
    version = find_version(service, bucket, name, integer(call.query, "generation"))
    Preconditions.of(call.query).check(version)
    before = json.loads(version["settings"])
    kept = {key: value for key, value in before.items() if key not in removed}
    after = kept_settings(merge(kept, given)) | {"storageClass": before["storageClass"]}
    after |= kept_key(before)
    if "contexts" in after:
        old = before.get("contexts", {})
        after["contexts"] = told_contexts(old, after["contexts"], service.clock.now())
    _check_custom_time(before, after)
    _check_retention(call, before, after)
    check_retained(bucket, after)
    retained_from = version["retained_from"]
    if before.get("eventBasedHold") and not after.get("eventBasedHold"):
        retained_from = service.clock.now()
    key = (bucket.id, name, version["generation"])
    service.rates.count(bucket.id, name)
    service.database.execute(
        "UPDATE objects SET settings = ?, metageneration = metageneration + 1, updated = ?,"
        " retained_from = ? WHERE bucket = ? AND name = ? AND generation = ?",
        (json.dumps(after), service.clock.now(), retained_from, *key),
    )
    return answer_object(call, bucket, find_version(service, bucket, name, version["generation"]))


def _check_custom_time(before: dict[str, Any], after: dict[str, Any]) -> None:
    if "customTime" not in before:
        return
    if "customTime" not in after or from_text(after["customTime"]) < from_text(
        before["customTime"]
    ):
        raise invalid("Custom time cannot be removed or set to an earlier date time.")


def _check_retention(call: Call, before: dict[str, Any], after: dict[str, Any]) -> None:
    """Refuse less retention, and without its parameter another mode (Objects: patch)."""
    old, new = before.get("retention"), after.get("retention") or {}
    if not old or (call.flag("overrideUnlockedRetention") and old.get("mode") != "Locked"):
        return
    until = new.get("retainUntilTime")
    is_less = until is None or from_text(until) < from_text(old["retainUntilTime"])
    if is_less or new.get("mode") != old.get("mode"):
        message = "The retention of the object cannot be removed, shortened or of another mode."
        raise StorageError(403, "forbidden", message)


async def delete(call: Call) -> Response:
    """Answer `storage.objects.delete`."""
    service = call.service
    bucket = find_bucket(service, call.path["bucket"])
    generation = integer(call.query, "generation")
    with transaction(service.database):
        version = find_version(service, bucket, call.path["object"], generation)
        Preconditions.of(call.query).check(version)
        service.rates.count(bucket.id, version["name"])
        gone = retire(service, bucket, version, by_generation=generation is not None)
    if gone:
        service.contents.remove(gone)
    return Response(status_code=204)
