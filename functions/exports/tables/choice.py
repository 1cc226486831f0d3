"""Which partitions are exported again, and which are referenced from an earlier run. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from manifests.encoding import encodings_of
from manifests.fingerprint import FINGERPRINT_VERSION
from manifests.kinds.tables.model import Export, TableBackup
from manifests.partitions import NULL_PARTITION, OUTSIDE_PARTITION, is_ingestion_time
from manifests.values import Fingerprint, Resource, Value

MOST_PARTITION_EXPORTS = 20
"""With more changed partitions than this, one extract of the whole table is cheaper."""
_MANY_PARTITIONS, _MANY_EXPORTS = 4000, 1000
"""One job changes so many partitions at most, and a table takes 1,500 loads a day, failed ones
included (BigQuery, Quotas and limits)."""

_NOT_ADDRESSABLE = (NULL_PARTITION, OUTSIDE_PARTITION)
_LAYOUT = ("timePartitioning", "rangePartitioning", "clustering")
_RULES = ("expirationMs", "requirePartitionFilter")


class ExportChoice(Value):
    """What a run does for one table.

    Attributes:
        whole_table: Whether one extract covers the table.
        export_partitions: Otherwise, the partitions that are extracted.
        referenced_exports: Exports of earlier runs that still hold an unchanged partition.
        referenced_partitions: For each unchanged partition, the export that holds it.
        reason: Why, for the log.
    """

    whole_table: bool
    export_partitions: tuple[str, ...]
    referenced_exports: tuple[Export, ...]
    referenced_partitions: Mapping[str, str]
    reason: str


def choose_exports(
    partitions: Mapping[str, Fingerprint],
    *,
    resource: Resource,
    base: TableBackup | None,
    recovery_point: datetime,
    full_every_days: int,
    has_same_layout: bool = True,
) -> ExportChoice:
    """Decide which partitions of a table a run has to export.

    Args:
        partitions: The frozen copy's partitions and their content.
        resource: The table's resource.
        base: The same table in the latest complete run; None when there is none. An export that
            is left out of it is not referenced.
        recovery_point: This run's instant.
        full_every_days: After this many days everything is exported again, whatever is unchanged.
        has_same_layout: Whether the frozen copy has the partitions of the table, so that one of
            them can be extracted.
    """
    obstacle = _obstacle(resource, base, recovery_point, full_every_days)
    if not has_same_layout:
        obstacle = "the frozen copy is not partitioned and clustered as the table is"
    if base is None or obstacle:
        return _full(partitions, resource, obstacle)
    there = {export.export_id for export in base.exports}
    referenced = {
        item.partition_id: item.export_id
        for item in base.partitions
        if partitions.get(item.partition_id) == item.fingerprint and item.export_id in there
    }
    changed = tuple(sorted(set(partitions) - set(referenced)))
    reason = _too_much(changed, resource)
    if reason or (not partitions and base.partitions):
        return _full(partitions, resource, reason or "the table is empty now")
    used = set(referenced.values())
    return ExportChoice(
        whole_table=False,
        export_partitions=changed,
        referenced_exports=tuple(
            export for export in base.exports if export.export_id in used or not partitions
        ),
        referenced_partitions=referenced,
        reason=f"{len(referenced)} partitions unchanged, {len(changed)} changed",
    )


def is_slow_to_restore(*, partitions: int, exports: int) -> bool:
    """Whether a table takes more than a few statements and loads to be brought back."""
    return partitions > _MANY_PARTITIONS or exports > _MANY_EXPORTS


def has_same_layout(table: Resource, copy: Resource) -> bool:
    """Whether a copy is partitioned and clustered as its table is.

    That a clone of an earlier instant keeps both is not written down anywhere.
    """
    return all(_without_rules(table.get(key)) == _without_rules(copy.get(key)) for key in _LAYOUT)


def _without_rules(layout: Resource | None) -> Resource:
    return {key: value for key, value in (layout or {}).items() if key not in _RULES}


def homes(
    partitions: Mapping[str, Fingerprint], choice: ExportChoice, exports: tuple[Export, ...]
) -> dict[str, str]:
    """Return, for each partition, the export that its rows come from."""
    home = dict(choice.referenced_partitions)
    for export in exports:
        covered = partitions if export.partition_id is None else (export.partition_id,)
        home.update(dict.fromkeys(covered, export.export_id))
    return home


def _obstacle(
    resource: Resource, base: TableBackup | None, recovery_point: datetime, full_every_days: int
) -> str:
    if base is None:
        return "no earlier complete run"
    if base.fingerprint_version != FINGERPRINT_VERSION or base.encodings != encodings_of(resource):
        return "columns are measured or stored in another form since the earlier run"
    for key in ("schema", "timePartitioning", "rangePartitioning"):
        if base.resource.get(key) != resource.get(key):
            return f"{key} changed since the earlier run"
    oldest = min((export.recovery_point for export in base.exports), default=None)
    if oldest is None or recovery_point - oldest >= timedelta(days=full_every_days):
        return f"the earlier exports are {full_every_days} days old"
    return ""


def _too_much(changed: tuple[str, ...], resource: Resource) -> str:
    if len(changed) > MOST_PARTITION_EXPORTS and not is_ingestion_time(resource):
        return f"{len(changed)} partitions changed"
    if any(name in _NOT_ADDRESSABLE for name in changed):
        return "rows outside any addressable partition changed"
    if changed and not _is_partitioned(resource):
        return "the table changed"
    return ""


def _full(partitions: Mapping[str, Fingerprint], resource: Resource, reason: str) -> ExportChoice:
    # Rows of an ingestion-time table can only be put back partition by partition (BigQuery, Load
    # data into partitioned tables), so they are also exported that way.
    by_partition = is_ingestion_time(resource) and bool(partitions)
    return ExportChoice(
        whole_table=not by_partition,
        export_partitions=tuple(sorted(partitions)) if by_partition else (),
        referenced_exports=(),
        referenced_partitions={},
        reason=f"full: {reason}",
    )


def _is_partitioned(resource: Resource) -> bool:
    return bool(resource.get("timePartitioning") or resource.get("rangePartitioning"))
