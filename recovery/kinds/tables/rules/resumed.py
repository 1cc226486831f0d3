"""What of a table, view or routine is left of a plan that was begun, as it is now. Pure.

A step stays as it was: what may go is bound by what the plan told (`publish`). How much that is, and how
much comes back, is counted anew: a journal that understates it would be agreed to by mistake.
"""

from collections.abc import Collection, Sequence

from pydantic import ValidationError

from manifests.errors import ManifestAlteredError
from manifests.kinds.tables.kind import TABLES
from manifests.kinds.tables.model import TableBackup
from manifests.model.run import Manifest
from manifests.references import definitions_of
from manifests.table_types import AnyResource
from manifests.values import Resource
from recovery.compare.erased import holding
from recovery.compare.observed import ObservedTable, without_expired
from recovery.compare.properties import same_entry
from recovery.compare.tables import dataset_findings, definition_findings
from recovery.kinds.decision import Decision, Origin
from recovery.kinds.kind import of
from recovery.kinds.step import Step
from recovery.kinds.tables.rules.datasets import DatasetStep
from recovery.kinds.tables.rules.definitions import DefinitionStep, ended_by, is_done, with_lacks
from recovery.kinds.tables.rules.plan import (
    decided,
    lost_of,
    made_anew,
    plan_source,
    with_own_time,
)
from recovery.kinds.tables.rules.seen import TablesSeen
from recovery.kinds.tables.rules.sources import Source, coming_back
from recovery.kinds.tables.rules.tables import TableStep, changed_since, modified
from recovery.request import Request
from recovery.units import counted

_DONE = "by now it is equal, and nothing is left"
_AS_BEGUN = "as it was begun"


def begun_again(
    begun: Sequence[Step], origin: Origin, seen: TablesSeen, request: Request
) -> Decision:
    """Return the steps as they were, with what is told of each thing as it is now.

    A dataset, view or routine of which the journal says nothing is decided as in a plan, and so is a view or
    routine that it leaves: nobody looks at one that is left again. What cannot be looked at now is left, as
    in a plan.

    Raises:
        ManifestAlteredError: A step undeletes, or is about what is not in the run or could not have been.
    """
    run, now = origin.run, decided(origin, seen, request)
    unseen = {item.name for item in seen.unseen}
    looked_at = [step for step in begun if not _is_unseen(step, unseen)]
    _check_in_run(of(looked_at, DefinitionStep), run)
    repeated = [step for step in looked_at if not _is_left(step)]
    known = {(step.kind, step.name) for step in (*repeated, *of(begun, TableStep))}
    untold = [step for step in now.steps if (step.kind, step.name) not in known]
    steps = (*repeated, *(step for step in untold if not isinstance(step, TableStep)))
    for step in of(steps, DatasetStep):
        if step.undelete:
            raise ManifestAlteredError("a plan that was begun undeletes nothing", subject=step.name)
    tables = [
        with_own_time(table_now(step, origin, seen, request), origin)
        for step in of(steps, TableStep)
    ]
    anew = {step.name: step for step in of(now.steps, DatasetStep)}
    datasets = [
        dataset_now(step, anew.get(step.name), run, seen) for step in of(steps, DatasetStep)
    ]
    definitions = _definitions_now(of(steps, DefinitionStep), tables, origin, seen)
    told = {step.name for step in steps}
    left = (*now.left_alone, *(step.name for step in now.steps))
    return Decision(
        # What is written is computed here, and not read from the journal.
        steps=tuple(
            step.model_copy(update={"into": request.target.name(step.name)})
            for step in (*datasets, *tables, *definitions)
        ),
        lost=lost_of(run, request, datasets, tables, definitions),
        left_alone=tuple(name for name in left if name not in told),
    )


def _is_unseen(step: Step, unseen: Collection[str]) -> bool:
    """Whether a table, view or routine, or its dataset, is among what could not be looked at."""
    dataset = f"dataset {step.name.partition('.')[0]}"
    return not {step.name, dataset}.isdisjoint(unseen)


