"""What a backup run stores, as frozen values.

Models keep fields they do not know: a manifest written by a later minor version of the format
survives a round trip through this one.
"""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal, NewType

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, PlainSerializer

RunId = NewType("RunId", str)

FORMAT_VERSION = "1.0"
WHOLE_TABLE = "__ALL__"
"""The partition id of a table without partitions."""

Resource = dict[str, Any]
"""A resource exactly as a Google REST API returned it."""


def _as_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


def _as_text(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


UtcTime = Annotated[
    AwareDatetime, AfterValidator(_as_utc), PlainSerializer(_as_text, when_used="json")
]


def _whole_minute(moment: datetime) -> datetime:
    if moment.second or moment.microsecond:
        message = "a recovery point is a whole UTC minute"
        raise ValueError(message)
    return moment


RecoveryPoint = Annotated[UtcTime, AfterValidator(_whole_minute)]


class Frozen(BaseModel):
    """A value: it never changes and keeps the fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="allow")


class Fingerprint(Frozen):
    """The order-independent content of a set of rows.

    Count, XOR and two half sums over one 64-bit hash a row: XOR alone would cancel equal rows in
    pairs (facts: BigQuery, Hash functions and Aggregate functions).
    """

    row_count: int = Field(ge=0)
    xor: int
    low_sum: int
    high_sum: int


class StoredObject(Frozen):
    """One object in the vault.

    Attributes:
        name: Name in the vault bucket.
        crc32c: Base64, big-endian, as Cloud Storage reports it.
        generation: The generation that was verified.
        row_count: Avro records in the object.
    """

    name: str
    size_bytes: int = Field(ge=0)
    crc32c: str
    generation: int
    row_count: int = Field(ge=0)


class Export(Frozen):
    """The objects of one extract.

    Attributes:
        export_id: Unique in the table: the run that wrote it and the partition.
        run_id: The run whose folder holds the objects.
        recovery_point: The instant the content was frozen at.
        partition_id: The one partition the extract covers; None covers the whole table.
        row_count: Records in all objects together.
    """

    export_id: str
    run_id: RunId
    recovery_point: RecoveryPoint
    partition_id: str | None
    row_count: int = Field(ge=0)
    objects: tuple[StoredObject, ...]


class Partition(Frozen):
    """One partition at the recovery point, and the export its rows come from."""

    partition_id: str
    fingerprint: Fingerprint
    export_id: str


Encoding = Literal[
    "bignumeric", "datetime", "geography", "interval", "range", "record", "renamed", "timestamp12"
]


class ColumnEncoding(Frozen):
    """A column that Avro cannot carry back as it is.

    Attributes:
        path: The column's name in the table's schema.
        encoding: Why and how it is stored as text; the restore applies the inverse. A `record`
            holds such a column inside it.
        stored_as: The column's name in the Avro files.
    """

    path: str
    encoding: Encoding
    stored_as: str


class StreamingBuffer(Frozen):
    """Rows that were still buffered when the table was read, so no copy of it holds them."""

    estimated_rows: int
    oldest_entry_time: UtcTime | None = None


class TableBackup(Frozen):
    """One table at the recovery point."""

    dataset_id: str
    table_id: str
    group: str
    resource: Resource
    row_access_policies: tuple[Resource, ...] = ()
    encodings: tuple[ColumnEncoding, ...] = ()
    fingerprint: Fingerprint
    partitions: tuple[Partition, ...]
    exports: tuple[Export, ...]
    streaming_buffer: StreamingBuffer | None = None

    @property
    def name(self) -> str:
        """Return `dataset.table`."""
        return f"{self.dataset_id}.{self.table_id}"

    @property
    def objects(self) -> tuple[StoredObject, ...]:
        """Return every object of every export."""
        return tuple(stored for export in self.exports for stored in export.objects)


class DatasetBackup(Frozen):
    """A dataset's own resource and the definitions in it that hold no rows."""

    dataset_id: str
    resource: Resource
    views: tuple[Resource, ...] = ()
    routines: tuple[Resource, ...] = ()


class Skew(Frozen):
    """Something that was read later than the recovery point, and by how much."""

    subject: str
    skew_seconds: float


class AbandonedObject(Frozen):
    """An object under the run's folder that an interrupted attempt left and no restore reads."""

    name: str
    generation: int


class Manifest(Frozen):
    """Everything a restore needs to know about one complete run."""

    format_version: str = FORMAT_VERSION
    run_id: RunId
    platform: str
    project: str
    recovery_point: RecoveryPoint
    started_at: UtcTime
    finished_at: UtcTime
    rebound_version: str
    datasets: tuple[DatasetBackup, ...]
    tables: tuple[TableBackup, ...]
    skews: tuple[Skew, ...] = ()
    abandoned: tuple[AbandonedObject, ...] = ()

    def table(self, name: str) -> TableBackup | None:
        """Return the backup of `dataset.table`, or None."""
        return next((table for table in self.tables if table.name == name), None)


class RunStart(Frozen):
    """The first, write-once record of a run: what a retry must not decide again."""

    run_id: RunId
    platform: str
    recovery_point: RecoveryPoint
    started_at: UtcTime
    base_run_id: RunId | None
    """The earlier complete run whose unchanged partitions are referenced; None for a full run."""


class LeaseRecord(Frozen):
    """Who writes a run, and until when nobody else may."""

    run_id: RunId
    holder: str
    expires_at: UtcTime


class TableReceipt(Frozen):
    """The write-once proof that one table of a run is done."""

    run_id: RunId
    table: TableBackup


class TableFailure(Frozen):
    """Why one table of an attempt failed."""

    table: str
    message: str
    retryable: bool


class FailedAttempt(Frozen):
    """The record an attempt leaves when it ends without a manifest."""

    run_id: RunId
    attempted_at: UtcTime
    failures: tuple[TableFailure, ...]
