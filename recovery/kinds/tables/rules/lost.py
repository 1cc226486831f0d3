"""What no recovery of tables brings back."""

from collections.abc import Iterable, Sequence

from manifests.kinds.tables.model import TableBackup
from manifests.model.run import Manifest
from manifests.references import unheld
from recovery.kinds.tables.rules.datasets import DatasetStep
from recovery.units import counted, listed


def tables_lost(
    manifest: Manifest,
    wanted: Sequence[TableBackup],
    steps: Sequence[DatasetStep],
) -> tuple[str, ...]:
    """Say what of the tables of a plan, and of their datasets, no recovery brings back.

    Args:
        manifest: The run's manifest.
        wanted: The tables that are recovered.
        steps: What happens to their datasets.
    """
    if not wanted:
        return ()
    notes = [f"rows written after {manifest.recovery_point:%Y-%m-%dT%H:%MZ}"]
    notes += [
        f"about {table.streaming_buffer.estimated_rows} rows of {table.name} that were still in its "
        "streaming buffer"
        for table in wanted
        if table.streaming_buffer is not None
    ]
    notes += dropped_notes(wanted)
    datasets = {table.dataset_id for table in wanted}
    notes += [
        f"{skew.subject} as they were at the recovery point: the backup read them "
        f"{skew.skew_seconds:.0f} s later"
        for skew in manifest.skews
        if skew.kind == "tables" and skew.name in datasets
    ]
    notes.append(
        "time travel history, access granted on single tables, authorizations of views in datasets "
        "outside the run, transfer and job history"
    )
    undeleted = {step.name for step in steps if step.undelete}
    chosen = {table.dataset_id for table in wanted} - undeleted
    notes += [
        f"{counted(len(item.unprotected), 'table')} of {item.dataset_id} that no backup holds: "
        f"{listed(item.unprotected)}"
        for item in manifest.datasets
        if item.unprotected and item.dataset_id in chosen
    ]
    notes += [
        f"what {kind} {name} reads and no backup holds: {listed(others)}"
        for name, kind, others in unheld(manifest)
        if name.split(".", 1)[0] in chosen
    ]
    return tuple(notes)


def dropped_notes(tables: Iterable[TableBackup]) -> list[str]:
    """Say of tables that were dropped before a backup read them what is known of them."""
    known = {
        "earlier run": "its definition is that of an earlier run",
        "copy": "how it was partitioned, and its policies, are not known",
    }
    return [
        f"{table.name} was dropped or replaced after the recovery point, before the backup read it: "
        f"{known[table.definition]}"
        for table in tables
        if table.definition in known
    ]
