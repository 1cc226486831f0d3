"""A protected bucket for tests: awkward names, all settings, and what is in it by our own look."""

import base64
import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from google.cloud import storage

from manifests.inventory import read_shard
from manifests.kinds.buckets.kind import BUCKETS
from manifests.kinds.buckets.model import BucketBackup, ObjectRecord
from tests.harness import LOCATION, Rebound, of_kind, whole_minute
from tests.integration.lake import write_catalog
from tests.served import Function

SCENARIO = "gcs-bucket-corruption"
NAMES = (
    "a file with spaces.txt",
    "percent %41 and %2F",
    "query?x=1#fragment",
    "//double//slash/",
    "dots/../and/./dots",
    "unicode/Dončić-Şengün-\U0001f3c0",
    "games/2025-11-24/0022500001.json",
    "games/2025-11-24/0022500002.json",
    "zz/last",
)
SETTINGS = {
    "content_type": "application/json",
    "content_encoding": "identity",
    "content_disposition": 'attachment; filename="ü.json"',
    "content_language": "sl",
    "cache_control": "no-store, max-age=0",
    "metadata": {"Source": "nba.com", "ümlaut": "Š", "empty": ""},
    "custom_time": datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC),
}


def platform(rebound: Rebound) -> str:
    """Return the name of the platform's protected bucket."""
    return f"{rebound.project}-raw"


def bucket_catalog(folder: Path, bucket: str, **more: Any) -> str:  # noqa: ANN401 - JSON
    """Write a catalog that protects one bucket and nothing else; return its path."""
    return write_catalog(folder, (), buckets=[{"bucket": bucket}], **more)


def make_bucket(
    rebound: Rebound,
    *,
    versioning: bool = False,
    soft_delete_days: int = 7,
    **settings: Any,  # noqa: ANN401 - bucket attributes
) -> storage.Bucket:
    """Create the protected bucket, as if some minutes ago."""
    bucket = rebound.storage_client.bucket(platform(rebound))
    bucket.versioning_enabled = versioning
    bucket.soft_delete_policy.retention_duration_seconds = soft_delete_days * 86400
    for name, value in settings.items():
        setattr(bucket, name, value)
    with rebound.cloud.minutes_ago(10):
        rebound.storage_client.create_bucket(bucket, location=LOCATION)
    return rebound.storage_client.bucket(platform(rebound))


def put(bucket: storage.Bucket, name: str, content: bytes, **settings: Any) -> storage.Blob:  # noqa: ANN401 - blob attributes
    """Write one object with its settings."""
    blob = bucket.blob(name)
    for key, value in settings.items():
        setattr(blob, key, value)
    blob.upload_from_string(content, content_type=settings.get("content_type", "text/plain"))
    if settings.get("temporary_hold") or settings.get("event_based_hold"):
        # The client leaves holds out of an upload.
        blob.temporary_hold = settings.get("temporary_hold")
        blob.event_based_hold = settings.get("event_based_hold")
        blob.patch()
    return blob


def fill(rebound: Rebound, bucket: storage.Bucket, names: tuple[str, ...] = NAMES) -> None:
    """Write objects as if some minutes ago: content by name, every fourth with all settings."""
    with rebound.cloud.minutes_ago(5):
        for number, name in enumerate(names):
            put(bucket, name, content_of(name), **(SETTINGS if number % 4 == 0 else {}))


def content_of(name: str) -> bytes:
    """Return what `fill` writes under a name."""
    return f"content of {name}".encode() * 3


def contents(rebound: Rebound) -> dict[str, storage.Blob]:
    """Return what the vault holds of buckets' contents, by the text of each."""
    blobs = rebound.vault.list_blobs(prefix="contents/")
    return {blob.download_as_bytes().decode(): blob for blob in blobs}


def looked_at(bucket: storage.Bucket) -> dict[str, tuple[Any, ...]]:
    """Return what an object is, for every live object: nothing of Rebound takes part in it."""
    return {
        blob.name: _look(blob, blob.download_as_bytes(raw_download=True))
        for blob in bucket.list_blobs()
    }


def _look(blob: storage.Blob, content: bytes) -> tuple[Any, ...]:
    digest = base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()
    assert blob.md5_hash in (None, digest), "the stand-in's own bookkeeping is wrong"
    return (
        content,
        blob.content_type,
        blob.content_encoding,
        blob.content_disposition,
        blob.content_language,
        blob.cache_control,
        tuple(sorted((blob.metadata or {}).items())),
        blob.custom_time,
        bool(blob.temporary_hold),
        bool(blob.event_based_hold),
    )


def backup_of(rebound: Rebound, run_id: str) -> BucketBackup:
    """Return what a run's manifest says about the bucket."""
    found = rebound.manifest(run_id).part(BUCKETS, platform(rebound))
    assert found is not None
    return found


def records_of(rebound: Rebound, backup: BucketBackup) -> dict[str, ObjectRecord]:
    """Return a bucket's whole inventory by name; it has to be in order."""
    records = [
        record
        for shard in backup.shards
        for record in read_shard(
            rebound.vault.blob(shard.stored.name).download_as_bytes(),
            backup.bucket,
            subject=shard.stored.name,
        )
    ]
    names = [record.version.name for record in records]
    assert names == sorted(names, key=lambda name: name.encode())
    assert len(names) == len(set(names)) == backup.object_count
    return {record.version.name: record for record in records}


def stored_content(rebound: Rebound, record: ObjectRecord) -> bytes | None:
    """Return the bytes that the vault holds for a record, or None."""
    if record.stored_as is None:
        return None
    blob = rebound.vault.blob(record.stored_as, generation=record.stored_generation)
    content: bytes = blob.download_as_bytes(raw_download=True)
    return content


def back_up(function: Function, run_id: str = "before") -> Mapping[str, Any]:
    """Make a complete run at the last whole minute."""
    return function.complete(run_id, recovery_point=f"{whole_minute():%Y-%m-%dT%H:%M:%SZ}")


def recover(rebound: Rebound, *words: str, code: int = 0) -> dict[str, Any]:
    """Recover the bucket and return what the report says about it."""
    report = rebound.json("recover", SCENARIO, "--yes", *words, code=code)
    outcome: dict[str, Any] = of_kind(report, "bucket")[0]
    return outcome


def sources(outcome: dict[str, Any]) -> dict[tuple[str, str], int]:
    """Return how many objects of each damage came from each source."""
    return {(item["damage"], item["source"]): item["objects"] for item in outcome["restored"]}


def left(outcome: dict[str, Any]) -> dict[str, list[str]]:
    """Return the names of what was left, by reason."""
    return {item["reason"]: list(item["names"]) for item in outcome["left"]}


def damage(rebound: Rebound) -> None:
    """Delete an object, overwrite another, change what is said of a third, relabel the bucket."""
    bucket = rebound.storage_client.get_bucket(platform(rebound))
    bucket.blob(NAMES[5]).delete()
    put(bucket, NAMES[1], b"garbage")
    said = bucket.blob(NAMES[2])
    said.metadata = {"wrong": "yes"}
    said.patch()
    bucket.labels = {"team": "nobody"}
    bucket.patch()


@contextmanager
def notified(rebound: Rebound) -> Iterator[None]:
    """Let a topic be told of every object that is written to the bucket."""
    bucket = rebound.storage_client.bucket(platform(rebound))
    told = bucket.notification("told", topic_project="p")
    told.create()
    yield
    told.delete()
