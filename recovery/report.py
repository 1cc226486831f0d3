"""What a recovery or a plan says to the person who asked. Pure: text and exit codes from values."""

from collections.abc import Sequence
from datetime import datetime

from manifests.errors import NotEqualError, ObjectiveMissedError, PartialError
from manifests.model import Manifest
from recovery.outcome import BucketOutcome, DatabaseOutcome, RecoveryReport, TableOutcome
from recovery.plan import Plan, TableStep
from recovery.report_documents import (
    database_lines,
    outcome_lines,
    proven_databases,
    rebuild_lines,
)
from recovery.report_objects import bucket_lines, bucket_outcome_lines
from recovery.scenarios import scenario

_UNITS = ((3600, "h"), (60, "min"), (1, "s"))


def outcome_error(
    report: RecoveryReport,
) -> NotEqualError | PartialError | ObjectiveMissedError | None:
    """Return the error a recovery ends with, or None when everything is proven in time."""
    unequal = [
        item for item in report.parts if item.findings or item.exit_code == NotEqualError.exit_code
    ]
    failed = [item for item in report.parts if item.error]
    if unequal:
        return NotEqualError(
            f"not equal to the recovery point: {', '.join(item.name for item in unequal)}",
            subject=report.recovery_id,
            hint=f"`rebound report {report.recovery_id}` lists every difference",
        )
    if failed or report.problems:
        names = [item.name for item in failed] + list(report.problems)
        return PartialError(
            f"not recovered: {', '.join(names)}",
            subject=report.recovery_id,
            hint=f"`rebound resume {report.recovery_id}` continues",
        )
    objective = scenario(report.plan.request.scenario).rto_seconds
    took_seconds = (report.finished_at - report.started_at).total_seconds()
    if took_seconds > objective:
        return ObjectiveMissedError(
            f"proven after {duration(took_seconds)}, the objective is {duration(objective)}",
            subject=report.recovery_id,
        )
    lost_seconds = (report.started_at - report.plan.recovery_point).total_seconds()
    may_be_lost = scenario(report.plan.request.scenario).rpo_seconds
    if lost_seconds > may_be_lost and not report.plan.request.point_was_named:
        return ObjectiveMissedError(
            f"proven equal to what was there {duration(lost_seconds)} before, the objective is "
            f"{duration(may_be_lost)}",
            subject=report.recovery_id,
            hint="`rebound list` shows why no newer run could be used",
        )
    return None


def plan_text(plan: Plan, *, now: datetime) -> str:
    """Write a plan for a person: what happens to what, why, and what cannot be brought back."""
    age = duration((now - plan.recovery_point).total_seconds())
    lines = [
        f"{plan.request.scenario} in {plan.request.target.project}, {_source(plan)}",
        f"recovery point {plan.recovery_point:%Y-%m-%d %H:%M} UTC, {age} ago",
        "",
    ]
    lines += [f"  passed over {run.run_id}: {run.reason}" for run in plan.passed_over]
    lines += [
        f"  create   dataset {plan.request.target.dataset_id(step.dataset_id)}"
        " (then the deleted one cannot be undeleted any more)"
        if step.create
        else f"  differs  dataset {item.subject}: {item.aspect} is {item.actual}, was {item.expected}"
        " (left alone)"
        for step in plan.datasets
        for item in step.findings
    ]
    lines += [_table_line(step) for step in plan.tables]
    exact = plan.request.exact
    lines += [line for step in plan.buckets for line in bucket_lines(step, exact=exact)]
    lines += [line for step in plan.databases for line in database_lines(step)]
    lines += [line for step in plan.rebuilds for line in rebuild_lines(step)]
    lines += [
        f"  {step.action:<20} {step.kind} {step.name}"
        for step in plan.definitions
        if step.action != "leave"
    ]
    lines += ["", *_cost(plan), "cannot be brought back:"]
    lines += [f"  {note}" for note in plan.cannot_bring_back]
    return "\n".join(lines)


def report_text(report: RecoveryReport) -> str:
    """Write a report for a person."""
    took = duration((report.finished_at - report.started_at).total_seconds())
    objective = duration(scenario(report.plan.request.scenario).rto_seconds)
    lost = duration((report.started_at - report.plan.recovery_point).total_seconds())
    lines = [f"recovery {report.recovery_id}: {report.plan.request.scenario}", ""]
    for item in report.tables:
        state = "proven" if item.is_proven else "NOT EQUAL" if item.findings else "FAILED"
        source = f", from {item.source}" if item.source else ""
        lines.append(f"  {state:<9} {item.table}  ({item.action}, {item.rows:,} rows{source})")
        lines += [f"            undo point {item.undo}"] if item.undo else []
        lines += [f"            {item.error}"] if item.error else []
        lines += [f"            hint: {item.hint}"] if item.hint else []
        lines += [
            f"            {found.aspect}: is {found.actual}, was {found.expected}"
            for found in item.findings
        ]
    lines += [line for item in report.buckets for line in bucket_outcome_lines(item)]
    lines += [line for item in report.databases for line in outcome_lines(item)]
    lines += [f"  FAILED    {problem}" for problem in report.problems]
    point = f"{report.plan.recovery_point:%Y-%m-%d %H:%M} UTC"
    lines += [
        "",
        *_proven(report.tables, "tables", point),
        *_proven(report.buckets, "buckets", point),
        *proven_databases(report.databases, point),
        f"achieved RTO {took} (objective {objective}), achieved RPO {lost}",
    ]
    return "\n".join(lines)


