"""What a plan and a report say about BigQuery, as rows. Pure."""

from collections.abc import Collection, Iterator, Sequence

from manifests.partitions import WHOLE_TABLE
from recovery.compare.observed import Expired
from recovery.document import Alike, Block, Command, Row, Rows
from recovery.kinds.kind import of
from recovery.kinds.outcome import Outcome
from recovery.kinds.rows import failure_rows, proven_of
from recovery.kinds.step import Step
from recovery.kinds.tables.rules.datasets import DatasetStep, authorized_name
from recovery.kinds.tables.rules.definitions import DefinitionStep
from recovery.kinds.tables.rules.outcomes import DatasetOutcome, DefinitionOutcome, TableOutcome
from recovery.kinds.tables.rules.tables import TableStep, removed_rows
from recovery.listening import UNASKED
from recovery.request import Request
from recovery.units import counted, listed, size

_MOST_PARTITIONS = 10
_UNDELETED = (
    "all that was in it comes back first; what differs then is planned anew (`--create-datasets` "
    "makes it anew instead, and what nobody protects is lost)"
)


_DIFFERING = "only where it is not back, or differs, once its dataset is undeleted"


def table_plan_rows(steps: Sequence[Step], request: Request) -> Iterator[Row]:
    """Tell what happens to each dataset, table, view and routine."""
    for dataset in of(steps, DatasetStep):
        yield from _dataset_rows(dataset, dataset.into)
    undeleted = {item.into for item in of(steps, DatasetStep) if item.create and item.undelete}
    tables = of(steps, TableStep)
    for step in tables:
        is_back = _comes_back(step, undeleted)
        yield _after_undelete(step) if is_back else _table_row(step, step.into)
    told = {step.listening.text for step in tables if step.changes and step.listening.is_told}
    for text in sorted(told):
        said = f"by BigQuery's audit log of each table that is written: {text}"
        yield Row(said, "starts", below=(Row(UNASKED),))
    yield from _expiration_rows(steps, request)
    definitions = of(steps, DefinitionStep)
    for item in definitions:
        if item.action != "leave":
            first = _DIFFERING if _comes_back(item, undeleted) else ""
            notes = "; ".join(filter(None, (first, item.why, item.by_now)))
            why = f": {notes}" if notes else ""
            yield Row(f"{item.kind} {item.into}{why}", item.action)
    yield from _equal_definitions(definitions, "leave")


def _comes_back(step: TableStep | DefinitionStep, undeleted: Collection[str]) -> bool:
    """Whether something comes back with its dataset, before it is seen whether it has to be made."""
    return step.action == "create" and step.into.rpartition(".")[0] in undeleted


def _after_undelete(step: TableStep) -> Row:
    """Tell of a table whose dataset is undeleted first: where its rows come from shows only then."""
    why = f"({_DIFFERING})"
    text = f"{step.into}: {_DIFFERING}: {counted(step.rows, 'row')} at most, from the vault"
    return Row(text, step.action, alike=Alike(step.into, "tables", why))


def _dataset_rows(dataset: DatasetStep, name: str) -> Iterator[Row]:
    if dataset.create:
        why = f": {_UNDELETED}" if dataset.undelete else ""
        yield Row(f"dataset {name}{why}", "undelete" if dataset.undelete else "create")
        return
    for item in dataset.findings:
        is_gone = item.aspect == "dataset"
        how = "another recovery undeletes it" if is_gone else "`--settings` sets it back"
        left = "" if dataset.sets else f" (left alone; {how})"
        yield Row(f"dataset {name}: {item.text}{left}", "set" if dataset.sets else "differs")
    for entry in dataset.authorizes:
        kind, _, *ids = authorized_name(entry)
        yield Row(f"{kind} {'.'.join(ids)} again, in dataset {name}", "authorize")


def _expiration_rows(steps: Sequence[Step], request: Request) -> Iterator[Row]:
    """Tell what comes back although its expiration is over."""
    at = request.expire_at
    how = f"expires {at:%Y-%m-%d %H:%M} UTC" if at else "does not expire (`--expire-at` says when)"
    timed: tuple[TableStep | DefinitionStep, ...] = (
        *of(steps, TableStep),
        *of(steps, DefinitionStep),
    )
    for step in timed:
        if step.expired_at is not None:
            yield Row(
                f"{step.into} on {step.expired_at:%Y-%m-%d %H:%M} UTC by its own time: it comes back "
                f"and {how}",
                "expired",
            )


def _equal_definitions(steps: Sequence[DefinitionStep], state: str) -> Iterator[Row]:
    """Tell which views and routines were looked at and are equal in every property."""
    names = [step.name for step in steps if step.action == "leave"]
    if names:
        what = "1 view or routine" if len(names) == 1 else f"{len(names):,} views and routines"
        yield Row(f"{what}: already equal: {listed(names)}", state)


