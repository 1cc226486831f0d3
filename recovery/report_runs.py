"""What is told of stored runs. Pure: text from values."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from manifests.model import BucketBackup, DatabaseBackup, Manifest, RunId
from manifests.references import unheld
from manifests.selection import RunSummary
from recovery.grid import Row, grid
from recovery.plan.lost import dropped_notes, unprotected_text
from recovery.units import age, as_text, counted, listed, printable, shown, size

_RUNS = Row("run", ("state", "recovery point (UTC)", "age", "parts", "size"))
_TABLES = Row("table", ("rows", "partitions", "files", "stored"), "from runs")


def newest_runs(
    runs: Sequence[RunSummary], *, since: datetime | None, limit: int | None
) -> list[RunSummary]:
    """Choose the runs that are listed, the newest recovery point last.

    Args:
        runs: Every run.
        since: Leaves out runs with an earlier recovery point; one without any stays.
        limit: How many at most; None for all.
    """
    chosen = [
        run
        for run in runs
        if since is None or run.recovery_point is None or run.recovery_point >= since
    ]
    ordered = sorted(chosen, key=lambda run: (str(run.recovery_point), run.run_id))
    return ordered if limit is None else ordered[max(0, len(ordered) - limit) :]


def runs_text(
    runs: Sequence[RunSummary],
    *,
    held: Collection[str],
    damaged: Mapping[RunId, Sequence[str]],
    now: datetime,
    columns: int | None,
) -> str:
    """Write a table of runs.

    Args:
        runs: The runs, in order.
        held: Those that an operator holds.
        damaged: Of complete runs, the parts that lean on a file which `verify` found damaged.
        now: The present instant.
        columns: The width of the terminal; None for any.
    """
    rows = [_run_row(run, held, damaged.get(run.run_id, ()), now) for run in runs]
    return as_text(grid(_RUNS, rows, columns=columns))


def _run_row(run: RunSummary, held: Collection[str], damaged: Sequence[str], now: datetime) -> Row:
    point = run.recovery_point
    cells = (
        run.state,
        f"{point:%Y-%m-%d %H:%M}" if point else "unknown",
        age((now - point).total_seconds()) if point else "",
        f"{run.parts:,}",
        size(run.size_bytes) if run.size_bytes else "",
    )
    leans = f"LEANS ON A DAMAGED FILE: {', '.join(map(printable, damaged))}" if damaged else ""
    notes = ("held" if run.run_id in held else "", leans, shown(run.reason))
    return Row(run.run_id, cells, "; ".join(filter(None, notes)))


def unfinished_text(run: RunSummary, done: Sequence[str]) -> str:
    """Write what there is of a run without a manifest: what is done, and what failed and why."""
    point = f"{run.recovery_point:%Y-%m-%d %H:%M} UTC" if run.recovery_point else "unknown"
    lines = [f"run {run.run_id}: {run.state}", f"recovery point {point}", ""]
    lines += [f"  done      {printable(name)}" for name in done]
    lines += [
        f"  FAILED    {printable(item.part)}: {printable(item.message)}" for item in run.failures
    ]
    lines += [] if run.failures else [printable(run.reason)]
    return as_text(lines)


def manifest_text(manifest: Manifest, *, columns: int | None = None) -> str:
    """Write what a run holds.

    Args:
        manifest: The run's manifest.
        columns: The width of the terminal; None for any.
    """
    lines = [
        f"run {manifest.run_id} of {manifest.platform}",
        (
            f"recovery point {manifest.recovery_point:%Y-%m-%d %H:%M} UTC, "
            f"finished {manifest.finished_at:%Y-%m-%d %H:%M:%S}"
        ),
        "",
    ]
    rows = [
        Row(
            table.name,
            (
                f"{table.fingerprint.row_count:,}",
                f"{len(table.partitions):,}",
                f"{len(table.objects):,}",
                size(sum(item.size_bytes for item in table.objects)),
            ),
            ", ".join(sorted({export.run_id for export in table.exports})),
        )
        for table in manifest.tables
    ]
    lines += grid(_TABLES, rows, columns=columns) if rows else []
    lines += dropped_notes(manifest.tables)
    lines += _not_protected(manifest)
    lines += [
        f"bucket {item.bucket}: {counted(item.object_count, 'object')}, {size(item.size_bytes)}, "
        f"{counted(len(item.shards), 'inventory file')}{_not_held(item)}"
        for item in manifest.buckets
    ]
    lines += [
        f"database {item.database_id}: {counted(item.document_count, 'document')}, "
        f"{counted(len(item.collections), 'collection id')}, {counted(len(item.files), 'file')}"
        f"{_not_known(item)}"
        for item in manifest.databases
    ]
    lines += [f"LACKS {item.part}: {printable(item.message)}" for item in manifest.lacking]
    lines += [
        f"{printable(item.subject)}: read {item.skew_seconds:.0f} s after the recovery point"
        for item in manifest.skews
    ]
    return as_text(lines)


def _not_known(database: DatabaseBackup) -> str:
    """Say what a backup does not know of a database."""
    notes = []
    if database.uncounted:
        notes.append(f", {database.uncounted:,} of them NOT COUNTED by Firestore")
    if database.index_settings is None:
        notes.append(", indexes and field settings UNKNOWN")
    return "".join(notes)


def _not_protected(manifest: Manifest) -> list[str]:
    """Name the tables that no backup holds, and the views and routines that read such."""
    lines = [
        f"dataset {item.dataset_id}: {counted(len(item.unprotected), 'table')} that no backup holds: "
        f"{listed(item.unprotected)}"
        for item in manifest.datasets
        if item.unprotected
    ]
    lines += [
        f"{kind} {name} reads what the run does not hold: {listed(others)}"
        for name, kind, others in unheld(manifest)
    ]
    lines += [
        f"{item.kind}s of the project that are not in the catalog: {what}"
        for item in manifest.unprotected
        if (what := unprotected_text(item))
    ]
    return lines


def _not_held(bucket: BucketBackup) -> str:
    """Say what of a bucket the vault does not hold."""
    notes = []
    if bucket.not_copied:
        names = f" ({listed(bucket.gone_names)})" if bucket.gone_names else ""
        notes.append(f", {bucket.not_copied:,} NOT COPIED{names}")
    if bucket.changed_later:
        notes.append(f", {counted(bucket.changed_later, 'name')} with an unknown earlier content")
    if bucket.later_names:
        notes.append(f", stored as they were later: {listed(bucket.later_names)}")
    if bucket.unprotected:
        notes.append(f", {bucket.unprotected:,} of them still to be copied or under another's key")
    return "".join(notes)
