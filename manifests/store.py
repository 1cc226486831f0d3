"""Reading and writing the documents of a run: write-once, manifest last, failing closed.

Every document is stored in an envelope with the digest of its canonical text, so that a document
that was cut or edited is recognised whatever the storage says about it.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from pydantic import BaseModel, ValidationError

from manifests import layout
from manifests.errors import (
    BackupDamagedError,
    ManifestAlteredError,
    ManifestFormatError,
    ManifestMissingError,
    ManifestTruncatedError,
)
from manifests.fingerprint import combined
from manifests.layout import PartKind
from manifests.model import (
    FORMAT_VERSION,
    BucketBackup,
    DatabaseBackup,
    FailedAttempt,
    Frozen,
    Manifest,
    Part,
    Receipt,
    RunId,
    RunStart,
    TableBackup,
)
from manifests.selection import RunSummary


class ObjectInfo(Frozen):
    """What a listing says about one object."""

    name: str
    size_bytes: int
    crc32c: str
    generation: int


class ObjectStore(Protocol):
    """The little that documents need of a bucket."""

    def put_once(self, name: str, content: bytes) -> bytes:
        """Store content where nothing is, and return what is there then: ours or another's."""

    def read(self, name: str) -> bytes | None:
        """Return the live object's content, or None."""

    def list_objects(self, prefix: str) -> Iterator[ObjectInfo]:
        """Yield the live objects below a prefix, in name order."""


def encode(document: BaseModel) -> bytes:
    """Return a document in its envelope, as canonical JSON."""
    body = document.model_dump(mode="json")
    return _canonical({"digest": _digest(body), "document": body}) + b"\n"


def decode[Document: BaseModel](content: bytes, kind: type[Document], *, subject: str) -> Document:
    """Read a document out of its envelope.

    Raises:
        ManifestTruncatedError: The content is not one whole JSON document.
        ManifestAlteredError: The content does not match its digest.
        ManifestFormatError: The document does not fit its kind.
    """
    try:
        envelope = json.loads(content)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ManifestTruncatedError(
            f"not a whole JSON document: {error}", subject=subject, hint=_OTHER_RUN
        ) from error
    if not isinstance(envelope, dict) or set(envelope) != {"digest", "document"}:
        raise ManifestFormatError("not a document of ours", subject=subject, hint=_OTHER_RUN)
    body = envelope["document"]
    if envelope["digest"] != _digest(body):
        raise ManifestAlteredError(
            "the content does not match its digest", subject=subject, hint=_OTHER_RUN
        )
    _check_version(body, subject=subject)
    try:
        return kind.model_validate(body)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise ManifestFormatError(
            f"{where}: {first['msg']}", subject=subject, hint=_OTHER_RUN
        ) from error


