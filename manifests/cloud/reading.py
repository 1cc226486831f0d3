"""Reads a share of the vault, and says what of it is not as it has to be."""

from collections.abc import Container, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import batched

import google_crc32c
import structlog

from manifests.cloud.checksums import crc32c_text
from manifests.cloud.inventory import read_inventory
from manifests.cloud.objects import Bucket
from manifests.errors import BackupDamagedError, ManifestMissingError
from manifests.kinds.buckets.layout import content_checksums
from manifests.kinds.buckets.model import InventoryShard
from manifests.layout import RUNS_PREFIX
from manifests.model.run import Manifest
from manifests.store.vault import Vault
from manifests.values import ObjectInfo, RunId
from manifests.verification import Share, files_of, unlike

_PARALLEL_READS = 8

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Read:
    """What reading a share found.

    Attributes:
        objects: How many objects were read.
        read_bytes: How many bytes.
        whole: The names of those that are as they have to be.
        bad: The names of those that are not.
        damaged: The damaged files of each run; of files in other shares those that the listing alone shows
        to be.
        buckets: Of each run, the buckets some of whose contents are damaged.
        unreadable: Runs whose manifest cannot be read, and why.
    """

    objects: int
    read_bytes: int
    whole: frozenset[str]
    bad: frozenset[str]
    damaged: dict[RunId, set[str]]
    buckets: dict[RunId, set[str]]
    unreadable: dict[RunId, str]

    @property
    def all_damaged(self) -> tuple[str, ...]:
        """Return everything that is damaged: names of objects, and runs that cannot be read."""
        return tuple(sorted({*self.unreadable, *self.bad, *set().union(*self.damaged.values())}))


def read_share(vault: Bucket, documents: Vault, share: Share) -> Read:
    """Read the objects of a share: files of every complete run, and contents of buckets.

    Sizes and checksums that Cloud Storage lists are compared for all files of all runs, whatever their
    share.

    Args:
        vault: The bucket.
        documents: The runs in it.
        share: What is read.
    """
    manifests, unreadable = _manifests(documents)
    there = {item.name: item for item in vault.list_objects(RUNS_PREFIX)}
    wanted = {item.name: item for run in manifests.values() for item in files_of(run)}
    gone = unlike(wanted.values(), there)
    files = [
        # A copy of the vault has other generations.
        item.model_copy(update={"generation": there[name].generation})
        for name, item in wanted.items()
        if share.has(name) and name not in gone
    ]
    contents = list(_contents(vault, share))
    bad, read_bytes = _read(vault, [*files, *contents])
    whole = frozenset(item.name for item in (*files, *contents)).difference(bad)
    damaged = {
        run_id: {item.name for item in files_of(run)} & (gone | bad)
        for run_id, run in manifests.items()
    }
    read = Read(len(files) + len(contents), read_bytes, whole, bad, damaged, {}, unreadable)
    if manifests:
        newest = max(manifests.values(), key=lambda item: (item.recovery_point, item.run_id))
        for bucket, lacking in _lacking(vault, newest, share, whole):
            damaged[newest.run_id] |= lacking
            read.buckets.setdefault(newest.run_id, set()).add(bucket)
    return read


def _manifests(documents: Vault) -> tuple[dict[RunId, Manifest], dict[RunId, str]]:
    found: dict[RunId, Manifest] = {}
    unreadable: dict[RunId, str] = {}
    for run_id in documents.run_ids():
        try:
            manifest = documents.manifest(run_id)
        except ManifestMissingError:
            continue
        except BackupDamagedError as error:
            unreadable[run_id] = error.message
            continue
        if not documents.foreign(manifest.platform, manifest.project):
            found[run_id] = manifest
    return found, unreadable


def _contents(vault: Bucket, share: Share) -> Iterator[ObjectInfo]:
    """Yield each content of a share, with the size and checksum that its name tells.

    What has another name is no content: no run can list it.
    """
    for prefix in share.contents:
        for item in vault.list_objects(prefix):
            if told := content_checksums(item.name):
                size_bytes, crc32c = told
                yield item.model_copy(update={"size_bytes": size_bytes, "crc32c": crc32c})


def _read(vault: Bucket, items: Sequence[ObjectInfo]) -> tuple[frozenset[str], int]:
    """Read objects; return the names of those that are not as they have to be, and the bytes."""
    bad: set[str] = set()
    total = 0
    with ThreadPoolExecutor(_PARALLEL_READS, thread_name_prefix="verify") as pool:
        for some in batched(items, _PARALLEL_READS * 8, strict=False):
            for item, problem in zip(
                some, pool.map(lambda one: _problem(vault, one), some), strict=True
            ):
                total += item.size_bytes
                if problem:
                    log.warning("an object is not what it has to be", object=item.name, why=problem)
                    bad.add(item.name)
    return frozenset(bad), total


def _problem(vault: Bucket, item: ObjectInfo) -> str:
    """Return what is wrong with an object; read once more before it is called damaged."""
    return _problem_once(vault, item) and _problem_once(vault, item)


def _problem_once(vault: Bucket, item: ObjectInfo) -> str:
    checksum, size_bytes = google_crc32c.Checksum(), 0
    try:
        for chunk in vault.chunks(item):
            checksum.update(chunk)
            size_bytes += len(chunk)
    except BackupDamagedError as error:
        return error.message
    actual = crc32c_text(checksum)
    if (size_bytes, actual) != (item.size_bytes, item.crc32c):
        return f"it has {size_bytes} bytes with crc32c {actual}, not {item.size_bytes} with {item.crc32c}"
    return ""


def _lacking(
    vault: Bucket, newest: Manifest, share: Share, whole: Container[str]
) -> Iterator[tuple[str, set[str]]]:
    """Yield each bucket of the newest run some of whose contents are gone or damaged, with those."""
    prefixes = tuple(share.contents)
    for backup in newest.buckets:
        names = (name for shard in backup.shards for name in _listed(vault, shard))
        lacking = {name for name in names if name.startswith(prefixes) and name not in whole}
        if lacking:
            yield backup.bucket, lacking


def _listed(vault: Bucket, shard: InventoryShard) -> Iterator[str]:
    """Yield the contents that a shard lists; a shard that cannot be read is itself found damaged."""
    try:
        for record in read_inventory(vault, shard):
            if record.stored_as is not None:
                yield record.stored_as
    except BackupDamagedError as error:
        log.warning("an inventory cannot be read", object=shard.stored.name, why=str(error))
