"""Whether the backup of a bucket agrees with itself, and names nothing outside its own places. Pure."""

from manifests.errors import BackupDamagedError
from manifests.kinds.buckets.layout import bucket_segment, check_shard_name
from manifests.kinds.buckets.model import BucketBackup
from manifests.resource_types import check_resource
from manifests.values import RunId


def check_bucket(bucket: BucketBackup, run_id: RunId) -> None:
    """Refuse a backup of a bucket that contradicts itself.

    Args:
        bucket: The backup.
        run_id: The run that it is of.

    Raises:
        UnsafeNameError: A name escapes its place.
        BackupDamagedError: Its resource is another's, or its inventory is not in order.
    """
    bucket_segment(bucket.name)
    _check_resource(bucket)
    _check_inventory(bucket, run_id)


def _check_resource(bucket: BucketBackup) -> None:
    check_resource("bucket", bucket.resource, subject=bucket.name)
    if bucket.access is not None:
        check_resource("access policy", bucket.access, subject=bucket.name)
    if bucket.resource["name"] != bucket.name:
        raise BackupDamagedError("its resource is another bucket's", subject=bucket.name)


def _check_inventory(bucket: BucketBackup, run_id: RunId) -> None:
    last_name: str | None = None
    for shard in bucket.shards:
        check_shard_name(shard.stored.name, run_id=run_id, bucket=bucket.name)
        in_order = last_name is None or shard.first_name > last_name
        if not in_order or shard.last_name < shard.first_name:
            raise BackupDamagedError("its inventory is not in order", subject=bucket.name)
        last_name = shard.last_name
