"""Versions of objects: found, written, replaced, deleted.

A version is live, noncurrent or soft-deleted. All that decides who wins happens in one
transaction of the event loop's thread.
"""

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from tests.standin.database import transaction
from tests.standin.storage.buckets import Bucket, find_bucket
from tests.standin.storage.contents import Content
from tests.standin.storage.database import LIVE, NONCURRENT, SOFT_DELETED
from tests.standin.storage.errors import StorageError, invalid, no_such_object
from tests.standin.storage.keys import check_enforced, default_key, kept_key
from tests.standin.storage.preconditions import Preconditions
from tests.standin.storage.service import Service
from tests.standin.storage.times import SECOND, from_text, in_utc, to_text
from tests.standin.storage.told import told_contexts

# What a client says about an object.
SETTINGS = (
    "cacheControl", "contentDisposition", "contentEncoding", "contentLanguage", "contentType",
    "contexts", "customTime", "eventBasedHold", "metadata", "retention", "storageClass",
    "temporaryHold",
)  # fmt: skip
NAME_MOST_BYTES = 1024
METADATA_MOST_BYTES = 8 * 1024


def check_name(name: str) -> None:
    """Refuse what is no name of an object.

    Raises:
        StorageError: the name is empty, too long or holds a line break.
    """
    if not name:
        raise StorageError(400, "required", "Required")
    if len(name.encode("utf-8", "surrogatepass")) > NAME_MOST_BYTES:
        raise invalid("The maximum object length is 1024 characters, but got a name with more.")
    if name in {".", ".."} or "\n" in name or "\r" in name:
        raise invalid(f"Disallowed unicode characters present in object name '{name!r}'")


