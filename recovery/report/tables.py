"""What a plan and a report say about BigQuery, as rows. Pure."""

from collections.abc import Iterator

from manifests.model import WHOLE_TABLE
from recovery.compare import Expired
from recovery.kinds.outcome import Outcome
from recovery.kinds.tables.rules.datasets import DatasetStep, authorized_name
from recovery.kinds.tables.rules.definitions import DefinitionStep
from recovery.kinds.tables.rules.outcomes import TableOutcome
from recovery.kinds.tables.rules.tables import TableStep, removed_rows
from recovery.outcome import RecoveryReport
from recovery.plan.model import Plan
from recovery.report.document import Row
from recovery.units import counted, duration, listed, size

_MOST_PARTITIONS = 10
_UNDELETED = (
    "all that was in it comes back first; what differs then is planned anew (`--create-datasets` "
    "makes it anew instead, and what nobody protects is lost)"
)


def table_rows(plan: Plan) -> Iterator[Row]:
    """Tell what happens to each dataset and table."""
    for dataset in plan.datasets:
        yield from _dataset_rows(dataset, dataset.into)
    for step in plan.tables:
        yield _table_row(step, step.into)
    yield from expiration_rows(plan)


def _dataset_rows(dataset: DatasetStep, name: str) -> Iterator[Row]:
    if dataset.create:
        why = f": {_UNDELETED}" if dataset.undelete else ""
        yield Row(f"dataset {name}{why}", "undelete" if dataset.undelete else "create")
        return
    for item in dataset.findings:
        left = "" if dataset.sets else " (left alone; `--settings` sets it back)"
        yield Row(f"dataset {name}: {item.text}{left}", "set" if dataset.sets else "differs")
    for entry in dataset.authorizes:
        kind, _, *ids = authorized_name(entry)
        yield Row(f"{kind} {'.'.join(ids)} again, in dataset {name}", "authorize")


def expiration_rows(plan: Plan) -> Iterator[Row]:
    """Tell what comes back though its own time is over."""
    at = plan.request.expire_at
    how = f"expires {at:%Y-%m-%d %H:%M} UTC" if at else "does not expire (`--expire-at` says when)"
    steps: tuple[TableStep | DefinitionStep, ...] = (*plan.tables, *plan.definitions)
    for step in steps:
        if step.expired_at is not None:
            yield Row(
                f"{step.into} on {step.expired_at:%Y-%m-%d %H:%M} UTC by its own time: it comes back "
                f"and {how}",
                "expired",
            )


def left_alone_rows(plan: Plan) -> Iterator[Row]:
    """Name what differs and is not part of the recovery, because only what is missing is."""
    for name in plan.left_alone:
        yield Row(f"{name}: it differs, and only what is missing was asked for", "leave")


def fallen_back_rows(plan: Plan) -> Iterator[Row]:
    """Tell what comes from an older run, and how much older that is."""
    for item in plan.fallen_back:
        older = duration((plan.recovery_point - item.recovery_point).total_seconds())
        yield Row(
            f"{item.name} to {item.recovery_point:%Y-%m-%d %H:%M} UTC, {older} before the rest, "
            f"from run {item.run_id}: a file of it in run {plan.run_id} is damaged",
            "fall back",
        )


def definition_rows(plan: Plan) -> Iterator[Row]:
    """Tell what happens to each view and routine that does not stay as it is."""
    for step in plan.definitions:
        if step.action != "leave":
            why = f": {step.why}" if step.why else ""
            yield Row(f"{step.kind} {step.into}{why}", step.action)
    yield from _equal_definitions(plan, "leave")


def _equal_definitions(plan: Plan, word: str) -> Iterator[Row]:
    """Tell which views and routines were looked at and are equal in every property."""
    names = [step.name for step in plan.definitions if step.action == "leave"]
    if names:
        what = "1 view or routine" if len(names) == 1 else f"{len(names):,} views and routines"
        yield Row(f"{what}: already equal: {listed(names)}", word)


def table_cost(plan: Plan) -> Iterator[str]:
    """Tell what the tables of a plan cost: rows, bytes and jobs."""
    if not plan.tables:
        return
    moved = [step for step in plan.tables if step.source]
    loaded = [step for step in moved if step.source and step.source.name == "vault"]
    stored = size(sum(step.stored_bytes for step in loaded))
    yield (
        f"{counted(len(moved), 'table')}, {counted(sum(step.rows for step in moved), 'row')}: "
        f"{stored} to load for {counted(len(loaded), 'table')}, the rest by queries; loads and "
        "copies are free, proving scans each of these tables three times"
    )
    removing = [step for step in plan.tables if step.removed_partitions]
    if removing:
        removed = _partitions(
            sum(len(step.removed_partitions) for step in removing), sum(map(removed_rows, removing))
        )
        yield f"{removed} of {counted(len(removing), 'table')} to remove"


