"""What a run stores of BigQuery: datasets, tables, their exports and encodings."""

import re
from datetime import UTC, datetime
from typing import Literal

from pydantic import Field

from manifests.encoding import ColumnEncoding
from manifests.kind import Backup
from manifests.shapes import inner
from manifests.values import (
    Fingerprint,
    RecoveryPoint,
    Resource,
    RunId,
    Stored,
    StoredObject,
    UtcTime,
)

_KEY_VERSION = re.compile(r"/cryptoKeyVersions/[^/]+$")


class Export(Stored):
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


class Partition(Stored):
    """One partition at the recovery point, and the export its rows come from."""

    partition_id: str
    fingerprint: Fingerprint
    export_id: str


class StreamingBuffer(Stored):
    """Rows that were still buffered when the table was read, so no copy of it holds them."""

    estimated_rows: int
    oldest_entry_time: UtcTime | None = None

    @classmethod
    def of(cls, buffer: Resource | None) -> "StreamingBuffer | None":
        """Read what a table's resource says of its buffer; None where it has none."""
        if buffer is None:
            return None
        oldest = buffer.get("oldestEntryTime")
        return cls(
            estimated_rows=int(buffer.get("estimatedRows", 0)),
            oldest_entry_time=datetime.fromtimestamp(int(oldest) / 1000, UTC) if oldest else None,
        )


Definition = Literal["own", "earlier run", "copy"]
"""Whose definition the backup of a table has.

    own          the table's, as it was read
    earlier run  that of the run before: the table had been dropped since the recovery point
    copy         that of the copy of its rows, likewise: how it was partitioned is not known
"""


class TableBackup(Backup):
    """One table at the recovery point.

    Attributes:
        definition: Whose `resource` and policies these are.
        fingerprint_version: How its fingerprints were taken. They are compared only with such as
            are taken in the same way.
    """

    dataset_id: str
    table_id: str
    group: str
    resource: Resource
    definition: Definition = "own"
    row_access_policies: tuple[Resource, ...] = ()
    encodings: tuple[ColumnEncoding, ...] = ()
    fingerprint_version: int = 1
    fingerprint: Fingerprint
    partitions: tuple[Partition, ...]
    exports: tuple[Export, ...]
    streaming_buffer: StreamingBuffer | None = None

    @property
    def name(self) -> str:
        """Return `dataset.table`."""
        return f"{self.dataset_id}.{self.table_id}"

    @property
    def written(self) -> str:
        """Return the dataset, as the catalog's writers name it."""
        return f"dataset {self.dataset_id}"

    @property
    def count(self) -> int:
        """Return how many rows it holds."""
        return self.fingerprint.row_count

    @property
    def fingerprints(self) -> dict[str, Fingerprint]:
        """Return the content of each partition, by its id."""
        return {item.partition_id: item.fingerprint for item in self.partitions}

    @property
    def objects(self) -> tuple[StoredObject, ...]:
        """Return every object of every export."""
        return tuple(stored for export in self.exports for stored in export.objects)


class DatasetBackup(Stored):
    """A dataset's own resource and the definitions in it that hold no rows.

    Attributes:
        unprotected: Ids of what else is in it and the catalog does not name: tables, snapshots and
            external tables that no backup holds.
    """

    dataset_id: str
    resource: Resource
    views: tuple[Resource, ...] = ()
    routines: tuple[Resource, ...] = ()
    unprotected: tuple[str, ...] = ()


def encryption_key(resource: Resource) -> str:
    """Return the Cloud KMS key of a table's own, empty where it has none.

    The version of the key is left out: BigQuery returns it and accepts none.
    """
    found = inner(resource, "encryptionConfiguration")
    return _KEY_VERSION.sub("", str(found.get("kmsKeyName") or ""))


def generated_columns(resource: Resource) -> tuple[str, ...]:
    """Return the columns of a table whose values BigQuery makes, and nobody can insert."""
    fields = inner(resource, "schema").get("fields", [])
    return tuple(field["name"] for field in fields if field.get("generatedColumn"))
