"""Gathers what the vault really holds, for `recovery.verify` to judge."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from manifests import layout
from manifests.avro import AvroFrame
from manifests.cloud.measuring import measured
from manifests.cloud.objects import Bucket
from manifests.documents import DOCUMENT_FILE
from manifests.encoding import check_table_file, field_count
from manifests.errors import BackupDamagedError
from manifests.kinds.databases.layout import databases_prefix
from manifests.kinds.tables import layout as table_layout
from manifests.model import DatabaseBackup, Manifest, ObjectInfo, StoredObject, TableBackup
from recovery.compare import Finding
from recovery.verify import (
    ReadFile,
    Verdict,
    compare_file,
    compare_listing,
    extra_objects,
    other_generations,
)

_PARALLEL_FILES = 8

Progress = Callable[[int], None]
"""Told how many bytes were read since the last call."""


def inspect(
    vault: Bucket,
    manifest: Manifest,
    parts: Sequence[TableBackup | DatabaseBackup],
    *,
    read_bytes: bool,
    progress: Progress,
) -> Verdict:
    """Compare stored objects with a manifest.

    Args:
        vault: The bucket that holds them.
        manifest: The run's manifest.
        parts: The tables and databases whose objects are compared.
        read_bytes: Whether every byte is read, or only what Cloud Storage says is compared.
        progress: Told about bytes as they are read.
    """
    objects = [(part, stored) for part in parts for stored in part.objects]
    listed = _listed(vault, manifest, parts)
    findings = list(compare_listing(parts, listed))
    readable = [(part, item) for part, item in objects if item.name in listed]
    if read_bytes:
        with ThreadPoolExecutor(_PARALLEL_FILES, thread_name_prefix="verify") as pool:
            for found in pool.map(
                lambda item: _read(vault, item[0], item[1], listed, progress), readable
            ):
                findings += found
    return Verdict(
        objects=len(objects),
        read_bytes=sum(listed[item.name].size_bytes for _, item in readable) if read_bytes else 0,
        findings=tuple(findings),
        other_generations=other_generations(parts, listed),
    )


def inspect_folder(vault: Bucket, manifest: Manifest) -> Verdict:
    """Find what is in a run's folder and belongs to no document of the run.

    A recovery reads only what the manifest lists, so that what else is there is not in its way.
    """
    names = (item.name for item in vault.list_objects(layout.run_prefix(manifest.run_id)))
    return Verdict(objects=0, read_bytes=0, findings=extra_objects(manifest, names))


def _listed(
    vault: Bucket, manifest: Manifest, parts: Sequence[TableBackup | DatabaseBackup]
) -> dict[str, ObjectInfo]:
    tables = [part for part in parts if isinstance(part, TableBackup)]
    run_ids = {export.run_id for table in tables for export in table.exports}
    folders = [table_layout.tables_prefix(name) for name in {manifest.run_id, *run_ids}]
    if len(tables) < len(parts):
        folders.append(databases_prefix(manifest.run_id))
    return {info.name: info for folder in folders for info in vault.list_objects(folder)}


def _read(
    vault: Bucket,
    part: TableBackup | DatabaseBackup,
    stored: StoredObject,
    listed: dict[str, ObjectInfo],
    progress: Progress,
) -> tuple[Finding, ...]:
    """Read a file, and once more before it is called damaged: a byte can change on its way."""
    found = listed[stored.name]
    return _read_once(vault, part, stored, found, progress) and _read_once(
        vault, part, stored, found, progress
    )


def _read_once(
    vault: Bucket,
    part: TableBackup | DatabaseBackup,
    stored: StoredObject,
    found: ObjectInfo,
    progress: Progress,
) -> tuple[Finding, ...]:
    try:
        file = measured(vault, found, fields=_fields(part))
        progress(file.size_bytes)
        read = ReadFile(
            size_bytes=file.size_bytes, crc32c=file.crc32c, row_count=file.frame.row_count
        )
        findings = compare_file(stored, read)
        if not findings:
            _check_header(part, file.frame)
    except BackupDamagedError as error:
        return compare_file(stored, ReadFile(problem=error.message))
    return findings


def _fields(part: TableBackup | DatabaseBackup) -> int:
    if isinstance(part, TableBackup):
        return field_count(part.resource["schema"]["fields"])
    return len(DOCUMENT_FILE.schema["fields"])


def _check_header(part: TableBackup | DatabaseBackup, frame: AvroFrame) -> None:
    """Refuse a file that a decoder would read as something else than the part's rows."""
    if isinstance(part, TableBackup):
        check_table_file(frame, part.resource)
    else:
        DOCUMENT_FILE.check_header(frame.metadata, subject=frame.subject)