def table_outcome_rows(report: RecoveryReport) -> Iterator[Row]:
    """Tell how each table, and each dataset, view and routine that was made, ended."""
    for item in report.tables:
        yield _outcome_row(item, item.into)
    yield from _definition_outcomes(report)


def _outcome_row(item: TableOutcome, name: str) -> Row:
    source = f", from {item.source}" if item.source else ""
    notes = [f"{item.action}, {counted(item.rows, 'row')}{source}", *_expired(item.expired)]
    for verb, some in (("kept", item.kept), ("removed", item.removed)):
        if some.partitions:
            count = _partitions(len(some.partitions), some.rows)
            notes.append(f"{verb} {count} that the recovery point does not know")
    below = [Row(f"removed {listed(item.removed.partitions)}")] * bool(item.removed.partitions)
    below += [Row(f"undo point {item.undo}")] if item.undo else []
    below += failure_rows(item)
    below += [Row(found.text) for found in item.findings]
    return Row(f"{name}  ({'; '.join(notes)})", item.state, below=tuple(below))


def failure_rows(item: Outcome) -> list[Row]:
    """Tell why something was not recovered, and what to do about that."""
    return [Row(item.error)] * bool(item.error) + [Row(f"hint: {item.hint}")] * bool(item.hint)


def _definition_outcomes(report: RecoveryReport) -> Iterator[Row]:
    """Tell how datasets ended, and which views and routines that were made are proven."""
    done = {item.name for item in report.definitions if item.is_proven and not item.unmade}
    for item in report.datasets:
        below = [Row(found.text) for found in item.findings] + [Row(item.error)] * bool(item.error)
        yield Row(item.title, item.state, below=tuple(below))
    for step in report.plan.definitions:
        if step.name in done:
            yield Row(f"{step.kind} {step.into}", "proven")
    yield from _equal_definitions(report.plan, "equal")


def unmade_rows(report: RecoveryReport) -> Iterator[Row]:
    """Tell which views and routines are not as they were; of some the plan said so."""
    for item in report.definitions:
        if item.failure is not None:
            yield Row(item.title, "FAILED")
    for item in report.definitions:
        if item.unmade:
            why = f"{item.name}: {item.unmade}"
            yield Row(f"{why} (the plan said so: it cannot be brought back)", "NOT MADE")


def _expired(gone: Expired) -> list[str]:
    if not gone.partitions:
        return []
    count = _partitions(len(gone.partitions), gone.rows)
    return [f"{count} expired by the table's own rule"]


def _table_row(step: TableStep, name: str) -> Row:
    notes = _left_notes(step) if step.action == "leave" else _changed_notes(step)
    return Row(f"{name}: {'; '.join(notes)}", step.action, below=_going(step))


def _left_notes(step: TableStep) -> list[str]:
    kept = len(step.kept_partitions)
    newer = f"{counted(kept, 'newer partition')} kept ({counted(step.kept_rows, 'row')})"
    return [step.why, *([newer] if kept else []), *_expired(step.expired)]


def _changed_notes(step: TableStep) -> list[str]:
    kept = len(step.kept_partitions)
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
    return notes


def _partitions(number: int, rows: int) -> str:
    return f"{counted(number, 'partition')} ({counted(rows, 'row')})"


def _going(step: TableStep) -> tuple[Row, ...]:
    """Tell what goes and what comes in each partition that is replaced or removed."""
    told = [
        f"{'' if name == WHOLE_TABLE else f'{name}: '}{counted(seen.row_count, 'row')} there, "
        f"{step.coming.get(name, 0):,} in the backup"
        for name, seen in sorted(step.seen.items())
    ]
    if len(told) > _MOST_PARTITIONS:
        rest = f"... {len(told) - _MOST_PARTITIONS:,} more partitions"
        told = [*told[:_MOST_PARTITIONS], rest]
    if step.losing:
        told.append(f"`rebound diff {step.name}` shows rows that go and rows that come back")
    return tuple(map(Row, told))
