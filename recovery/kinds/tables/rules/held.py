"""What is told of the tables of a run, and of how far their recovery is. Pure."""

from collections.abc import Iterator, Sequence

from manifests.kinds.tables.model import TableBackup
from manifests.model.run import Manifest
from manifests.references import unheld
from recovery.document import Column, Row, Table
from recovery.kinds.tables.rules.lost import dropped_notes
from recovery.kinds.tables.rules.outcomes import TableOutcome
from recovery.kinds.tables.rules.tables import TableStep
from recovery.kinds.told import Held, SoFar
from recovery.units import counted, listed, size

_COLUMNS = (
    Column("table"),
    Column("rows", "right"),
    Column("partitions", "right"),
    Column("files", "right"),
    Column("stored", "right"),
    Column("from runs"),
)


def held_tables(manifest: Manifest) -> Held:
    """Tell what a run holds of each table, and what of its datasets it does not hold."""
    rows = tuple(map(_cells, manifest.tables))
    table = Table(_COLUMNS, rows) if rows else None
    return Held(gaps=(*dropped_notes(manifest.tables), *_not_protected(manifest)), table=table)


def _cells(table: TableBackup) -> tuple[str, ...]:
    return (
        table.name,
        f"{table.fingerprint.row_count:,}",
        f"{len(table.partitions):,}",
        f"{len(table.objects):,}",
        size(sum(item.size_bytes for item in table.objects)),
        ", ".join(sorted({export.run_id for export in table.exports})),
    )


def _not_protected(manifest: Manifest) -> Iterator[str]:
    """Name the tables that no backup holds, and the views and routines that read such."""
    for item in manifest.datasets:
        if item.unprotected:
            tables = counted(len(item.unprotected), "table")
            yield (
                f"dataset {item.dataset_id}: {tables} that no backup holds: "
                f"{listed(item.unprotected)}"
            )
    for name, kind, others in unheld(manifest):
        yield f"{kind} {name} reads what the run does not hold: {listed(others)}"


def tables_so_far(steps: Sequence[TableStep], published: Sequence[TableOutcome]) -> SoFar:
    """Tell which tables are published, and which wait.

    Args:
        steps: What happens to each.
        published: What the journal says of those that are published.
    """
    ended = {item.name: item for item in published}
    rows = tuple(_row(step, ended.get(step.name)) for step in steps)
    told = [item.model_dump(mode="json") for item in published]
    return SoFar(tuple(row for row in rows if row is not None), {"tables": told})


def _row(step: TableStep, ended: TableOutcome | None) -> Row | None:
    if ended is not None:
        return Row(f"{step.name}  ({ended.action}, {counted(ended.rows, 'row')})", "published")
    return Row(f"{step.name}  ({step.action})", "waiting") if step.changes else None
