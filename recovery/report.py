"""What a recovery or a plan says to the person who asked. Pure: text and exit codes from values."""

from collections.abc import Sequence
from datetime import datetime

from manifests.errors import NotEqualError, ObjectiveMissedError, PartialError
from recovery.outcome import (
    BucketOutcome,
    DatabaseOutcome,
    Outcome,
    RecoveryReport,
    TableOutcome,
)
from recovery.plan import Plan
from recovery.report_documents import (
    database_lines,
    outcome_lines,
    proven_databases,
    rebuild_lines,
)
from recovery.report_objects import bucket_lines, bucket_outcome_lines
from recovery.report_tables import (
    definition_lines,
    expiration_lines,
    fallen_back_lines,
    left_alone_lines,
    table_cost,
    table_lines,
    table_outcome_lines,
)
from recovery.scenarios import scenario
from recovery.units import as_text, counted, duration, printable, shown, size

_MEND_THEN_RECOVER = "mend what the plan says of them, and begin another recovery"


def outcome_error(
    report: RecoveryReport,
) -> NotEqualError | PartialError | ObjectiveMissedError | None:
    """Return the error a recovery ends with, or None when everything is proven in time."""
    unequal = [
        item for item in report.parts if item.findings or item.exit_code == NotEqualError.exit_code
    ]
    failed = [item for item in report.parts if item.error and item not in unequal]
    unseen = [f"{shown(item.name)} (could not be looked at)" for item in report.plan.unseen]
    names = [item.name for item in failed] + list(report.problems)
    missing = f"not recovered: {', '.join([*names, *unseen])}" if names or unseen else ""
    if unequal:
        message = f"not equal to the recovery point: {', '.join(item.name for item in unequal)}"
        return NotEqualError(
            f"{message}; {missing}" if missing else message,
            subject=report.recovery_id,
            hint=_way_on(report, failed)
            if names
            else f"`rebound report {report.recovery_id}` lists every difference",
        )
    if missing:
        return PartialError(
            missing,
            subject=report.recovery_id,
            hint=_way_on(report, failed) if names else _MEND_THEN_RECOVER,
        )
    objective = scenario(report.plan.request.scenario).rto_seconds
    took_seconds = (report.finished_at - report.started_at).total_seconds()
    if took_seconds > objective:
        return ObjectiveMissedError(
            f"proven after {duration(took_seconds)}, the objective is {duration(objective)}",
            subject=report.recovery_id,
        )
    lost_seconds = (report.started_at - report.plan.oldest_point).total_seconds()
    may_be_lost = scenario(report.plan.request.scenario).rpo_seconds
    if lost_seconds > may_be_lost and not report.plan.request.point_was_named:
        return ObjectiveMissedError(
            f"proven equal to what was there {duration(lost_seconds)} before, the objective is "
            f"{duration(may_be_lost)}",
            subject=report.recovery_id,
            hint="`rebound list` shows why no newer run could be used",
        )
    return None


def _way_on(report: RecoveryReport, failed: Sequence[Outcome]) -> str:
    hints = [item.hint for item in failed if item.hint]
    if hints and report.plan.rebuilds:
        return hints[0]
    return f"`rebound resume {report.recovery_id}` continues"


def plan_text(plan: Plan, *, now: datetime) -> str:
    """Write a plan for a person: what happens to what, why, and what cannot be brought back."""
    age = duration((now - plan.recovery_point).total_seconds())
    lines = [
        f"{plan.request.scenario} in {plan.request.target.project}, {_source(plan)}",
        f"recovery point {plan.recovery_point:%Y-%m-%d %H:%M} UTC, {age} ago",
        *([f"NOT OURS: {shown(plan.foreign)}"] if plan.foreign else ()),
        "",
    ]
    lines += _left_out(plan)
    lines += unseen_lines(plan)
    lines += [f"  passed over {run.run_id}: {shown(run.reason)}" for run in plan.passed_over]
    lines += fallen_back_lines(plan)
    lines += _leaning(plan)
    lines += left_alone_lines(plan)
    lines += table_lines(plan)
    exact = plan.request.exact
    lines += [line for step in plan.buckets for line in bucket_lines(step, exact=exact)]
    lines += [line for step in plan.databases for line in database_lines(step)]
    lines += [line for step in plan.rebuilds for line in rebuild_lines(step)]
    lines += definition_lines(plan)
    lines += [
        f"  {item.change.upper():<20} {shown(item.subject)}: {shown(item.what)}"
        for item in plan.access
    ]
    lines += ["", *_cost(plan), "cannot be brought back:"]
    lines += [f"  {printable(note)}" for note in plan.cannot_bring_back]
    return as_text(lines)


