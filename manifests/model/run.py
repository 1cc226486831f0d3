"""What a run stores about itself: its manifest, and the records that lead to it."""

from collections.abc import Callable, Iterator
from typing import Any, Literal

from pydantic import Field

from manifests.ids import ProjectId, TableName
from manifests.kind import Backup, PartKind
from manifests.kinds.buckets.model import BucketBackup
from manifests.kinds.databases.model import DatabaseBackup
from manifests.kinds.resources.model import ResourceBackup
from manifests.kinds.tables.model import DatasetBackup, TableBackup
from manifests.parts import PARTS
from manifests.values import (
    ObjectInfo,
    RecoveryPoint,
    RunId,
    Skew,
    Stored,
    StoredObject,
    UtcTime,
    Value,
)

FORMAT_VERSION = "1.5"


class AbandonedObject(Stored):
    """An object under the run's folder that an interrupted attempt left and no restore reads."""

    name: str
    generation: int


class PartFailure(Stored):
    """Why one table, bucket or database of an attempt failed."""

    part: str
    message: str
    retryable: bool


Place = Literal["", "configuration"]
"""Of which place runs are: of the vault, or of the second place of the platform's configuration."""

DROPPED = "dropped table"
"""The kind of a table of a wholly protected dataset that was dropped before it could be read."""


class Unprotected(Stored):
    """Datasets, buckets, databases, services or asset types of the project that the catalog does not name.

    Attributes:
        kind: What one of them is called; `DROPPED` for tables that the catalog does name.
        count: How many there are.
        names: The first of them.
        unknown: Why they could not be listed; empty where they were.
    """

    kind: str
    count: int = Field(default=0, ge=0)
    names: tuple[str, ...] = ()
    unknown: str = ""


class Manifest(Stored):
    """Everything a restore needs to know about one complete run."""

    format_version: str = FORMAT_VERSION
    run_id: RunId
    place: Place = ""
    """Where it may lie; one of an older version does not say."""
    platform: str
    project: ProjectId
    recovery_point: RecoveryPoint
    started_at: UtcTime
    finished_at: UtcTime
    rebound_version: str
    datasets: tuple[DatasetBackup, ...]
    tables: tuple[TableBackup, ...]
    buckets: tuple[BucketBackup, ...] = ()
    databases: tuple[DatabaseBackup, ...] = ()
    resources: tuple[ResourceBackup, ...] = ()
    lacking: tuple[PartFailure, ...] = ()
    """Parts that the catalog has backed up by best effort, and that could not be, with the reason."""
    unprotected: tuple[Unprotected, ...] = ()
    """What else there was in the project, and no run holds."""
    skews: tuple[Skew, ...] = ()
    abandoned: tuple[AbandonedObject, ...] = ()
    kit: ObjectInfo | None = None
    """What restores the run without Rebound; None where it was not made."""
    lease_generation: int | None = None
    """The generation of the lease under which it was written; the lease was renewed just before."""

    def parts[B: Backup](self, kind: PartKind[B]) -> tuple[B, ...]:
        """Return what the run holds of one kind."""
        found: tuple[B, ...] = getattr(self, kind.name)
        return found

    def part[B: Backup](self, kind: PartKind[B], name: str) -> B | None:
        """Return the backup of one part, or None."""
        return next((part for part in self.parts(kind) if part.name == name), None)

    @property
    def every_part(self) -> Iterator[tuple[PartKind[Any], Backup]]:
        """Yield everything that the run holds, with its kind."""
        return ((kind, part) for kind in PARTS for part in self.parts(kind))

    def each(self, form: Callable[[PartKind[Any], Backup], Backup | None]) -> "Manifest":
        """Return the manifest with each part replaced by what `form` gives; None leaves it out."""
        update: dict[str, tuple[Backup, ...]] = {}
        for kind in PARTS:
            formed = (form(kind, part) for part in self.parts(kind))
            update[kind.name] = tuple(part for part in formed if part is not None)
        return self.model_copy(update=update)

    @property
    def objects(self) -> tuple[StoredObject, ...]:
        """Return every object that holds content of a part and belongs to one run."""
        return tuple(item for _, part in self.every_part for item in part.objects)

    @property
    def gone_images(self) -> tuple[str, ...]:
        """Return the images without which resources of the run cannot be made, and that were gone."""
        return tuple(sorted({image for item in self.resources for image in item.gone_images}))

    @property
    def lacks(self) -> str:
        """Return what a complete run does not hold, or could not bring back; empty where that is nothing."""
        parts, images = [item.part for item in self.lacking], len(self.gone_images)
        told = [f"lacks {', '.join(parts)}"] if parts else []
        told += [f"{images} image{'s' if images > 1 else ''} gone"] if images else []
        return "; ".join(told)

    @property
    def size_bytes(self) -> int:
        """Return what everything that the run lists takes: rows, documents, contents of buckets."""
        return sum(part.size_bytes for _, part in self.every_part)


class Owner(Value):
    """Whose runs are ours: several platforms can keep theirs in one vault.

    Attributes:
        platform: The catalog's name of the platform.
        project: The project that is protected.
        place: Where their runs are looked for.
    """

    platform: str
    project: str
    place: Place = ""


class RunStart(Stored):
    """The first, write-once record of a run: what a retry must not decide again."""

    run_id: RunId
    platform: str
    recovery_point: RecoveryPoint
    started_at: UtcTime
    base_run_id: RunId | None
    """The earlier complete run whose unchanged partitions are referenced; None for a full run."""
    tables: tuple[TableName, ...] = ()
    """The tables of wholly protected datasets that were there when it began."""
    perhaps: tuple[TableName, ...] = ()
    """Further tables of such datasets that may have been there at the recovery point: they were
    replaced or dropped since."""


class LeaseRecord(Stored):
    """Who writes a run, and for how long nobody else may.

    Attributes:
        term_seconds: From when the record was written, on Cloud Storage's clock.
    """

    run_id: RunId
    holder: str
    term_seconds: float = Field(ge=0)


class PruneRecord(Stored):
    """For how long contents of buckets are pruned, so that no run may be written.

    Attributes:
        holder: Who prunes.
        term_seconds: As of a lease.
    """

    holder: str
    term_seconds: float = Field(ge=0)


class VerdictRecord(Stored):
    """What the last look at a run found.

    Attributes:
        damaged: What is not as the manifest says; empty when the run is whole.
        buckets: Buckets some of whose contents are among it.
    """

    run_id: RunId
    verified_at: UtcTime
    damaged: tuple[str, ...]
    buckets: tuple[str, ...] = ()


class UnlockRecord(Stored):
    """That an operator broke the lease of a run, and why."""

    run_id: RunId
    unlocked_at: UtcTime
    holder: str
    why: str


class Receipt[B: Backup](Stored):
    """The write-once proof that one part of a run is done.

    Attributes:
        kind: The name of the kind of the part; empty in a receipt from before format 1.3.
        start_generation: That of the run's start record, which nobody knows before it is written;
            None in a receipt from before format 1.4.
    """

    run_id: RunId
    kind: str = ""
    start_generation: int | None = None
    part: B


class FileMark(Stored):
    """Which run wrote a file: a later attempt of that run takes over no other.

    Attributes:
        name: The file.
        start_generation: That of the run's start record; 0 for that record and the manifest.
        sha256: Of its content, in hexadecimal.
    """

    name: str
    start_generation: int
    sha256: str


class FailedAttempt(Stored):
    """The record an attempt leaves when it ends without a manifest."""

    run_id: RunId
    attempted_at: UtcTime
    failures: tuple[PartFailure, ...]
