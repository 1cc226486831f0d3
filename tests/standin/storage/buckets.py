"""Buckets: their settings, found, made and changed."""

import json
import re
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.standin.projects import project_number
from tests.standin.storage.errors import StorageError, invalid, no_such_bucket
from tests.standin.storage.preconditions import Preconditions
from tests.standin.storage.service import Service
from tests.standin.storage.times import SECOND, to_text
from tests.standin.storage.told import tell

DAY_SECONDS = 24 * 3600
SOFT_DELETE_DEFAULT_SECONDS = 7 * DAY_SECONDS
SOFT_DELETE_MOST_SECONDS = 90 * DAY_SECONDS
RETENTION_MOST_SECONDS = 100 * 365 * DAY_SECONDS
MULTI_REGIONS = {"US", "EU", "ASIA"}
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]")
SERVER_FIELDS = {
    "kind", "id", "selfLink", "name", "projectNumber", "metageneration", "timeCreated", "updated",
    "generation", "etag", "locationType", "softDeleteTime", "hardDeleteTime", "acl",
    "defaultObjectAcl", "objectRetention", "owner", "satisfiesPZI", "satisfiesPZS",
}  # fmt: skip
# Set when a bucket is created, and never again.
FIXED = ("objectRetention", "hierarchicalNamespace")


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket as it is now."""

    row: sqlite3.Row
    settings: dict[str, Any]

    @property
    def id(self) -> int:
        """The key of its objects; a new bucket of the same name has another."""
        return self.row["id"]

    @property
    def name(self) -> str:
        """Its name."""
        return self.row["name"]

    @property
    def is_versioned(self) -> bool:
        """Whether replaced and deleted objects become noncurrent."""
        return bool(self.settings.get("versioning", {}).get("enabled"))

    @property
    def soft_delete_milliseconds(self) -> int:
        """How long deleted versions can be restored; 0 is not at all."""
        policy = self.settings.get("softDeletePolicy", {})
        return int(policy.get("retentionDurationSeconds", 0)) * SECOND

    @property
    def retention_milliseconds(self) -> int:
        """How old a version has to be before it can go; 0 is any age."""
        return int(self.settings.get("retentionPolicy", {}).get("retentionPeriod", 0)) * SECOND

    @property
    def location_type(self) -> str:
        """Whether it lies in a region, in two, or in many."""
        if self.settings.get("customPlacementConfig"):
            return "dual-region"
        return "multi-region" if self.settings["location"] in MULTI_REGIONS else "region"

    def resource(self, origin: str) -> dict[str, Any]:
        """Return the bucket as the API shows it."""
        row = self.row
        shown = {
            "kind": "storage#bucket",
            "id": self.name,
            "selfLink": f"{origin}/storage/v1/b/{self.name}",
            "name": self.name,
            "projectNumber": project_number(row["project"]),
            "generation": str(row["generation"]),
            "metageneration": str(row["metageneration"]),
            "etag": f"CAE{row['generation']}-{row['metageneration']}",
            "timeCreated": to_text(row["created"]),
            "updated": to_text(row["updated"]),
            "locationType": self.location_type,
            **self.settings,
        }
        if row["soft_deleted"] is not None:
            shown["softDeleteTime"] = to_text(row["soft_deleted"])
            shown["hardDeleteTime"] = to_text(row["hard_deleted"])
        return shown


def bucket_of(row: sqlite3.Row) -> Bucket:
    """Return the bucket of a row."""
    return Bucket(row, json.loads(row["settings"]))


def find_bucket(service: Service, name: str) -> Bucket:
    """Return the bucket of a name.

    Raises:
        StorageError: there is none.
    """
    row = service.database.execute(
        "SELECT * FROM buckets WHERE name = ? AND soft_deleted IS NULL", (name,)
    ).fetchone()
    if row is None:
        raise no_such_bucket()
    return bucket_of(row)


def default_settings(now: int) -> dict[str, Any]:
    """Return the settings of a bucket of which nothing was said.

    Args:
        now: milliseconds since 1970.
    """
    return {
        "location": "US",
        "storageClass": "STANDARD",
        "rpo": "DEFAULT",
        "iamConfiguration": {
            "bucketPolicyOnly": {"enabled": False},
            "uniformBucketLevelAccess": {"enabled": False},
            "publicAccessPrevention": "inherited",
        },
        "softDeletePolicy": {
            "retentionDurationSeconds": str(SOFT_DELETE_DEFAULT_SECONDS),
            "effectiveTime": to_text(now),
        },
    }


def merge(settings: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings with a patch applied: null removes, labels and objects merge by key."""
    merged = dict(settings)
    for key, value in changes.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict) and isinstance(merged.get(key), dict):
            merged[key] = merge(merged[key], value)
        elif isinstance(value, dict):
            merged[key] = merge({}, value)
        else:
            merged[key] = value
    return merged