def _held_definitions(run: Manifest) -> dict[str, Resource]:
    """Return each view and routine that a run holds, by its name."""
    return {name: resource for item in run.datasets for name, _, resource in definitions_of(item)}


def _check_in_run(steps: Sequence[DefinitionStep], run: Manifest) -> None:
    held = _held_definitions(run)
    for step in steps:
        if step.name not in held:
            raise ManifestAlteredError("the plan names what is not in its run", subject=step.name)


def _is_left(step: Step) -> bool:
    return isinstance(step, DefinitionStep) and step.action == "leave"


def _authorizing(step: DatasetStep, anew: DatasetStep | None) -> DatasetStep:
    """Return the step of a dataset with what has to be authorized in it by now, too."""
    again = () if anew is None else anew.authorizes
    new = (it for it in again if not any(same_entry(it, known) for known in step.authorizes))
    return step.model_copy(update={"authorizes": (*step.authorizes, *new)})


def table_now(step: TableStep, origin: Origin, seen: TablesSeen, request: Request) -> TableStep:
    """Return the step of a table with what is told of the table as it is now.

    Args:
        step: What the journal says.
        origin: What is brought back.
        seen: The world as it is.
        request: What the operator asked for.
    """
    table, found = origin.run.part(TABLES, step.name), seen.tables.get(step.name)
    if table is None or found is None:
        return step
    known, now = table.fingerprints, plan_source(table, origin, seen, request)
    # What expired by the table's own rule, or stays erased, does not come back.
    unexpired, _, _ = without_expired(holding(table, seen.left.get(step.name, {})), found)
    rows, stored_bytes = coming_back(unexpired, step.action, step.partitions)
    update: dict[str, object] = {
        "coming": {name: known[name].row_count if name in known else 0 for name in step.seen},
        "rows": rows,
        "stored_bytes": stored_bytes,
        "why": _AS_BEGUN,
        "source": step.source and Source(name=step.source.name, why=_AS_BEGUN),
        "listening": seen.listening,
        "losing": max(step.losing, _going(step, table, found, request)),
        "kept_partitions": now.kept_partitions,
        "kept_rows": now.kept_rows,
        "expired": now.expired,
        "by_now": _by_now(step, now, table, found, request),
    }
    if (now.action, now.partitions) == (step.action, step.partitions):
        update["why"] = now.why
        update["source"] = now.source if _is_same(now.source, step.source) else update["source"]
    if found.resource is not None:
        # What is told now is what may be set; whom it lets see what needs its word.
        update["damage"] = (*step.damage, *changed_since(step, table, found))
    return step.model_copy(update=update)


def _is_same(now: Source | None, begun: Source | None) -> bool:
    return now is not None and begun is not None and now.name == begun.name


def _going(step: TableStep, table: TableBackup, found: ObservedTable, request: Request) -> int:
    """Return how many rows are there that may go: those that the plan saw, and that are not the run's."""
    if found.resource is None or not step.loses_rows:
        return 0
    if step.action == "replace":
        is_seen = modified(found.resource) == step.modified
        return int(found.resource.get("numRows") or 0) if is_seen else 0
    known, there = table.fingerprints, found.partitions or {}
    return sum(
        there[name].row_count
        for name, told in step.told(request).items()
        if there.get(name) == told != known.get(name)
    )


