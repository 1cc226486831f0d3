"""Versions of objects as the API shows them."""

import base64
import json
import sqlite3
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from tests.standin.storage.buckets import Bucket
from tests.standin.storage.times import to_text

# Fields that take long to make, and that no listing for a machine asks for.
_ADDRESSES = frozenset({"*", "id", "selfLink", "mediaLink", "etag"})


def etag_of(version: sqlite3.Row) -> str:
    """Return the entity tag of a version and its metadata."""
    text = f"{version['generation']}/{version['metageneration']}"
    return base64.b64encode(text.encode()).decode()


def resource_of(
    bucket: Bucket, version: sqlite3.Row, origin: str, wanted: Collection[str] = ()
) -> dict[str, Any]:
    """Return a version as the API shows it.

    Args:
        bucket: where it is.
        version: the version.
        origin: the address that the client knows the service by.
        wanted: the fields that will be picked; without any, all.
    """
    name, generation = version["name"], version["generation"]
    created = to_text(version["created"])
    settings = _shown_settings(version["settings"])
    shown: dict[str, Any] = {
        "kind": "storage#object",
        "name": name,
        "bucket": bucket.name,
        "generation": str(generation),
        "metageneration": str(version["metageneration"]),
        "size": str(version["size"]),
        "crc32c": version["crc32c"],
        "timeCreated": created,
        "updated": to_text(version["updated"]),
        "timeStorageClassUpdated": created,
        "timeFinalized": created,
        **settings,
    }
    if not wanted or not _ADDRESSES.isdisjoint(wanted):
        link = f"storage/v1/b/{bucket.name}/o/{quote(name, safe='')}"
        shown["id"] = f"{bucket.name}/{name}/{generation}"
        shown["selfLink"] = f"{origin}/{link}"
        shown["mediaLink"] = f"{origin}/download/{link}?generation={generation}&alt=media"
        shown["etag"] = etag_of(version)
    if version["md5"] is not None:
        shown["md5Hash"] = version["md5"]
    if version["components"] is not None:
        shown["componentCount"] = version["components"]
    for column, key in (
        ("noncurrent", "timeDeleted"),
        ("soft_deleted", "softDeleteTime"),
        ("hard_deleted", "hardDeleteTime"),
    ):
        if version[column] is not None:
            shown[key] = to_text(version[column])
    if bucket.retention_milliseconds and not settings.get("eventBasedHold"):
        shown["retentionExpirationTime"] = to_text(
            version["retained_from"] + bucket.retention_milliseconds
        )
    return shown


@lru_cache(maxsize=256)
def _shown_settings(text: str) -> Mapping[str, Any]:
    # Neighbours in a listing mostly have the same ones.
    shown: Mapping[str, Any] = json.loads(text)
    return shown
