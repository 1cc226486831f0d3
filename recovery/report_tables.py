"""What a plan and a report say about BigQuery. Pure: text from values."""

from manifests.model import WHOLE_TABLE
from recovery.compare import Expired
from recovery.outcome import RecoveryReport
from recovery.plan import Plan, TableStep, authorized_name
from recovery.plan.tables import removed_rows
from recovery.units import counted, duration, listed, printable, size

_MOST_PARTITIONS = 10
_UNDELETED = (
    "all that was in it comes back first; what differs then is planned anew (`--create-datasets` "
    "makes it anew instead, and what nobody protects is lost)"
)


def table_lines(plan: Plan) -> list[str]:
    """Write what happens to each dataset and table."""
    target = plan.request.target
    lines = []
    for dataset in plan.datasets:
        name = target.dataset_id(dataset.dataset_id)
        if dataset.create:
            how = "undelete" if dataset.undelete else "create"
            why = f": {_UNDELETED}" if dataset.undelete else ""
            lines.append(f"  {how:<20} dataset {name}{why}")
            continue
        lines += [
            f"  {'set' if dataset.sets else 'differs':<20} dataset {name}: {printable(item.text)}"
            f"{'' if dataset.sets else ' (left alone; `--settings` sets it back)'}"
            for item in dataset.findings
        ]
        lines += [
            f"  {'authorize':<20} {' '.join(authorized_name(entry)[:1])} "
            f"{'.'.join(authorized_name(entry)[2:])} again, in dataset {name}"
            for entry in dataset.authorizes
        ]
    for step in plan.tables:
        lines += [_line(step, f"{target.prefix}{step.table}"), *_going(step)]
    return lines + expiration_lines(plan)


def expiration_lines(plan: Plan) -> list[str]:
    """Write what comes back though its own time is over."""
    at = plan.request.expire_at
    how = f"expires {at:%Y-%m-%d %H:%M} UTC" if at else "does not expire (`--expire-at` says when)"
    return [
        f"  {'expired':<20} {plan.request.target.prefix}{item.name} on "
        f"{item.expired_at:%Y-%m-%d %H:%M} UTC by its own time: it comes back and {how}"
        for item in plan.expired
    ]


def left_alone_lines(plan: Plan) -> list[str]:
    """Name what differs and is not part of the recovery, because only what is missing is."""
    return [
        f"  {'leave':<20} {printable(name)}: it differs, and only what is missing was asked for"
        for name in plan.left_alone
    ]


def fallen_back_lines(plan: Plan) -> list[str]:
    """Write what comes from an older run, and how much older that is."""
    return [
        f"  {'fall back':<20} {printable(item.name)} to {item.recovery_point:%Y-%m-%d %H:%M} UTC, "
        f"{duration((plan.recovery_point - item.recovery_point).total_seconds())} before the rest, "
        f"from run {item.run_id}: a file of it in run {plan.run_id} is damaged"
        for item in plan.fallen_back
    ]


def definition_lines(plan: Plan) -> list[str]:
    """Write what happens to each view and routine that does not stay as it is."""
    return [
        f"  {step.action:<20} {step.kind} {plan.request.target.prefix}{step.name}"
        f"{f': {step.why}' if step.why else ''}"
        for step in plan.definitions
        if step.action != "leave"
    ] + _equal_definitions(plan, "leave", 20)


def _equal_definitions(plan: Plan, word: str, width: int) -> list[str]:
    """Write which views and routines were looked at and are equal in every property."""
    names = [step.name for step in plan.definitions if step.action == "leave"]
    if not names:
        return []
    what = "1 view or routine" if len(names) == 1 else f"{len(names):,} views and routines"
    return [f"  {word:<{width}} {what}: already equal: {listed(names)}"]


def table_cost(plan: Plan) -> list[str]:
    """Write what the tables of a plan cost: rows, bytes and jobs."""
    if not plan.tables:
        return []
    moved = [step for step in plan.tables if step.source]
    removing = [step for step in plan.tables if step.removed_partitions]
    removed = _partitions(
        sum(len(step.removed_partitions) for step in removing), sum(map(removed_rows, removing))
    )
    loaded = [step for step in moved if step.source and step.source.name == "vault"]
    stored = size(sum(step.stored_bytes for step in loaded))
    return [
        (
            f"{counted(len(moved), 'table')}, {counted(sum(step.rows for step in moved), 'row')}: "
            f"{stored} to load for {counted(len(loaded), 'table')}, the rest by queries; loads and "
            "copies are free, proving scans each of these tables three times"
        ),
        *([f"{removed} of {counted(len(removing), 'table')} to remove"] if removing else []),
    ]


