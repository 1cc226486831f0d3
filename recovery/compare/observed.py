"""A table as it is now, and which partitions of its backup its own expiration would still let live."""

from collections.abc import Mapping

from manifests.expiration import expired
from manifests.ids import PartitionId
from manifests.kinds.tables.model import TableBackup
from manifests.partitions import WHOLE_TABLE
from manifests.values import Fingerprint, Resource, UtcTime, Value


class ObservedTable(Value):
    """A table as it is now.

    Attributes:
        resource: None when there is no table.
        row_access_policies: Its row access policies.
        partitions: None when the content was not or could not be measured.
        read_at: When it was looked at; None when only its resource was.
    """

    resource: Resource | None
    row_access_policies: tuple[Resource, ...] = ()
    partitions: Mapping[str, Fingerprint] | None = None
    read_at: UtcTime | None = None


class PartitionSet(Value):
    """Some partitions of a table, and the rows in them."""

    partitions: tuple[PartitionId, ...] = ()
    rows: int = 0


class Expired(PartitionSet):
    """What a table's own rule has let expire of a backup."""


def extra_partitions(expected: TableBackup, actual: ObservedTable) -> PartitionSet:
    """Return the partitions of a table that the recovery point does not know."""
    present = actual.partitions or {}
    names = tuple(sorted(set(present) - set(expected.fingerprints) - {WHOLE_TABLE}))
    return PartitionSet(partitions=names, rows=sum(present[name].row_count for name in names))


def expired_of(expected: TableBackup, partitions: tuple[str, ...]) -> Expired:
    """Return what is expired, counted."""
    rows = sum(expected.fingerprints[name].row_count for name in partitions)
    return Expired(partitions=partitions, rows=rows)


def without_expired(
    expected: TableBackup, actual: ObservedTable
) -> tuple[TableBackup, ObservedTable, tuple[str, ...]]:
    """Leave out, on both sides, what the table's own rule has let expire when it was read.

    Returns:
        What is to be compared, and the partitions of the backup that are expired.
    """
    gone = expired(expected.resource, expected.fingerprints, actual.read_at)
    unexpired = tuple(item for item in expected.partitions if item.partition_id not in gone)
    present = actual.partitions
    if present is not None:
        dropped = expired(expected.resource, present, actual.read_at)
        present = {name: content for name, content in present.items() if name not in dropped}
    return (
        expected.model_copy(update={"partitions": unexpired}),
        actual.model_copy(update={"partitions": present}),
        gone,
    )
