"""Versions and records of objects for unit tests."""

import base64
import hashlib
from copy import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import google_crc32c

from manifests.kinds.buckets.layout import content_name
from manifests.kinds.buckets.model import ObjectRecord, ObjectSettings, ObjectVersion

BUCKET = "platform-raw"
POINT = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


def minutes(number: float) -> datetime:
    """Return an instant some minutes after the recovery point, or before it."""
    return POINT + timedelta(minutes=number)


def version(
    name: str = "a",
    content: bytes = b"content",
    *,
    created: float = -10,
    ended: float | None = None,
    **more: Any,  # noqa: ANN401 - fields of a version
) -> ObjectVersion:
    """Return a version with real checksums; times are minutes after the recovery point."""
    created_at = minutes(created)
    made = ObjectVersion(
        name=name,
        generation=int(created_at.timestamp() * 1_000_000),
        metageneration=1,
        size_bytes=len(content),
        crc32c=base64.b64encode(google_crc32c.Checksum(content).digest()).decode(),
        md5=base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode(),
        created_at=created_at,
        updated_at=created_at,
        settings=ObjectSettings(content_type="text/plain"),
        state="live" if ended is None else "noncurrent",
        ended_at=None if ended is None else minutes(ended),
    )
    return replace(made, **more)


def record(name: str = "a", content: bytes = b"content", **more: Any) -> ObjectRecord:  # noqa: ANN401 - fields of a version
    """Return the inventory record of an object that is in the vault."""
    made = version(name, content, **more)
    return ObjectRecord(made, content_name(BUCKET, made), 7)
