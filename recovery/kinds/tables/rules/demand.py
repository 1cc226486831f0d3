"""What a recovery of tables takes. Pure."""

from collections.abc import Iterator, Sequence
from math import ceil

from manifests.model.run import Manifest
from manifests.partitions import is_ingestion_time
from recovery.kinds.demand import Demand
from recovery.kinds.tables.rules.tables import TableStep
from recovery.limits import limit

_LOOKS = 3
"""So often the rows of a table are scanned: before, in staging, and once they are published."""


def tables_demand(steps: Sequence[TableStep], manifest: Manifest) -> Demand:
    """Return what it takes to bring the rows of tables back.

    Args:
        steps: What happens to each.
        manifest: What is brought back.
    """
    written = [step for step in steps if step.source is not None]
    logical = _logical_bytes(manifest, {step.name for step in written})
    return Demand(
        moved_bytes=sum(step.stored_bytes for step in written),
        jobs=sum(map(_jobs, written)),
        scanned_bytes=_LOOKS * logical,
        table_bytes=logical,
        impossible=tuple(_impossible(written, manifest)),
    )


def _jobs(step: TableStep) -> int:
    """Return how many jobs write a table: one load and one copy, or so many for its partitions."""
    written = ceil(len(step.partitions) / limit("partitions_per_job").value)
    return 1 + max(1, written)


def _logical_bytes(manifest: Manifest, names: set[str]) -> int:
    return sum(
        int(table.resource.get("numBytes") or 0) for table in manifest.tables if table.name in names
    )


def _impossible(steps: Sequence[TableStep], manifest: Manifest) -> Iterator[str]:
    """Yield what no quota of one day allows."""
    known = {table.name: table for table in manifest.tables}
    for step in steps:
        table = known.get(step.name)
        if table is None:
            continue
        arrives = is_ingestion_time(table.resource)
        most = limit("arrival_changes_per_day" if arrives else "partition_changes_per_day")
        number = len(step.partitions) or len(table.partitions)
        if number > most.value:
            yield (
                f"{step.name}: {number:,} partitions are written, and {most.value:,} may be in a "
                f"day ({most.document})"
            )
