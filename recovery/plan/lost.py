"""What no recovery of tables and of documents brings back. Pure."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime

from manifests.model import Manifest, TableBackup, Unprotected
from manifests.references import unheld
from recovery.plan.datasets import DatasetStep
from recovery.plan.documents import DatabaseStep
from recovery.units import counted, listed, shown

_MOST_NAMES = 5
_PAST_THEIR_TIME = (
    "documents that are past their time to live: Firestore removes them again within a day or so"
)


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
        f"{skew.subject} as of the recovery point: they were read {skew.skew_seconds:.0f} s later"
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


def never_held(manifest: Manifest, kinds: Collection[str]) -> Iterator[str]:
    """Say what there was in the project beside what its run holds.

    Args:
        manifest: The run's manifest.
        kinds: What of a project is recovered, as the manifest names it.
    """
    for item in manifest.unprotected:
        what = unprotected_text(item)
        if what and item.kind in kinds:
            yield f"{item.kind}s of the project that are not in the catalog: {what}"


def unprotected_text(item: Unprotected) -> str:
    """Name what the catalog does not; empty where there is nothing."""
    if item.unknown:
        return f"UNKNOWN, they could not be listed: {shown(item.unknown)}"
    if not item.count:
        return ""
    names = item.names[:_MOST_NAMES]
    more = item.count - len(names)
    return ", ".join(map(shown, names)) + (f", ... {more:,} more" if more else "")


def documents_lost(steps: tuple[DatabaseStep, ...], recovery_point: datetime) -> tuple[str, ...]:
    """Tell what no recovery of documents brings back."""
    if not steps:
        return ()
    notes = [f"documents as they were changed after {recovery_point:%Y-%m-%dT%H:%MZ}"]
    notes += [
        f"locks, heartbeats and instances of {step.name}: never restored "
        f"({', '.join(f'{name} {count:,}' for name, count in step.never_restored.items())})"
        for step in steps
        if step.never_restored
    ]
    notes += [
        f"{_unmade(step)} of {step.into}, which is created: until an exemption is made again, "
        "documents with more than 40,000 index entries are refused"
        for step in steps
        if step.create and step.unmade != ()
    ]
    notes += [
        f"references of {counted(step.state.referring, 'document')} of {step.into} that point at the "
        "original database: `--rewrite-references` lets them point at the copy"
        for step in steps
        if step.state.referring and not step.rewrites
    ]
    notes.append("security rules, indexes and time-to-live policies, create and update times")
    notes.append(_PAST_THEIR_TIME)
    return tuple(notes)


def _unmade(step: DatabaseStep) -> str:
    if step.unmade is None:
        return "indexes and field settings, which the backup could not read,"
    return ", ".join(step.unmade)