def kept_settings(resource: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a client says about an object in a resource, checked.

    Raises:
        StorageError: custom metadata is malformed or too large, or a time is none.
    """
    kept = {key: resource[key] for key in SETTINGS if resource.get(key) is not None}
    metadata = kept.get("metadata", {})
    if not isinstance(metadata, dict):
        raise invalid("Invalid metadata.")
    metadata = {key: str(value) for key, value in metadata.items() if value is not None}
    if sum(len(key.encode()) + len(value.encode()) for key, value in metadata.items()) > (
        METADATA_MOST_BYTES
    ):
        raise StorageError(400, "metadataTooLarge", "Custom metadata exceeds 8 KiB.")
    kept.pop("metadata", None)
    if metadata:
        kept["metadata"] = metadata
    if "customTime" in kept:
        kept["customTime"] = in_utc(kept["customTime"])
    return kept


def retained_until(bucket: Bucket, version: sqlite3.Row, settings: dict[str, Any]) -> int | None:
    """Return when a version's retention ends, or None when it has none that is known."""
    ends = []
    if bucket.retention_milliseconds and not settings.get("eventBasedHold"):
        ends.append(version["retained_from"] + bucket.retention_milliseconds)
    if until := settings.get("retention", {}).get("retainUntilTime"):
        ends.append(from_text(until))
    return max(ends, default=None)


def find_live(service: Service, bucket: Bucket, name: str) -> sqlite3.Row | None:
    """Return the live version of an object, or None."""
    return service.database.execute(
        "SELECT * FROM objects WHERE bucket = ? AND name = ? AND state = 0", (bucket.id, name)
    ).fetchone()


def find_version(
    service: Service, bucket: Bucket, name: str, generation: int | None
) -> sqlite3.Row:
    """Return a version that can be read: the live one, or the one of a generation.

    Raises:
        StorageError: there is none.
    """
    if generation is None:
        found = find_live(service, bucket, name)
    else:
        found = service.database.execute(
            "SELECT * FROM objects WHERE bucket = ? AND name = ? AND generation = ? AND state < 2",
            (bucket.id, name, generation),
        ).fetchone()
    if found is None:
        raise no_such_object(bucket.name, name)
    return found


def check_removable(service: Service, bucket: Bucket, version: sqlite3.Row) -> None:
    """Refuse to take a version away that a hold or a retention policy protects.

    Raises:
        StorageError: one does.
    """
    _check_free(bucket, version)
    _check_unretained(service, bucket, version)


def _check_free(bucket: Bucket, version: sqlite3.Row) -> None:
    settings = json.loads(version["settings"])
    what = f"Object '{bucket.name}/{version['name']}'"
    for key, kind in (("temporaryHold", "Temporary"), ("eventBasedHold", "Event-Based")):
        if settings.get(key):
            message = f"{what} is under active {kind} hold and cannot be deleted, overwritten or archived until hold is removed."
            raise StorageError(403, "forbidden", message)


def _check_unretained(service: Service, bucket: Bucket, version: sqlite3.Row) -> None:
    until = retained_until(bucket, version, json.loads(version["settings"]))
    if until is not None and until > service.clock.now():
        what = f"Object '{bucket.name}/{version['name']}'"
        message = f"{what} is subject to bucket's retention policy or object retention and cannot be deleted or overwritten until {to_text(until)}"
        raise StorageError(403, "retentionPolicyNotMet", message)


def retire(
    service: Service, bucket: Bucket, version: sqlite3.Row, *, by_generation: bool = False
) -> str | None:
    """Take a version away, inside a transaction: replaced, or deleted.

    Args:
        service: the state.
        bucket: where it is.
        version: the version.
        by_generation: whether exactly this version was named, so that it does not become
            noncurrent.

    Returns:
        The content to remove after the commit, or None when the version can come back.

    Raises:
        StorageError: a hold or a retention policy protects it.
    """
    key = (bucket.id, version["name"], version["generation"])
    where = "WHERE bucket = ? AND name = ? AND generation = ?"
    _check_free(bucket, version)
    if version["state"] == LIVE and bucket.is_versioned and not by_generation:
        service.database.execute(
            f"UPDATE objects SET state = ?, noncurrent = ? {where}",
            (NONCURRENT, service.clock.now(), *key),
        )
        return None
    _check_unretained(service, bucket, version)
    if duration := bucket.soft_delete_milliseconds:
        now = service.clock.now()
        service.database.execute(
            f"UPDATE objects SET state = ?, soft_deleted = ?, hard_deleted = ? {where}",
            (SOFT_DELETED, now, now + duration, *key),
        )
        return None
    service.database.execute(f"DELETE FROM objects {where}", key)
    return version["content"]


def write_version(
    service: Service,
    bucket_name: str,
    name: str,
    content: Content,
    *,
    settings: dict[str, Any],
    preconditions: Preconditions,
) -> tuple[Bucket, sqlite3.Row]:
    """Make a stored content the live version of an object, or remove it when that is refused.

    Raises:
        StorageError: the bucket is gone, the name is none, a precondition does not hold, or the
            version that would be replaced is protected.
    """
    replaced = None
    try:
        check_name(name)
        bucket = find_bucket(service, bucket_name)
        with transaction(service.database):
            live = find_live(service, bucket, name)
            preconditions.check(live)
            service.rates.count(bucket.id, name)
            if live is not None:
                replaced = retire(service, bucket, live)
            generation = _insert(service, bucket, name, content, settings)
    except BaseException:
        service.contents.remove(content.id)
        raise
    if replaced:
        service.contents.remove(replaced)
    return bucket, find_version(service, bucket, name, generation)


def _insert(
    service: Service, bucket: Bucket, name: str, content: Content, settings: dict[str, Any]
) -> int:
    generation = service.clock.generation()
    now = service.clock.now()
    kept = {"storageClass": bucket.settings["storageClass"], **settings}
    check_enforced(bucket.settings, settings)
    if not kept_key(settings):
        kept |= default_key(bucket.settings)
    if "contexts" in kept:
        kept["contexts"] = told_contexts({}, kept["contexts"], now)
    if bucket.settings.get("defaultEventBasedHold"):
        kept.setdefault("eventBasedHold", True)
    check_retained(bucket, kept)
    service.database.execute(
        "INSERT INTO objects VALUES (?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?, NULL, NULL, NULL, ?, ?)",
        (
            bucket.id, name, generation, LIVE, content.size, content.crc32c, content.md5,
            content.components, content.id, now, now, now, json.dumps(kept),
        ),
    )  # fmt: skip
    return generation


def check_retained(bucket: Bucket, settings: dict[str, Any]) -> None:
    """Refuse a retention where the bucket has none for objects, or beside an event-based hold.

    Enable and use object retention configurations; Object holds. Which error it is, is a guess.
    """
    if not settings.get("retention"):
        return
    if settings.get("eventBasedHold"):
        raise invalid("An object cannot have an event-based hold and a retention configuration.")
    if (bucket.settings.get("objectRetention") or {}).get("mode") != "Enabled":
        raise invalid("Object retention is not enabled for the bucket.")


def pass_time(service: Service, milliseconds: int) -> None:
    """Bring the end of every soft deletion and retention nearer, as if time had passed.

    Only what is there now is older then: what is written later has its whole term before it.
    """
    with transaction(service.database):
        for table in ("objects", "buckets"):
            service.database.execute(
                f"UPDATE {table} SET hard_deleted = hard_deleted - ?", (milliseconds,)
            )
        service.database.execute(
            "UPDATE objects SET retained_from = retained_from - ?", (milliseconds,)
        )
        service.database.execute(
            "UPDATE objects SET settings = json_set(settings, '$.retention.retainUntilTime',"
            " strftime('%Y-%m-%dT%H:%M:%fZ', settings ->> '$.retention.retainUntilTime', ?))"
            " WHERE settings ->> '$.retention.retainUntilTime' IS NOT NULL",
            (f"-{milliseconds / SECOND} seconds",),
        )


def expire(service: Service) -> None:
    """Remove the soft-deleted versions whose time is over."""
    now = service.clock.now()
    where = "WHERE state = 2 AND hard_deleted <= ?"
    expired = service.database.execute(f"SELECT content FROM objects {where}", (now,)).fetchall()
    if expired:
        service.database.execute(f"DELETE FROM objects {where}", (now,))
    for row in expired:
        service.contents.remove(row["content"])
