"""Reads what the vault really holds of a run, so that `recovery.verify` can judge it."""

from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple

from manifests import layout
from manifests.avro import AvroFrame
from manifests.cloud.measuring import measured
from manifests.cloud.objects import Bucket
from manifests.errors import BackupDamagedError
from manifests.kind import Backup
from manifests.model.run import Manifest
from manifests.values import ObjectInfo, RunId, StoredObject
from recovery.compare.findings import Finding
from recovery.verify import (
    ReadFile,
    Verdict,
    compare_file,
    compare_listing,
    extra_objects,
    kit_findings,
    other_generations,
)

_PARALLEL_FILES = 8


class Reading(NamedTuple):
    """How what is stored of a run is looked at.

    Attributes:
        vault: The bucket that holds it.
        run_id: The run.
        read_bytes: Whether every byte of files is read, or only what Cloud Storage says is compared.
        contents: Whether what single objects of a bucket held is looked at, too; of some of them
            bytes are read, where bytes are.
        all_contents: Whether the bytes of all of them are read.
        suspect: Names of such contents that are read whenever any is: they were damaged before.
        advance: Told how many bytes were read since the last call.
    """

    vault: Bucket
    run_id: RunId
    read_bytes: bool
    contents: bool = False
    all_contents: bool = False
    suspect: Collection[str] = ()
    advance: Callable[[int], None] = lambda _: None


class FileForm(NamedTuple):
    """How the files of a part are read.

    Attributes:
        fields: How many fields their records have.
        check_header: Refuses a file that a decoder would read as something else than the part's rows.
    """

    fields: int
    check_header: Callable[[AvroFrame], None]


def verify_files[B: Backup](
    parts: Sequence[B], folders: Iterable[str], form: Callable[[B], FileForm], reading: Reading
) -> Verdict:
    """Compare the files of some parts with what their run says of them.

    Args:
        parts: The parts.
        folders: The folders that their files are in.
        form: Tells how the files of one are read.
        reading: How they are looked at.
    """
    objects = [(form(part), stored) for part in parts for stored in part.objects]
    listed = {info.name: info for folder in folders for info in reading.vault.list_objects(folder)}
    findings = list(compare_listing(parts, listed))
    readable = [(how, item) for how, item in objects if item.name in listed]
    if reading.read_bytes:
        read = partial(_read, reading, listed)
        with ThreadPoolExecutor(_PARALLEL_FILES, thread_name_prefix="verify") as pool:
            for found in pool.map(lambda item: read(*item), readable):
                findings += found
    sizes = (listed[item.name].size_bytes for _, item in readable)
    return Verdict(
        objects=len(objects),
        read_bytes=sum(sizes) if reading.read_bytes else 0,
        findings=tuple(findings),
        other_generations=other_generations(parts, listed),
    )


def verify_folder(vault: Bucket, manifest: Manifest) -> Verdict:
    """Find what is in a run's folder and belongs to no document of the run, and a kit that is damaged.

    A recovery reads only what the manifest lists, so that what else is there is not in its way.
    """
    listed = {item.name: item for item in vault.list_objects(layout.run_prefix(manifest.run_id))}
    findings = (*extra_objects(manifest, listed), *kit_findings(manifest, listed))
    return Verdict(findings=findings)


def _read(
    reading: Reading, listed: dict[str, ObjectInfo], form: FileForm, stored: StoredObject
) -> tuple[Finding, ...]:
    """Read a file, and once more before it is called damaged: a byte can change on its way."""
    found = listed[stored.name]
    return _read_once(reading, form, stored, found) and _read_once(reading, form, stored, found)


def _read_once(
    reading: Reading, form: FileForm, stored: StoredObject, found: ObjectInfo
) -> tuple[Finding, ...]:
    try:
        file = measured(reading.vault, found, fields=form.fields)
        reading.advance(file.size_bytes)
        read = ReadFile(
            size_bytes=file.size_bytes, crc32c=file.crc32c, row_count=file.frame.row_count
        )
        findings = compare_file(stored, read)
        if not findings:
            form.check_header(file.frame)
    except BackupDamagedError as error:
        return compare_file(stored, ReadFile(problem=error.message))
    return findings