def changed_settings(before: Mapping[str, Any], wanted: dict[str, Any], now: int) -> dict[str, Any]:
    """Return wanted settings as the service keeps them.

    Args:
        before: the settings so far.
        wanted: all settings as they shall be.
        now: milliseconds since 1970.

    Raises:
        StorageError: a setting is not allowed, or a locked retention policy would weaken.
    """
    kept = {key: value for key, value in wanted.items() if key not in SERVER_FIELDS}
    if before:
        if kept.get("hierarchicalNamespace", {}) != before.get("hierarchicalNamespace", {}):
            raise invalid("A hierarchical namespace can be enabled only at creation.")
        kept |= {key: before[key] for key in FIXED if key in before}
    _check_namespace(kept)
    kept["location"] = kept["location"].upper()
    soft = kept.setdefault("softDeletePolicy", {"retentionDurationSeconds": "0"})
    seconds = int(soft.get("retentionDurationSeconds", 0))
    if seconds and not SOFT_DELETE_DEFAULT_SECONDS <= seconds <= SOFT_DELETE_MOST_SECONDS:
        raise invalid("Soft delete policy retention duration must be 0 or from 7 to 90 days.")
    soft["retentionDurationSeconds"] = str(seconds)
    if soft != before.get("softDeletePolicy"):
        soft["effectiveTime"] = to_text(now)
    _keep_retention(before.get("retentionPolicy", {}), kept, now)
    tell(before, kept, now)
    return kept


def _check_namespace(kept: dict[str, Any]) -> None:
    if not kept.get("hierarchicalNamespace", {}).get("enabled"):
        return
    access = kept["iamConfiguration"].get("uniformBucketLevelAccess", {})
    if not access.get("enabled") or kept.get("versioning", {}).get("enabled"):
        raise invalid(
            "A hierarchical namespace needs uniform bucket-level access and no versioning."
        )


def _keep_retention(before: dict[str, Any], kept: dict[str, Any], now: int) -> None:
    after = kept.get("retentionPolicy") or {}
    seconds = int(after.get("retentionPeriod", 0))
    if before.get("isLocked") and seconds < int(before["retentionPeriod"]):
        message = "Cannot reduce retention duration of a locked Retention Policy."
        raise StorageError(403, "forbidden", message)
    if not seconds:
        kept.pop("retentionPolicy", None)
        return
    if not 0 < seconds <= RETENTION_MOST_SECONDS:
        raise invalid("Retention period must be from 1 second to 100 years.")
    effective = before.get("effectiveTime", to_text(now))
    policy = {"retentionPeriod": str(seconds), "effectiveTime": effective}
    kept["retentionPolicy"] = policy | ({"isLocked": True} if before.get("isLocked") else {})


def save(
    service: Service, bucket: Bucket, settings: dict[str, Any], preconditions: Preconditions
) -> Bucket:
    """Replace a bucket's settings; its metageneration rises.

    Raises:
        StorageError: a precondition on the metageneration does not hold.
    """
    preconditions.check(bucket.row)
    service.database.execute(
        "UPDATE buckets SET settings = ?, metageneration = metageneration + 1, updated = ?"
        " WHERE id = ?",
        (json.dumps(settings), service.clock.now(), bucket.id),
    )
    return find_bucket(service, bucket.name)
