"""The contents of buckets in the vault: whether they are whole, and how they are passed over.

Inventories are in the order of object names, contents in that of their keys. They are joined by
passes over one part of the key space each, so that memory is bounded whatever the vault holds.
"""

import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import batched

import google_crc32c

from manifests.cloud.checksums import crc32c_text
from manifests.cloud.inventory import read_inventory
from manifests.cloud.objects import Bucket
from manifests.cloud.retry import cloud_errors
from manifests.cloud.stored import stored_chunks
from manifests.errors import BackupDamagedError
from manifests.kinds.buckets.layout import CONTENTS_PREFIX
from manifests.kinds.buckets.model import BucketBackup, ObjectRecord
from manifests.values import ObjectInfo
from recovery.compare.findings import Finding, finding
from recovery.stored import Reading
from recovery.units import shown
from recovery.verify import Verdict

_KEYS_A_PASS = 1_000_000
_FIRST_BYTES = 256
_PARALLEL_READS = 8
_SAMPLE_OBJECTS = 100
_MOST_FINDINGS = 100


def passes(objects: int) -> Iterator[tuple[str, str]]:
    """Yield key ranges, start inclusive and end exclusive, that together hold every content.

    Args:
        objects: About how many contents there are.
    """
    count = min(_FIRST_BYTES, 1 << max(0, (objects // _KEYS_A_PASS).bit_length()))
    width = _FIRST_BYTES // count
    bounds = [f"{CONTENTS_PREFIX}{byte:02x}" for byte in range(0, _FIRST_BYTES, width)]
    yield from zip(bounds, [*bounds[1:], f"{CONTENTS_PREFIX}g"], strict=True)


def verify_buckets(buckets: Sequence[BucketBackup], reading: Reading) -> Verdict:
    """Compare inventories, and contents where they are looked at, with what the run says of them.

    Every inventory is read. Where contents are looked at, the checksum and size that Cloud Storage
    reports of each are compared. Where bytes are read, those of about a hundred contents of each
    bucket are, evenly spread, or of all where that was asked for.

    Raises:
        CloudError: The vault could not be read.
    """
    vault, whole = reading.vault, Verdict()
    for backup in buckets:
        inventories = verify_inventories(vault, backup)
        whole = whole.with_more(inventories)
        if not reading.contents:
            continue
        copied = backup.object_count - backup.not_copied
        whole = whole.with_more(Verdict(objects=backup.object_count, contents=copied))
        if inventories.findings:
            continue
        with cloud_errors(vault.uri(CONTENTS_PREFIX)):
            found = _compared(vault, backup)
        if reading.read_bytes or reading.all_contents:
            found = found.with_more(_read_contents(backup, reading))
        damaged = (backup.bucket,) if found.findings else ()
        whole = whole.with_more(found.model_copy(update={"buckets": damaged}))
    return whole


def key_hash(name: str, size_bytes: int, crc32c: str) -> int:
    """Return 64 bits that stand for one stored content."""
    text = f"{name}\0{size_bytes}\0{crc32c}".encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest())


def verify_inventories(vault: Bucket, backup: BucketBackup) -> Verdict:
    """Read every inventory of a bucket, and tell of those that are damaged.

    Raises:
        CloudError: The vault could not be read.
    """
    findings, renewed = [], 0
    for shard in backup.shards:
        name = shard.stored.name
        try:
            for _ in read_inventory(vault, shard):
                pass
        except BackupDamagedError as error:
            findings.append(finding(name, "inventory", "whole", error.message))
            continue
        found = vault.info(name)
        renewed += found is not None and found.generation != shard.stored.generation
    return Verdict(
        objects=len(backup.shards),
        read_bytes=0,
        findings=tuple(findings),
        other_generations=renewed,
    )


def _compared(vault: Bucket, backup: BucketBackup) -> Verdict:
    """Compare what Cloud Storage says of every content with the inventory."""
    findings, told, renewed = [], 0, 0
    for start, end in passes(backup.object_count):
        listed = vault.versions.with_checksums(vault.versions.versions("live", start, end))
        there = {
            key_hash(version.name, version.size_bytes, version.crc32c): version.generation
            for version in map(vault.versions.decrypted, listed)
        }
        for record in _records(vault, backup):
            name, version = record.stored_as, record.version
            if name is None or not start <= name < end:
                continue
            generation = there.get(key_hash(name, version.size_bytes, version.crc32c))
            told += generation is None
            renewed += generation not in (None, record.stored_generation)
            if generation is None and told <= _MOST_FINDINGS:
                aspect = f"content of {shown(version.name)}"
                findings.append(finding(name, aspect, "there", "missing or another"))
    if told > _MOST_FINDINGS:
        actual = f"missing or another, for {told - _MOST_FINDINGS:,} more objects"
        findings.append(finding(f"bucket {backup.bucket}", "content", "there", actual))
    return Verdict(objects=0, read_bytes=0, findings=tuple(findings), other_generations=renewed)


def _read_contents(backup: BucketBackup, reading: Reading) -> Verdict:
    step = 1 if reading.all_contents else max(1, backup.object_count // _SAMPLE_OBJECTS)

    def read(record: ObjectRecord) -> tuple[Finding | None, int]:
        found, size_bytes = read_once(record)
        # A byte can change on its way, so a content is called damaged only after two reads.
        return (found, size_bytes) if found is None else read_once(record)

    def read_once(record: ObjectRecord) -> tuple[Finding | None, int]:
        version = record.version
        info = ObjectInfo(
            name=record.stored_as or "",
            size_bytes=version.size_bytes,
            crc32c=version.crc32c,
            generation=record.stored_generation or 0,
        )
        checksum, size_bytes = google_crc32c.Checksum(), 0
        try:
            for chunk in stored_chunks(reading.vault, info):
                checksum.update(chunk)
                size_bytes += len(chunk)
        except BackupDamagedError as error:
            return finding(info.name, "content", "readable", error.message), size_bytes
        reading.advance(size_bytes)
        actual = crc32c_text(checksum)
        if actual == version.crc32c:
            return None, size_bytes
        return finding(info.name, "crc32c of its bytes", version.crc32c, actual), size_bytes

    chosen = (
        record
        for number, record in enumerate(_records(reading.vault, backup))
        if record.stored_as is not None
        and (number % step == 0 or record.stored_as in reading.suspect)
    )
    findings, contents_read, total_bytes = [], 0, 0
    with ThreadPoolExecutor(_PARALLEL_READS, thread_name_prefix="verify") as pool:
        for some in batched(chosen, _PARALLEL_READS * 8, strict=False):
            for found, size_bytes in pool.map(read, some):
                findings += [] if found is None else [found]
                contents_read += 1
                total_bytes += size_bytes
    return Verdict(
        objects=0, read_bytes=total_bytes, findings=tuple(findings), contents_read=contents_read
    )


def _records(vault: Bucket, backup: BucketBackup) -> Iterator[ObjectRecord]:
    for shard in backup.shards:
        yield from read_inventory(vault, shard)