def dataset_now(
    begun: DatasetStep, anew: DatasetStep | None, run: Manifest, seen: TablesSeen
) -> DatasetStep:
    """Return the step of a dataset with what differs of it now: that may be set.

    One that is gone by now is told to be gone. It is created where a plan would do that; where a plan would
    undelete it, it is not, because one that is made in its place could not be undeleted any more.

    One that is older than the recovery was not created by it, and is not set as one that was. A dataset is
    undeleted before its plan is written, so that no journal says that it was.
    """
    step, found = _authorizing(begun, anew), seen.datasets.get(begun.name)
    known = next((item for item in run.datasets if item.dataset_id == step.name), None)
    if known is None:
        raise ManifestAlteredError("the plan names what is not in its run", subject=step.name)
    if found is None:
        if step.create:
            return step
        action = "create" if anew is not None and anew.action == "create" else step.action
        gone = {"action": action, "findings": dataset_findings(known.resource, None)}
        return step.model_copy(update=gone)
    is_older = step.create and step.name in seen.older
    if not (step.sets or is_older):
        return step
    now = dataset_findings(known.resource, found)
    new = tuple(item for item in now if item not in step.findings)
    left = {"action": "leave"} if is_older else {}
    return step.model_copy(update={"findings": (*step.findings, *new), **left})


def _by_now(
    step: TableStep, now: TableStep, table: TableBackup, found: ObservedTable, request: Request
) -> str:
    if now.action == "leave":
        return "" if step.action == "leave" else _DONE
    if step.action == "leave":
        return f"by now it differs ({now.why}): it is left, and not proven"
    if _holds_untold(step, table, found, request):
        rows = f", with {counted(now.losing, 'row')} there" if now.losing else ""
        return f"by now {now.why}{rows}; WHAT CAME SINCE THE PLAN STAYS, and it is not recovered"
    is_as_planned = (now.action, now.partitions) == (step.action, step.partitions)
    return "" if is_as_planned else f"by now {now.why}"


def _holds_untold(
    step: TableStep, table: TableBackup, found: ObservedTable, request: Request
) -> bool:
    """Whether rows are there that the step would replace or remove, and of which it does not tell."""
    unexpired, present, _ = without_expired(table, found)
    if not present.partitions:
        return False
    if step.action in ("create", "fill"):
        touched = tuple(present.partitions)
    else:
        touched = (*step.partitions, *step.removed_partitions)
    known, told = unexpired.fingerprints, step.told(request)
    there = present.partitions
    return any(there.get(name) not in (None, known.get(name), told.get(name)) for name in touched)


def _definitions_now(
    steps: Sequence[DefinitionStep], tables: Sequence[TableStep], origin: Origin, seen: TablesSeen
) -> tuple[DefinitionStep, ...]:
    """Return the steps of views and routines with how each differs from what it replaces, and from now.

    A journal that hid how what it replaces differs would hide that something is lost.

    Raises:
        ManifestAlteredError: What one says is replaced is nothing that could have been.
    """
    expected = _held_definitions(origin.run)
    tables_of = ended_by(origin.run.datasets, made_anew(tables))
    for step in steps:
        check_replaced(step)
    told = []
    for step in steps:
        ends_with = [name for name in tables_of.get(step.name, ()) if name in seen.tables]
        resources = [seen.tables[name].resource for name in ends_with]
        found = seen.definitions.get(step.name)
        told.append(_definition_now(step, expected[step.name], found, resources))
    lacking = with_lacks(told, expected, set(seen.missing))
    return tuple(with_own_time(step, origin) for step in lacking)


def _definition_now(
    step: DefinitionStep,
    expected: Resource,
    found: Resource | None,
    made: Sequence[Resource | None],
) -> DefinitionStep:
    is_left = step.action == "leave"
    update: dict[str, object] = {
        "by_now": _DONE if not is_left and is_done(step.action, expected, found, made) else "",
        "why": _AS_BEGUN if step.action == "make again" else "",
    }
    if step.replaced is not None:
        update["findings"] = definition_findings(expected, step.replaced, subject=step.name)
    return step.model_copy(update=update)


def check_replaced(step: DefinitionStep) -> None:
    """Refuse what cannot be compared with what is there.

    Raises:
        ManifestAlteredError: What a plan says is replaced is no view or routine.
    """
    try:
        AnyResource.model_validate(step.replaced or {})
    except ValidationError as error:
        raise ManifestAlteredError(
            "what the plan says is replaced is no view or routine", subject=step.name
        ) from error
