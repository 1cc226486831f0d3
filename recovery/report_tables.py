"""What a plan and a report say about BigQuery. Pure: text from values."""

from recovery.compare import Expired
from recovery.outcome import RecoveryReport
from recovery.plan import Plan, TableStep, authorized_name
from recovery.units import counted, printable, size


def table_lines(plan: Plan) -> list[str]:
    """Write what happens to each dataset and table."""
    target = plan.request.target
    lines = []
    for dataset in plan.datasets:
        name = target.dataset_id(dataset.dataset_id)
        if dataset.create:
            lost = "" if target.prefix else " (then one that was deleted cannot be undeleted)"
            lines.append(f"  {'create':<20} dataset {name}{lost}")
            continue
        lines += [
            f"  {'differs':<20} dataset {name}: {printable(item.text)} (left alone)"
            for item in dataset.findings
        ]
        lines += [
            f"  {'authorize':<20} {' '.join(authorized_name(entry)[:1])} "
            f"{'.'.join(authorized_name(entry)[2:])} again, in dataset {name}"
            for entry in dataset.authorizes
        ]
    return lines + [_line(step, f"{target.prefix}{step.table}") for step in plan.tables]


def definition_lines(plan: Plan) -> list[str]:
    """Write what happens to each view and routine that does not stay as it is."""
    return [
        f"  {step.action:<20} {step.kind} {plan.request.target.prefix}{step.name}"
        f"{f': {step.why}' if step.why else ''}"
        for step in plan.definitions
        if step.action != "leave"
    ]


def table_cost(plan: Plan) -> list[str]:
    """Write what the tables of a plan cost: rows, bytes and jobs."""
    if not plan.tables:
        return []
    moved = [step for step in plan.tables if step.source]
    loaded = [step for step in moved if step.source and step.source.name == "vault"]
    stored = size(sum(step.stored_bytes for step in loaded))
    return [
        (
            f"{counted(len(moved), 'table')}, {counted(sum(step.rows for step in moved), 'row')}: "
            f"{stored} to load for {counted(len(loaded), 'table')}, the rest by queries; loads and "
            "copies are free, proving scans each of these tables three times"
        )
    ]


def table_outcome_lines(report: RecoveryReport) -> list[str]:
    """Write how each table, and each dataset, view and routine that was made, ended."""
    prefix = report.plan.request.target.prefix
    lines = []
    for item in report.tables:
        source = f", from {item.source}" if item.source else ""
        name = f"{prefix}{item.table}"
        how = f"{item.action}, {counted(item.rows, 'row')}{source}"
        lines.append(f"  {item.state:<9} {name}  ({'; '.join([how, *_expired(item.expired)])})")
        lines += [f"            undo point {item.undo}"] if item.undo else []
        lines += [f"            {item.error}"] if item.error else []
        lines += [f"            hint: {item.hint}"] if item.hint else []
        lines += [f"            {printable(found.text)}" for found in item.findings]
    return lines + _definition_outcomes(report)


def _definition_outcomes(report: RecoveryReport) -> list[str]:
    """Write that what has no rows is proven; what is not stands among the report's problems."""
    plan = report.plan
    made = [
        f"dataset {plan.request.target.dataset_id(step.dataset_id)}"
        for step in plan.datasets
        if step.create
    ]
    failed = {problem.partition(":")[0] for problem in report.problems}
    proven = [name for name in made if name not in failed]
    proven += [
        f"{step.kind} {plan.request.target.prefix}{step.name}"
        for step in plan.definitions
        if step.action != "leave" and step.name not in failed
    ]
    return [f"  {'proven':<9} {name}" for name in proven]


def _expired(gone: Expired) -> list[str]:
    if not gone.partitions:
        return []
    count = f"{counted(len(gone.partitions), 'partition')} ({counted(gone.rows, 'row')})"
    return [f"{count} expired by the table's own rule"]


def _line(step: TableStep, name: str) -> str:
    kept = len(step.kept_partitions)
    if step.action == "leave":
        notes = [step.why, *([f"{counted(kept, 'newer partition')} kept"] if kept else [])]
        return f"  {'leave':<20} {name}: {'; '.join([*notes, *_expired(step.expired)])}"
    notes = [step.why, *_expired(step.expired)]
    if step.rows:
        notes.append(counted(step.rows, "row"))
    if step.source:
        stored = f", {size(step.stored_bytes)}" if step.source.name == "vault" else ""
        notes.append(f"from {step.source.name}{stored}: {step.source.why}")
    if step.loses_rows:
        notes.append("REPLACES ROWS THAT ARE THERE")
    if kept:
        notes.append(f"keeps {counted(kept, 'partition')} newer than the recovery point")
    if step.removed_partitions:
        notes.append(f"removes {counted(len(step.removed_partitions), 'partition')}")
    return f"  {step.action:<20} {name}: {'; '.join(notes)}"
