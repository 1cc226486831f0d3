"""Reads inventory shards of the vault: the listed generation, its checksum compared first."""

from collections.abc import Iterable, Iterator

from manifests.cloud.objects import Bucket
from manifests.cloud.stored import stored_chunks, whole
from manifests.errors import ObjectChangedError
from manifests.inventory import SHARD_FILE, read_shard
from manifests.kinds.buckets.layout import bucket_of_shard
from manifests.kinds.buckets.model import InventoryShard, ObjectRecord


def read_inventory(vault: Bucket, shard: InventoryShard) -> Iterator[ObjectRecord]:
    """Yield the records of a shard, in name order, holding the compressed file.

    Raises:
        ObjectMissingError: The shard is gone.
        ObjectChangedError: It holds other bytes or other names than the manifest says.
        AvroDamagedError: It is not an inventory.
    """
    stored = shard.stored
    content = whole(
        lambda: stored_chunks(vault, stored), stored, most_bytes=SHARD_FILE.most_file_bytes
    )
    count = 0
    for record in read_shard(content, bucket_of_shard(stored.name), subject=stored.name):
        if not shard.first_name <= record.version.name <= shard.last_name:
            raise ObjectChangedError("it lists names outside its range", subject=stored.name)
        count += 1
        yield record
    if count != stored.row_count:
        raise ObjectChangedError(
            f"it lists {count} of {stored.row_count} objects", subject=stored.name
        )


def read_range(
    vault: Bucket, shards: Iterable[InventoryShard], start: str, end: str | None
) -> Iterator[ObjectRecord]:
    """Yield what the shards of an inventory say about a key range, in name order.

    Args:
        vault: The bucket with the backups.
        shards: The shards, in order.
        start: The first name, inclusive.
        end: The first name that is too far; None for no end.
    """
    for shard in shards:
        if shard.last_name < start:
            continue
        if end is not None and shard.first_name >= end:
            return
        for record in read_inventory(vault, shard):
            if record.version.name >= start and (end is None or record.version.name < end):
                yield record
