"""A run that holds a part of every kind."""

from manifests.kinds.buckets.model import BucketBackup, InventoryShard
from manifests.kinds.databases.model import DatabaseBackup
from manifests.kinds.resources.model import ResourceBackup, ResourceEntry
from manifests.model.run import Manifest
from manifests.values import StoredObject
from tests.unit.samples import POINT, RUN, manifest

_TOPICS = "projects/platform/topics/"


def _stored(name: str, things: int) -> StoredObject:
    return StoredObject(
        name=f"runs/{RUN}/{name}", size_bytes=10, crc32c="yZRlqg==", generation=1, row_count=things
    )


def whole_manifest() -> Manifest:
    """Return the sample run with a bucket of 5 objects, 3 documents and 2 topics."""
    shard = InventoryShard(
        stored=_stored("buckets/raw/inventory/0000-000000.avro", 5),
        first_name="a",
        last_name="z",
        content_bytes=50,
    )
    bucket = BucketBackup(
        bucket="raw", resource={}, listed_at=POINT, finished_at=POINT, shards=(shard,)
    )
    database = DatabaseBackup(
        database_id="(default)",
        resource={},
        read_time=POINT,
        document_count=3,
        collections=(),
        files=(),
    )
    topics = ResourceBackup(
        type="pubsub/topic",
        read_at=POINT,
        entries=tuple(
            ResourceEntry(name=f"{_TOPICS}{name}", sha256="0" * 64) for name in ("create", "leave")
        ),
        stored=_stored("resources/pubsub.topic/0.jsonl", 2),
    )
    return manifest(buckets=(bucket,), databases=(database,), resources=(topics,))
