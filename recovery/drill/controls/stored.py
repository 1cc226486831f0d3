"""Damage of what is stored: planted in a copy of one file of the vault, and of its manifest."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from manifests import layout
from manifests.cloud.objects import Bucket
from manifests.errors import BackupDamagedError
from manifests.model import (
    BucketBackup,
    DatabaseBackup,
    Manifest,
    ObjectInfo,
    RunId,
    StoredObject,
    TableBackup,
)
from manifests.store import Vault, encode
from recovery.drill.controls.planting import control, not_planted
from recovery.drill.model import Control
from recovery.kinds.buckets.cloud.contents import inspect_inventories
from recovery.kinds.works import inspect
from recovery.stored import Reading
from recovery.verify import Verdict

_CHECK = "rebound verify"


class StoredFile(NamedTuple):
    """A file of a run, with the part that holds nothing else."""

    part: TableBackup | DatabaseBackup | BucketBackup
    stored: StoredObject


def smallest_file(manifest: Manifest, covers: Sequence[str]) -> StoredFile | None:
    """Return the smallest file of what a drill restores; None where there is none."""
    found = [item for item in _files(manifest, covers) if item.stored.size_bytes > 1]
    return min(found, key=lambda item: (item.stored.size_bytes, item.stored.name), default=None)


def _files(manifest: Manifest, covers: Sequence[str]) -> Iterator[StoredFile]:
    for table in manifest.tables if "tables" in covers else ():
        for export in table.exports:
            for stored in export.objects:
                only = export.model_copy(update={"objects": (stored,)})
                yield StoredFile(table.model_copy(update={"exports": (only,)}), stored)
    for database in manifest.databases if "databases" in covers else ():
        for file in database.files:
            yield StoredFile(database.model_copy(update={"files": (file,)}), file.stored)
    for bucket in manifest.buckets if "buckets" in covers else ():
        for shard in bucket.shards:
            yield StoredFile(bucket.model_copy(update={"shards": (shard,)}), shard.stored)


def stored_controls(
    vault: Bucket, copies: Bucket, manifest: Manifest, file: StoredFile | None
) -> Iterator[Control]:
    """Plant a flipped byte and a missing file in a copy of a stored file.

    Args:
        vault: The bucket with the backups, which is only read.
        copies: The bucket of the sandbox in which damage is planted.
        manifest: The run's manifest.
        file: The file.
    """
    if file is None:
        yield not_planted("a flipped byte", "no file", _CHECK, "the run stores no file of it")
        return
    name = file.stored.name
    whole = b"".join(vault.stored_chunks(file.stored))

    def look() -> list[str]:
        return [item.text for item in _inspected(copies, manifest, file.part).findings]

    _put(copies, name, whole)
    middle = len(whole) // 2
    flipped = whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :]
    yield control(
        "a flipped byte", name, _CHECK, look=look, plant=lambda: _put(copies, name, flipped)
    )
    _put(copies, name, whole)
    yield control("a missing file", name, _CHECK, look=look, plant=lambda: _drop(copies, name))


def _inspected(
    copies: Bucket, manifest: Manifest, part: TableBackup | DatabaseBackup | BucketBackup
) -> Verdict:
    if isinstance(part, BucketBackup):
        return inspect_inventories(copies, part)
    return inspect((part,), Reading(copies, manifest.run_id, read_bytes=True))


def manifest_controls(
    copies: Bucket, manifest: Manifest, vault_of: Callable[[Bucket], Vault]
) -> Iterator[Control]:
    """Put the manifest of another run in the place of this one's.

    Args:
        copies: The bucket of the sandbox in which damage is planted.
        manifest: The run's manifest, as it is stored.
        vault_of: Returns what reads the manifests of a bucket, and has read none yet.
    """
    name = layout.manifest_name(manifest.run_id)
    other = RunId(f"{manifest.run_id[:90]}-stale")

    def look() -> list[str]:
        try:
            vault_of(copies).manifest(manifest.run_id)
        except BackupDamagedError as error:
            return [error.message]
        return []

    def plant() -> None:
        # Whatever names its own run in it stays: the manifest only says that it is another's.
        _put(copies, name, encode(manifest.model_copy(update={"run_id": other})))

    _put(copies, name, encode(manifest))
    check = "the manifest is read"
    yield control("a stale manifest", manifest.run_id, check, look=look, plant=plant)


def _put(bucket: Bucket, name: str, content: bytes) -> None:
    found = bucket.info(name)
    generation = 0 if found is None else found.generation
    bucket.put_if(name, content, generation=generation, content_type="application/octet-stream")


def _drop(bucket: Bucket, name: str) -> None:
    found: ObjectInfo | None = bucket.info(name)
    if found is not None:
        bucket.delete(name, generation=found.generation)
