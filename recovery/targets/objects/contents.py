"""The content of buckets in the vault: whether it is whole, and what of it nobody needs any more.

Inventories are in the order of object names, contents in that of their keys. They are joined by
passes over one part of the key space each, so that memory is bounded whatever the vault holds.
"""

import base64
import hashlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import batched

import google_crc32c

from manifests.bucket_layout import CONTENTS_PREFIX
from manifests.cloud.inventory import read_inventory
from manifests.cloud.objects import Bucket
from manifests.cloud.retry import cloud_errors
from manifests.cloud.versions import VersionedBucket
from manifests.errors import BackupDamagedError
from manifests.model import BucketBackup, ObjectRecord, ObjectVersion
from manifests.store import ObjectInfo
from recovery.compare import Finding
from recovery.verify import Verdict

_KEYS_A_PASS = 1_000_000
_FIRST_BYTES = 256
_PARALLEL_READS = 8
_SAMPLE_OBJECTS = 100
_MOST_FINDINGS = 100

type Progress = Callable[[int], None]


def passes(objects: int) -> Iterator[tuple[str, str]]:
    """Yield key ranges, start inclusive and end exclusive, that together hold every content.

    Args:
        objects: About how many contents there are.
    """
    count = min(_FIRST_BYTES, 1 << max(0, (objects // _KEYS_A_PASS).bit_length()))
    width = _FIRST_BYTES // count
    bounds = [f"{CONTENTS_PREFIX}{byte:02x}" for byte in range(0, _FIRST_BYTES, width)]
    yield from zip(bounds, [*bounds[1:], f"{CONTENTS_PREFIX}g"], strict=True)


def inspect_buckets(
    vault: Bucket,
    contents: VersionedBucket,
    buckets: Sequence[BucketBackup],
    *,
    read_bytes: bool,
    read_all: bool,
    progress: Progress,
) -> Verdict:
    """Compare inventories and contents in the vault with the manifest.

    Every inventory is read, and what Cloud Storage says of every content is compared.

    Args:
        vault: The bucket with the backups.
        contents: The same bucket, listed by version.
        buckets: The buckets of the manifest.
        read_bytes: Whether contents are read, too: a hundred of each bucket, evenly spread.
        read_all: Whether every content is read.
        progress: Told about bytes as they are read.
    """
    findings: list[Finding] = []
    objects = total_bytes = 0
    for backup in buckets:
        objects += len(backup.shards) + backup.object_count
        damaged = _damaged_inventories(vault, backup)
        findings += damaged
        if damaged:
            continue
        with cloud_errors(vault.uri(CONTENTS_PREFIX)):
            findings += _missing_contents(vault, contents, backup)
        if read_bytes or read_all:
            step = 1 if read_all else max(1, backup.object_count // _SAMPLE_OBJECTS)
            unlike, size_bytes = _read_contents(vault, backup, step, progress)
            findings += unlike
            total_bytes += size_bytes
    return Verdict(objects=objects, read_bytes=total_bytes, findings=tuple(findings))


def key_hash(name: str, generation: int | None, size_bytes: int, crc32c: str) -> int:
    """Return 64 bits that stand for one stored content."""
    text = f"{name}\0{generation}\0{size_bytes}\0{crc32c}".encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest())


def _damaged_inventories(vault: Bucket, backup: BucketBackup) -> list[Finding]:
    found = []
    for shard in backup.shards:
        try:
            for _ in read_inventory(vault, shard):
                pass
        except BackupDamagedError as error:
            found.append(_finding(shard.stored.name, "inventory", "whole", error.message))
    return found


def _missing_contents(
    vault: Bucket, contents: VersionedBucket, backup: BucketBackup
) -> Iterator[Finding]:
    told = 0
    for start, end in passes(backup.object_count):
        there = {_hash_of(version) for version in contents.versions("live", start, end)}
        for record in _records(vault, backup):
            name = record.stored_as
            if name is None or not start <= name < end or _expected(record) in there:
                continue
            told += 1
            if told <= _MOST_FINDINGS:
                yield _finding(name, "content", f"that of {record.version.name}", "not there")
    if told > _MOST_FINDINGS:
        more = str(told - _MOST_FINDINGS)
        yield _finding(f"bucket {backup.bucket}", "further contents", "there", f"{more} are not")


def _read_contents(
    vault: Bucket, backup: BucketBackup, step: int, progress: Progress
) -> tuple[list[Finding], int]:
    def read(record: ObjectRecord) -> tuple[Finding | None, int]:
        version = record.version
        info = ObjectInfo(
            name=record.stored_as or "",
            size_bytes=version.size_bytes,
            crc32c=version.crc32c,
            generation=record.stored_generation or 0,
        )
        checksum, size_bytes = google_crc32c.Checksum(), 0
        try:
            for chunk in vault.chunks(info):
                checksum.update(chunk)
                size_bytes += len(chunk)
        except BackupDamagedError as error:
            return _finding(info.name, "content", "readable", error.message), size_bytes
        progress(size_bytes)
        actual = base64.b64encode(checksum.digest()).decode()
        if actual == version.crc32c:
            return None, size_bytes
        return _finding(info.name, "crc32c of its bytes", version.crc32c, actual), size_bytes

    chosen = (
        record
        for number, record in enumerate(_records(vault, backup))
        if number % step == 0 and record.stored_as is not None
    )
    findings, total_bytes = [], 0
    with ThreadPoolExecutor(_PARALLEL_READS, thread_name_prefix="verify") as pool:
        for some in batched(chosen, _PARALLEL_READS * 8, strict=False):
            for found, size_bytes in pool.map(read, some):
                findings += [] if found is None else [found]
                total_bytes += size_bytes
    return findings, total_bytes


def _records(vault: Bucket, backup: BucketBackup) -> Iterator[ObjectRecord]:
    for shard in backup.shards:
        yield from read_inventory(vault, shard)


def _expected(record: ObjectRecord) -> int:
    version = record.version
    return key_hash(
        record.stored_as or "", record.stored_generation, version.size_bytes, version.crc32c
    )


def _hash_of(version: ObjectVersion) -> int:
    return key_hash(version.name, version.generation, version.size_bytes, version.crc32c)


def _finding(subject: str, aspect: str, expected: str, actual: str) -> Finding:
    return Finding(subject=subject, aspect=aspect, expected=expected, actual=actual)
