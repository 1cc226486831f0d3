"""What of a table, view or routine is left of a plan that was begun, as it is now. Pure.

A step stays as it was: what may go is bound by what the plan told (`publish`). How much that is, and how
much comes back, is counted anew: a journal that understates it would be agreed to by mistake.
"""

from collections.abc import Mapping

from pydantic import ValidationError

from manifests.errors import ManifestAlteredError
from manifests.kinds.tables.model import TableBackup
from manifests.model.run import Manifest
from manifests.references import definitions_of
from manifests.table_types import AnyResource
from manifests.values import Resource
from recovery.compare.observed import ObservedTable, still_kept
from recovery.compare.tables import dataset_findings, definition_findings
from recovery.kinds.tables.rules.datasets import DatasetStep
from recovery.kinds.tables.rules.definitions import DefinitionStep
from recovery.kinds.tables.rules.seen import TablesSeen
from recovery.kinds.tables.rules.tables import TableStep, changed_since, modified, plan_table
from recovery.request import Request
from recovery.units import counted

_DONE = "by now it is equal, and nothing is left"


def table_now(
    step: TableStep, table: TableBackup | None, seen: TablesSeen, request: Request
) -> TableStep:
    """Return the step of a table with what is told of the table as it is now."""
    found = seen.tables.get(step.name)
    by_now, damage, losing, coming = "", step.damage, step.losing, step.coming
    if table is not None and found is not None:
        known = table.fingerprints
        coming = {name: known[name].row_count if name in known else 0 for name in step.seen}
        losing = max(losing, _going(step, table, found, request))
        by_now = _by_now(step, table, found, request)
        if found.resource is not None:
            # What is told now is what may be set; whom it lets see what needs its word.
            damage = (*damage, *changed_since(step, table, found))
    return step.model_copy(
        update={
            "by_now": by_now,
            "damage": damage,
            "losing": losing,
            "coming": coming,
            "listening": seen.listening,
        }
    )


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


def dataset_now(step: DatasetStep, run: Manifest, seen: TablesSeen) -> DatasetStep:
    """Return the step of a dataset with what differs of it now: that may be set."""
    found = seen.datasets.get(step.name)
    known = next((item for item in run.datasets if item.dataset_id == step.name), None)
    if not step.sets or found is None or known is None:
        return step
    now = dataset_findings(known.resource, found)
    new = tuple(item for item in now if item not in step.findings)
    return step.model_copy(update={"findings": (*step.findings, *new)})


def _by_now(step: TableStep, table: TableBackup, found: ObservedTable, request: Request) -> str:
    now = plan_table(table, found, request)
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
    kept, present, _ = still_kept(table, found)
    if not present.partitions:
        return False
    if step.action in ("create", "fill"):
        touched = tuple(present.partitions)
    else:
        touched = (*step.partitions, *step.removed_partitions)
    known, told = kept.fingerprints, step.told(request)
    there = present.partitions
    return any(there.get(name) not in (None, known.get(name), told.get(name)) for name in touched)


def definition_now(step: DefinitionStep, run: Manifest, seen: TablesSeen) -> DefinitionStep:
    """Return the step of a view or routine with how it differs from what it replaces, and from now.

    A journal that hid how what it replaces differs would hide that something is lost.

    Raises:
        ManifestAlteredError: What it says is replaced is nothing that could have been.
    """
    check_replaced(step)
    expected = _definitions(run).get(step.name)
    if expected is None:
        return step
    found = seen.definitions.get(step.name)
    is_equal = found is not None and not definition_findings(expected, found, subject=step.name)
    update: dict[str, object] = {
        "by_now": _DONE if is_equal and step.action in ("create", "replace") else ""
    }
    if step.replaced is not None:
        update["findings"] = definition_findings(expected, step.replaced, subject=step.name)
    return step.model_copy(update=update)


def _definitions(run: Manifest) -> Mapping[str, Resource]:
    return {name: resource for item in run.datasets for name, _, resource in definitions_of(item)}


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
