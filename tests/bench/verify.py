"""Checking a stored backup costs little more than reading the same bytes with a checksum."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import google_crc32c

from manifests.cloud.clients import storage_api
from manifests.cloud.objects import Bucket
from manifests.model.run import Manifest
from manifests.values import StoredObject
from recovery.kinds.tables.cloud.stored import verify_tables
from recovery.stored import Reading
from tests.bench.platform import protect_tables_only, rebound_on_cloud
from tests.bench.ratio import Ratio
from tests.served import serving

SCALE = 0.1
ROUNDS = 5
PARALLEL_FILES = 8


def measure(folder: Path) -> list[Ratio]:
    """Measure verifying and plain reading in turn, and compare their best rounds."""
    with rebound_on_cloud(folder, scale=SCALE) as rebound:
        protect_tables_only(rebound)
        with serving(rebound) as function:
            function.complete("all", full=True)
        bucket = Bucket(storage_api(rebound.project), rebound.vault.name)
        manifest = rebound.manifest("all")
        checked, read = [], []
        for _ in range(ROUNDS):
            checked.append(_checked_seconds(bucket, manifest))
            read.append(_read_seconds(bucket, manifest))
    total_mib = sum(item.size_bytes for table in manifest.tables for item in table.objects) / 2**20
    return [
        Ratio(
            "speed of verifying / speed of reading with crc32c alone",
            min(read) / min(checked),
            "at least",
            0.7,
            f"{total_mib / min(checked):.0f} MiB/s / {total_mib / min(read):.0f} MiB/s",
        )
    ]


def _checked_seconds(bucket: Bucket, manifest: Manifest) -> float:
    began = time.monotonic()
    reading = Reading(vault=bucket, run_id=manifest.run_id, read_bytes=True)
    verdict = verify_tables(manifest.tables, reading)
    assert not verdict.findings
    return time.monotonic() - began


def _read_seconds(bucket: Bucket, manifest: Manifest) -> float:
    objects = [item for table in manifest.tables for item in table.objects]

    def read(item: StoredObject) -> None:
        checksum = google_crc32c.Checksum()
        for chunk in bucket.chunks(item):
            checksum.update(chunk)

    began = time.monotonic()
    with ThreadPoolExecutor(PARALLEL_FILES) as pool:
        list(pool.map(read, objects))
    return time.monotonic() - began