def table_cost(steps: Sequence[Step]) -> Iterator[str]:
    """Tell what the tables of a plan cost: rows, bytes and jobs."""
    tables = of(steps, TableStep)
    if not tables:
        return
    moved = [step for step in tables if step.source]
    loaded = [step for step in moved if step.source and step.source.name == "vault"]
    stored = size(sum(step.stored_bytes for step in loaded))
    if moved:
        yield (
            f"{counted(len(moved), 'table')}, {counted(sum(step.rows for step in moved), 'row')}: "
            f"{stored} to load for {counted(len(loaded), 'table')}, the rest by queries; loads and "
            "copies are free, proving scans each of these tables three times"
        )
    removing = [step for step in tables if step.removed_partitions]
    if removing:
        removed = _partitions(
            sum(len(step.removed_partitions) for step in removing), sum(map(removed_rows, removing))
        )
        yield f"{removed} of {counted(len(removing), 'table')} to remove"


def table_outcome_rows(
    outcomes: Sequence[Outcome], steps: Sequence[Step], request: Request
) -> Iterator[Rows]:
    """Tell how each table, and each dataset, view and routine that was made, ended."""
    definitions = of(outcomes, DefinitionOutcome)
    yield Rows(
        (
            *(_outcome_row(item, item.into) for item in of(outcomes, TableOutcome)),
            *_dataset_outcomes(of(outcomes, DatasetOutcome)),
            *_definition_outcomes(definitions, of(steps, DefinitionStep)),
        ),
        "ended",
    )
    yield Rows(tuple(_unmade_rows(definitions)), "ended")
    yield Rows(tuple(_expiration_rows(steps, request)), "planned")


def proven_tables(
    outcomes: Sequence[Outcome], point: str, exceptions: Sequence[str]
) -> Iterator[Block]:
    """Tell how many tables are proven, and how to go back."""
    tables = of(outcomes, TableOutcome)
    partitions = sum(len(item.kept.partitions) for item in tables)
    rows = counted(sum(item.kept.rows for item in tables), "row")
    kept = [f"{counted(partitions, 'extra partition')} kept ({rows})"] if partitions else []
    gone = sum(item.erased.rows for item in tables)
    erased = [f"{counted(gone, 'row')} that stay erased"] if gone else []
    yield from proven_of(tables, f"tables proven equal to {point}", [*erased, *exceptions, *kept])
    for item in tables:
        if item.undo:
            statement = f"CREATE OR REPLACE TABLE `{item.into}` CLONE `{item.undo}`"
            yield Command("to go back by hand", statement, "which loses what was written since")


def _outcome_row(item: TableOutcome, name: str) -> Row:
    source = f", from {item.source}" if item.source else ""
    notes = [f"{item.action}, {counted(item.rows, 'row')}{source}", *_expired(item.expired)]
    for verb, some in (("kept", item.kept), ("removed", item.removed)):
        if some.partitions:
            count = _partitions(len(some.partitions), some.rows)
            notes.append(f"{verb} {count} that the recovery point does not know")
    if item.erased.rows:
        notes.append(f"without {counted(item.erased.rows, 'row')} of the backup that stay erased")
    below = [Row(f"removed {listed(item.removed.partitions)}")] * bool(item.removed.partitions)
    below += [Row(f"undo point {item.undo}")] if item.undo else []
    if item.erased.there:
        rows = counted(item.erased.there, "row")
        below.append(
            Row(
                f"{rows} of partitions that were left are to stay erased: `rebound erasures "
                "--statements` prints what removes them"
            )
        )
    below += failure_rows(item)
    below += [Row(found.text) for found in item.findings]
    return Row(f"{name}  ({'; '.join(notes)})", item.state, below=tuple(below))


def _dataset_outcomes(outcomes: Sequence[DatasetOutcome]) -> Iterator[Row]:
    for item in outcomes:
        below = [Row(found.text) for found in item.findings] + [Row(item.error)] * bool(item.error)
        yield Row(item.title, item.state, below=tuple(below))


def _definition_outcomes(
    outcomes: Sequence[DefinitionOutcome], steps: Sequence[DefinitionStep]
) -> Iterator[Row]:
    """Tell which views and routines that were made are proven, and which were equal."""
    done = {item.name for item in outcomes if item.is_proven and not item.unmade}
    for step in steps:
        if step.name in done:
            yield Row(f"{step.kind} {step.into}", "proven")
    yield from _equal_definitions(steps, "equal")


def _unmade_rows(outcomes: Sequence[DefinitionOutcome]) -> Iterator[Row]:
    """Tell which views and routines are not as they were; of some the plan said so."""
    for item in outcomes:
        if item.failure is not None:
            yield Row(item.title, "FAILED")
    for item in outcomes:
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
    by_now = (Row(step.by_now),) if step.by_now else ()
    return Row(f"{name}: {'; '.join(notes)}", step.action, below=(*_going(step), *by_now))


def _left_notes(step: TableStep) -> list[str]:
    kept = len(step.kept_partitions)
    extra = f"{counted(kept, 'extra partition')} kept ({counted(step.kept_rows, 'row')})"
    return [step.why, *([extra] if kept else []), *_expired(step.expired)]


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
        notes.append(
            f"keeps {_partitions(kept, step.kept_rows)} that the recovery point does not know"
        )
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