def table_outcome_lines(report: RecoveryReport) -> list[str]:
    """Write how each table, and each dataset, view and routine that was made, ended."""
    prefix = report.plan.request.target.prefix
    lines = []
    for item in report.tables:
        source = f", from {item.source}" if item.source else ""
        name = f"{prefix}{item.table}"
        notes = [f"{item.action}, {counted(item.rows, 'row')}{source}", *_expired(item.expired)]
        for verb, some in (("kept", item.kept), ("removed", item.removed)):
            if some.partitions:
                count = _partitions(len(some.partitions), some.rows)
                notes.append(f"{verb} {count} that the recovery point does not know")
        lines.append(f"  {item.state:<9} {name}  ({'; '.join(notes)})")
        lines += [f"            removed {listed(item.removed.partitions)}"] * bool(
            item.removed.partitions
        )
        lines += [f"            undo point {item.undo}"] if item.undo else []
        lines += [f"            {item.error}"] if item.error else []
        lines += [f"            hint: {item.hint}"] if item.hint else []
        lines += [f"            {printable(found.text)}" for found in item.findings]
    return lines + _definition_outcomes(report)


def _definition_outcomes(report: RecoveryReport) -> list[str]:
    """Write how datasets ended, and which views and routines that were made are proven."""
    plan = report.plan
    unmade = (*report.problems, *report.impossible)
    failed = {problem.partition(":")[0] for problem in unmade}
    proven = [
        f"{step.kind} {plan.request.target.prefix}{step.name}"
        for step in plan.definitions
        if step.action != "leave" and step.name not in failed
    ]
    lines = []
    for item in report.datasets:
        lines.append(f"  {item.state:<9} {item.name}")
        lines += [f"            {printable(found.text)}" for found in item.findings]
        lines += [f"            {printable(item.error)}"] if item.error else []
    lines += [f"  {'proven':<9} {name}" for name in proven]
    return lines + _equal_definitions(plan, "equal", 9)


def _expired(gone: Expired) -> list[str]:
    if not gone.partitions:
        return []
    count = _partitions(len(gone.partitions), gone.rows)
    return [f"{count} expired by the table's own rule"]


def _line(step: TableStep, name: str) -> str:
    kept = len(step.kept_partitions)
    if step.action == "leave":
        newer = f"{counted(kept, 'newer partition')} kept ({counted(step.kept_rows, 'row')})"
        notes = [step.why, *([newer] if kept else [])]
        return f"  {'leave':<20} {name}: {'; '.join([*notes, *_expired(step.expired)])}"
    notes = [step.why, *_expired(step.expired)]
    if step.rows:
        notes.append(counted(step.rows, "row"))
    if step.source:
        stored = f", {size(step.stored_bytes)}" if step.source.name == "vault" else ""
        notes.append(f"from {step.source.name}{stored}: {step.source.why}")
    if step.loses_rows:
        verb = "IS" if step.losing == 1 else "ARE"
        rows = f"{counted(step.losing, 'row')} THAT {verb}" if step.losing else "WHAT IS"
        notes.append(f"REPLACES {rows} THERE".upper())
    if kept:
        notes.append(f"keeps {_partitions(kept, step.kept_rows)} newer than the recovery point")
    if step.removed_partitions:
        removed = _partitions(len(step.removed_partitions), removed_rows(step))
        notes.append(f"removes {removed}")
    return f"  {step.action:<20} {name}: {'; '.join(notes)}"


def _partitions(number: int, rows: int) -> str:
    return f"{counted(number, 'partition')} ({counted(rows, 'row')})"


def _going(step: TableStep) -> list[str]:
    """Write what goes and what comes in each partition that is replaced or removed."""
    lines = [
        f"    {'' if name == WHOLE_TABLE else f'{name}: '}{counted(seen.row_count, 'row')} there, "
        f"{step.coming.get(name, 0):,} in the backup"
        for name, seen in sorted(step.seen.items())
    ]
    if len(lines) > _MOST_PARTITIONS:
        more = f"    ... {len(lines) - _MOST_PARTITIONS:,} more partitions"
        lines = [*lines[:_MOST_PARTITIONS], more]
    if step.losing:
        lines.append(f"    `rebound diff {step.table}` shows rows that go and rows that come back")
    return lines