def unseen_lines(plan: Plan) -> list[str]:
    """Name what could not be looked at, so that it is left as it is."""
    return [
        f"  NOT LOOKED AT, left  {shown(item.name)}: {printable(item.why)}" for item in plan.unseen
    ]


def _leaning(plan: Plan) -> list[str]:
    """Name what leans on a damaged file of the vault."""
    return [
        f"  LEANS ON A DAMAGED FILE  {shown(name)}: `rebound verify {plan.run_id}` lists it, "
        "`--fall-back` takes what is damaged from an older run"
        for name in plan.leaning
    ]


def _left_out(plan: Plan) -> list[str]:
    """Name what the catalog does not: it is taken along only when that was asked for."""
    if not plan.left_out:
        return []
    names = ", ".join(map(shown, plan.left_out))
    if plan.request.not_in_catalog:
        return [f"  NOT IN THE CATALOG, recovered too: {names}"]
    return [f"  not in the catalog, left out: {names} (`--not-in-catalog` takes them along)"]


def report_text(report: RecoveryReport) -> str:
    """Write a report for a person."""
    took = duration((report.finished_at - report.started_at).total_seconds())
    objective = duration(scenario(report.plan.request.scenario).rto_seconds)
    lost = duration((report.started_at - report.plan.oldest_point).total_seconds())
    lines = [f"recovery {report.recovery_id}: {report.plan.request.scenario}", ""]
    lines += fallen_back_lines(report.plan)
    lines += unseen_lines(report.plan)
    lines += left_alone_lines(report.plan)
    lines += table_outcome_lines(report)
    lines += [line for item in report.buckets for line in bucket_outcome_lines(item)]
    lines += [line for item in report.databases for line in outcome_lines(item)]
    lines += [f"  FAILED    {printable(problem)}" for problem in report.problems]
    lines += [
        f"  NOT MADE  {printable(text)} (the plan said so: it cannot be brought back)"
        for text in report.impossible
    ]
    lines += expiration_lines(report.plan)
    point = f"{report.plan.recovery_point:%Y-%m-%d %H:%M} UTC"
    older = [f"{item.name} at its older point" for item in report.plan.fallen_back]
    lines += [
        "",
        *_proven(report.tables, "tables", point, [*older, *_kept_partitions(report)]),
        *_proven(report.buckets, "buckets", point, [*older, *_kept_objects(report)]),
        *proven_databases(report.databases, point, older),
        *_way_back(report),
        f"achieved RTO {took} (objective {objective}), achieved RPO {lost}",
    ]
    return as_text(lines)


def _source(plan: Plan) -> str:
    return f"from run {plan.run_id}" if plan.run_id else "rebuilt from history, without a backup"


def _cost(plan: Plan) -> list[str]:
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
    return table_cost(plan) + [documents] * bool(plan.databases)


def _proven(
    outcomes: Sequence[TableOutcome | BucketOutcome | DatabaseOutcome],
    kind: str,
    point: str,
    exceptions: Sequence[str],
) -> list[str]:
    proven = sum(item.is_proven for item in outcomes)
    but = f", but for {' and '.join(exceptions)}" if exceptions else ""
    return [f"{proven} of {len(outcomes)} {kind} proven equal to {point}{but}"] * bool(outcomes)


def _kept_partitions(report: RecoveryReport) -> list[str]:
    partitions = sum(len(item.kept.partitions) for item in report.tables)
    rows = counted(sum(item.kept.rows for item in report.tables), "row")
    return [f"{counted(partitions, 'newer partition')} kept ({rows})"] if partitions else []


def _kept_objects(report: RecoveryReport) -> list[str]:
    extra = sum(
        left.objects for item in report.buckets for left in item.left if left.reason == "extra"
    )
    later = sum(step.later for step in report.plan.buckets)
    notes = [f"{counted(extra, 'extra object')} kept"] if extra else []
    notes += [f"{counted(later, 'object')} as they were later"] if later else []
    return notes + [
        f"what was deleted from bucket {step.bucket} in the {duration(step.untold_seconds)} until it "
        "was listed, which is not known"
        for step in report.plan.buckets
        if step.untold_seconds
    ]


def _way_back(report: RecoveryReport) -> list[str]:
    undone = [item.undo for item in report.tables if item.undo]
    if not undone:
        return []
    return [
        f"to go back: CREATE OR REPLACE TABLE ... CLONE `{undone[0]}`, while the undo point is kept"
    ]
