"""What a staging table is, what is loaded into it, and what is left of it. Pure."""

from collections.abc import Mapping
from typing import NamedTuple

from manifests.fingerprint import EMPTY
from manifests.kinds.tables.model import Export, TableBackup, encryption_key
from manifests.shapes import inner
from manifests.values import Fingerprint, Resource

_NOT_STAGED = ("expirationMs", "requirePartitionFilter")


class Limits(NamedTuple):
    """How much BigQuery takes of one table.

    Attributes:
        loads: Loads of one table in a recovery; a table takes 1,500 in a day, failed ones included.
        uris: Files that one load may name.
    """

    loads: int = 1000
    uris: int = 10_000


def staging_resource(resource: Resource, reference: Resource) -> Resource:
    """Return the table that rows are staged in: the same columns, protection and partitioning.

    Without what would remove rows (expirations), hide them (required filters), or be in the way of
    a load (constraints).
    """
    alike = ("schema", "timePartitioning", "rangePartitioning", "clustering")
    body: Resource = {key: resource[key] for key in alike if key in resource}
    if key_name := encryption_key(resource):
        body["encryptionConfiguration"] = {"kmsKeyName": key_name}
    if "timePartitioning" in body:
        body["timePartitioning"] = {
            key: value for key, value in body["timePartitioning"].items() if key not in _NOT_STAGED
        }
    return {"tableReference": reference, **body}


def needed_exports(table: TableBackup, partitions: set[str]) -> tuple[Export, ...]:
    """Return the exports that hold the wanted partitions, whole-table exports first."""
    homes = {item.export_id for item in table.partitions if item.partition_id in partitions}
    needed = [export for export in table.exports if export.export_id in homes]
    return tuple(sorted(needed, key=lambda export: export.partition_id is not None))


def unfiltered(resource: Resource) -> Resource:
    """Return a table whose partitions may be read without a filter."""
    partitioning = dict(inner(resource, "timePartitioning"))
    partitioning.pop("requirePartitionFilter", None)
    return {**resource, "timePartitioning": partitioning or None}


def left_of(
    table: TableBackup, staged: Mapping[str, Fingerprint], partitions: tuple[str, ...]
) -> dict[str, Fingerprint]:
    """Return what partitions hold that lost rows when these were staged.

    Args:
        table: The table in the manifest.
        staged: What each partition holds that was staged.
        partitions: Those that were staged; all when empty.
    """
    return {
        name: staged.get(name, EMPTY)
        for name, content in table.fingerprints.items()
        if (not partitions or name in partitions) and staged.get(name) != content
    }