def manifest_text(manifest: Manifest) -> str:
    """Write what a run holds for a person."""
    lines = [
        f"run {manifest.run_id} of {manifest.platform}",
        (
            f"recovery point {manifest.recovery_point:%Y-%m-%d %H:%M} UTC, "
            f"finished {manifest.finished_at:%Y-%m-%d %H:%M:%S}"
        ),
        "",
        f"  {'table':<50} {'rows':>10} {'partitions':>10} {'files':>6} {'stored':>9}  from runs",
    ]
    for table in manifest.tables:
        runs = sorted({export.run_id for export in table.exports})
        stored_bytes = sum(item.size_bytes for item in table.objects)
        lines.append(
            f"  {table.name:<50} {table.fingerprint.row_count:>10,} {len(table.partitions):>10} "
            f"{len(table.objects):>6} {size(stored_bytes):>9}  {', '.join(runs)}"
        )
    lines += [
        f"  bucket {item.bucket:<43} {item.object_count:>10,} objects, "
        f"{size(item.size_bytes)}, {len(item.shards)} inventory files"
        for item in manifest.buckets
    ]
    lines += [
        f"  database {item.database_id:<41} {item.document_count:>10,} documents, "
        f"{len(item.collections)} collection ids, {len(item.files)} files"
        for item in manifest.databases
    ]
    lines += [
        f"  {item.subject} were read {item.skew_seconds:.0f} s later" for item in manifest.skews
    ]
    return "\n".join(lines)


def duration(seconds: float) -> str:
    """Write a time span for a person: `2 h 5 min`, `3.4 s`."""
    if seconds < 60:  # noqa: PLR2004 - below a minute tenths matter
        return f"{seconds:.1f} s"
    parts, rest = [], int(seconds)
    for unit_seconds, name in _UNITS:
        count, rest = divmod(rest, unit_seconds)
        if count:
            parts.append(f"{count} {name}")
    return " ".join(parts[:2])


def size(number_bytes: int) -> str:
    """Write a number of bytes for a person."""
    value, unit = float(number_bytes), "B"
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if value < 1024 or unit == "TiB":  # noqa: PLR2004 - the next unit
            break
        value /= 1024
    return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"


def _source(plan: Plan) -> str:
    return f"from run {plan.run_id}" if plan.run_id else "rebuilt from history, without a backup"


def _cost(plan: Plan) -> list[str]:
    moved = [step for step in plan.tables if step.rows]
    tables = (
        f"{len(moved)} tables, {sum(step.rows for step in moved):,} rows and "
        f"{size(sum(step.stored_bytes for step in moved))} to load; loads and copies are free, "
        "proving scans each of these tables three times"
    )
    written = sum(step.writes for step in plan.databases)
    documents = (
        f"{written:,} documents to write and {sum(step.removes for step in plan.databases):,} to "
        f"remove, {size(sum(step.stored_bytes for step in plan.databases))} of the backup to read; "
        "proving reads every document twice"
    )
    seconds = sum(step.ramp_seconds for step in plan.databases)
    if seconds > 1:
        documents += (
            f"; at the rate Firestore asks for the writes take {duration(seconds)}, "
            "`--unthrottled` does not wait"
        )
    return [tables] * bool(plan.tables) + [documents] * bool(plan.databases)


def _proven(
    outcomes: Sequence[TableOutcome | BucketOutcome | DatabaseOutcome], kind: str, point: str
) -> list[str]:
    proven = sum(item.is_proven for item in outcomes)
    return [f"{proven} of {len(outcomes)} {kind} proven equal to {point}"] * bool(outcomes)


def _table_line(step: TableStep) -> str:
    if step.action == "leave":
        kept = (
            f"; {len(step.kept_partitions)} newer partitions kept" if step.kept_partitions else ""
        )
        return f"  {'leave':<20} {step.table}: {step.why}{kept}"
    notes = [step.why, f"{step.rows:,} rows, {size(step.stored_bytes)}"]
    if step.source:
        notes.append(f"from {step.source.name}: {step.source.why}")
    if step.loses_rows:
        notes.append("REPLACES ROWS THAT ARE THERE")
    if step.kept_partitions:
        notes.append(f"keeps {len(step.kept_partitions)} partitions newer than the recovery point")
    if step.removed_partitions:
        notes.append(f"removes {len(step.removed_partitions)} partitions")
    return f"  {step.action:<20} {step.table}: {'; '.join(notes)}"
