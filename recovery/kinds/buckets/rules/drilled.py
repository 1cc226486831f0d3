"""What a drill restores of buckets, and what it finds to differ. Pure."""

from collections.abc import Iterator, Sequence

from manifests.kinds.buckets.model import BucketBackup
from manifests.model.run import Manifest
from recovery.kinds.buckets.rules.buckets import BucketStep
from recovery.kinds.drilled import Draw, Drilled, StoredFile
from recovery.kinds.kind import of
from recovery.kinds.places import Places, labelled
from recovery.kinds.step import Step
from recovery.scope import ObjectScope


def drilled_buckets(manifest: Manifest, places: Places) -> Iterator[Drilled]:
    """Yield the recovery of each bucket."""
    for number, bucket in enumerate(manifest.buckets):
        yield _drilled(bucket, number, places, prefix="")


def sampled_bucket(manifest: Manifest, places: Places, draw: Draw) -> Iterator[Drilled]:
    """Yield the recovery of one prefix of a bucket with objects."""
    if buckets := [item for item in manifest.buckets if item.count]:
        bucket = draw.oldest(buckets)
        yield _drilled(bucket, 0, places, prefix=_prefix(bucket, draw))


def _drilled(bucket: BucketBackup, number: int, places: Places, *, prefix: str) -> Drilled:
    return Drilled(
        f"bucket {bucket.name}",
        {"bucket": places.bucket(number)},
        {"buckets": (bucket.name,), "objects": ObjectScope(prefix=prefix)},
    )


def _prefix(bucket: BucketBackup, draw: Draw) -> str:
    """Return the folder of one of the names that the inventory's index knows, or a whole name."""
    names = [name for shard in bucket.shards for name in (shard.first_name, shard.last_name)]
    name = min(names, key=draw.lot)
    folder, slash, _ = name.rpartition("/")
    return f"{folder}{slash}" or name


def labelled_buckets(manifest: Manifest, mark: str) -> Manifest:
    """Return a run whose buckets have the label of a drill."""
    buckets = (
        item.model_copy(update={"resource": labelled(item.resource, mark)})
        for item in manifest.buckets
    )
    return manifest.model_copy(update={"buckets": tuple(buckets)})


def inventory_files(manifest: Manifest) -> Iterator[StoredFile]:
    """Yield each file of an inventory."""
    for bucket in manifest.buckets:
        for shard in bucket.shards:
            yield StoredFile(bucket.model_copy(update={"shards": (shard,)}), shard.stored)


def object_differences(steps: Sequence[Step]) -> list[str]:
    """Return what differs in the objects of buckets, by damage."""
    return [
        f"{count.objects} {count.damage}" for step in of(steps, BucketStep) for count in step.counts
    ]