class Vault:
    """The documents of all runs in one bucket."""

    def __init__(self, bucket: ObjectStore) -> None:
        self._bucket = bucket

    def start(self, start: RunStart) -> RunStart:
        """Write the run's first record, or return the one that an earlier attempt wrote."""
        name = layout.start_name(start.run_id)
        return decode(self._bucket.put_once(name, encode(start)), RunStart, subject=name)

    def part[Backup: Part](self, run_id: RunId, kind: type[Backup], part: str) -> Backup | None:
        """Return a part of a run from its receipt, or None when the part is not done."""
        name = layout.receipt_name(run_id, _KINDS[kind], part)
        content = self._bucket.read(name)
        return None if content is None else _received(content, kind, run_id, name)

    def put_part[Backup: Part](self, run_id: RunId, part: Backup) -> Backup:
        """Write the receipt of a part once; an earlier one stays, and its part is returned."""
        name = layout.receipt_name(run_id, _KINDS[type(part)], part.name)
        content = self._bucket.put_once(name, encode(Receipt(run_id=run_id, part=part)))
        return _received(content, type(part), run_id, name)

    def record_failure(self, attempt: FailedAttempt) -> None:
        """Write why an attempt ended without a manifest."""
        name = layout.attempt_name(attempt.run_id, attempt.attempted_at)
        self._bucket.put_once(name, encode(attempt))

    def put_manifest(self, manifest: Manifest) -> Manifest:
        """Write the manifest once, after everything it lists; an earlier one stays.

        Raises:
            BackupDamagedError: The manifest contradicts itself.
        """
        check_manifest(manifest)
        name = layout.manifest_name(manifest.run_id)
        content = self._bucket.put_once(name, encode(manifest))
        return _decoded_manifest(content, manifest.run_id)

    def manifest(self, run_id: RunId) -> Manifest:
        """Read a run's manifest.

        Raises:
            ManifestMissingError: There is none, so there is no backup.
            BackupDamagedError: It is truncated, altered, of an unknown format, or contradicts
                itself; each has its own class.
        """
        content = self._bucket.read(layout.manifest_name(run_id))
        if content is None:
            raise ManifestMissingError(
                "the run has no manifest, so there is no backup", subject=run_id, hint=_OTHER_RUN
            )
        return _decoded_manifest(content, run_id)

    def runs(self) -> tuple[RunSummary, ...]:
        """Return every run in the vault, whatever its state, in order of its id."""
        names: dict[RunId, list[str]] = {}
        for stored in self._bucket.list_objects("runs/"):
            run_id = layout.run_id_of(stored.name)
            if run_id is not None and "/tables/" not in stored.name:
                names.setdefault(run_id, []).append(stored.name)
        return tuple(self._summary(run_id, names[run_id]) for run_id in sorted(names))

    def _summary(self, run_id: RunId, names: list[str]) -> RunSummary:
        if layout.manifest_name(run_id) in names:
            try:
                manifest = self.manifest(run_id)
            except BackupDamagedError as error:
                return RunSummary(run_id=run_id, state="damaged", reason=error.message)
            return RunSummary(
                run_id=run_id, state="complete", recovery_point=manifest.recovery_point
            )
        content = self._bucket.read(layout.start_name(run_id))
        if content is None:
            return RunSummary(run_id=run_id, state="partial", reason="no manifest, no start record")
        try:
            start = decode(content, RunStart, subject=layout.start_name(run_id))
        except BackupDamagedError as error:
            return RunSummary(run_id=run_id, state="damaged", reason=error.message)
        return RunSummary(
            run_id=run_id,
            state="partial",
            recovery_point=start.recovery_point,
            reason=self._failure_reason(names),
        )

    def _failure_reason(self, names: Iterable[str]) -> str:
        attempts = sorted(name for name in names if "/attempts/" in name)
        content = self._bucket.read(attempts[-1]) if attempts else None
        if content is None:
            return "no manifest: interrupted or still running"
        last = decode(content, FailedAttempt, subject=attempts[-1])
        return "no manifest: " + "; ".join(f"{item.part}: {item.message}" for item in last.failures)


def check_manifest(manifest: Manifest) -> None:
    """Refuse a manifest that contradicts itself.

    Raises:
        BackupDamagedError: A name escapes its folder, a partition's export is not listed, or the
            counts of objects, exports, partitions and tables do not add up.
    """
    for table in manifest.tables:
        _check_table(table)


def _check_table(table: TableBackup) -> None:
    exports = {export.export_id: export for export in table.exports}
    for export in table.exports:
        for stored in export.objects:
            layout.check_data_name(stored.name, run_id=export.run_id, table=table.name)
        if export.row_count != sum(stored.row_count for stored in export.objects):
            raise BackupDamagedError("the files' counts do not add up", subject=export.export_id)
    for partition in table.partitions:
        if partition.export_id not in exports:
            raise BackupDamagedError(
                f"partition {partition.partition_id} comes from an export that is not listed",
                subject=table.name,
            )
    if combined(partition.fingerprint for partition in table.partitions) != table.fingerprint:
        raise BackupDamagedError("the partitions do not add up to the table", subject=table.name)


_KINDS: dict[type, PartKind] = {
    TableBackup: "tables",
    BucketBackup: "buckets",
    DatabaseBackup: "databases",
}
_OTHER_RUN = "`rebound list` shows the runs that can be restored"


def _decoded_manifest(content: bytes, run_id: RunId) -> Manifest:
    manifest = decode(content, Manifest, subject=layout.manifest_name(run_id))
    if manifest.run_id != run_id:
        raise ManifestAlteredError(f"it belongs to run {manifest.run_id}", subject=run_id)
    check_manifest(manifest)
    return manifest


def _received[Backup: Part](content: bytes, kind: type[Backup], run_id: RunId, name: str) -> Backup:
    receipt = decode(content, Receipt, subject=name)
    if receipt.run_id != run_id or not isinstance(receipt.part, kind):
        raise ManifestAlteredError("it belongs elsewhere", subject=name)
    return receipt.part


def _check_version(body: Any, *, subject: str) -> None:  # noqa: ANN401 - JSON of any shape
    version = str(body.get("format_version", FORMAT_VERSION)) if isinstance(body, dict) else ""
    if version.split(".")[0] != FORMAT_VERSION.split(".")[0]:
        raise ManifestFormatError(
            f"format {version or 'unknown'} is not one this version reads ({FORMAT_VERSION})",
            subject=subject,
            hint="install the Rebound version that wrote it, or newer",
        )


def _canonical(value: object) -> bytes:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "surrogatepass")


def _digest(body: object) -> str:
    return "sha256:" + hashlib.sha256(_canonical(body)).hexdigest()
