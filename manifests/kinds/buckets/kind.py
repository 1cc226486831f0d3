"""Buckets as a kind of part."""

from manifests.kind import PartKind
from manifests.kinds.buckets.checks import check_bucket
from manifests.kinds.buckets.layout import bucket_segment, is_bucket_record
from manifests.kinds.buckets.model import BucketBackup

BUCKETS = PartKind(
    name="buckets",
    noun="bucket",
    label="bucket {}",
    counted="objects",
    model=BucketBackup,
    folder=bucket_segment,
    check=check_bucket,
    services=frozenset(
        {
            "storage-api.googleapis.com",
            "storage-component.googleapis.com",
            "storage.googleapis.com",
        }
    ),
    is_record=is_bucket_record,
)
