"""What a recovery would do to each dataset, view and routine, and why."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Literal

from pydantic import AfterValidator

from manifests.ids import DatasetId, DefinitionName
from manifests.model import DatasetBackup, Resource, Value
from manifests.references import DefinitionKind, TableRef, definitions_of, text_of, unmakeable
from manifests.table_types import Access
from recovery.compare import (
    Finding,
    dataset_findings,
    definition_findings,
    is_authorized,
    same_entry,
)
from recovery.plan.request import Target

type DefinitionAction = Literal["leave", "create", "replace", "make again"]

# What of a materialized view is fixed when it is made (BigQuery, Alter materialized views).
_FIXED = ("materializedView", "timePartitioning", "rangePartitioning", "clustering", "columns")
_CHANGEABLE = ("enableRefresh", "refreshIntervalMs", "maxStaleness")


def _authorization(entry: Resource) -> Resource:
    Access.model_validate(entry)
    if not is_authorized(entry):
        message = "no view, routine or dataset"
        raise ValueError(message)
    return entry


class DatasetStep(Value):
    """What happens to one dataset.

    Attributes:
        create: Whether it is made: undeleted, or created.
        undelete: Whether it is first tried to undelete it, with all that was in it.
        findings: What differs in its settings, where they are part of the recovery.
        sets: Whether it is set to what it was.
        authorizes: Entries of its access that are given again: BigQuery takes them from a view or
            routine that is made or changed, and from a dataset that is made. Each has its type, also
            when it comes from a journal.
    """

    dataset_id: DatasetId
    create: bool
    undelete: bool = False
    findings: tuple[Finding, ...] = ()
    sets: bool = False
    authorizes: tuple[Annotated[Resource, AfterValidator(_authorization)], ...] = ()


class DefinitionStep(Value):
    """What happens to one view or routine.

    Attributes:
        findings: How it differs; empty where it is made again for its tables' sake.
        why: Why it is made again.
        replaced: What is there now and will be replaced; the plan keeps it.
        lacks: What it reads that is not there and that nothing makes; then it is tried, and no
            failure when it cannot be made.
    """

    name: DefinitionName
    kind: DefinitionKind
    action: DefinitionAction
    findings: tuple[Finding, ...] = ()
    why: str = ""
    replaced: Resource | None = None
    lacks: str = ""

    @property
    def needs_overwrite(self) -> bool:
        """Whether something else is replaced.

        A materialized view that is equal and made again for its tables' sake loses nothing.
        """
        return self.replaced is not None and bool(self.findings)


def plan_definition(
    name: str, kind: DefinitionKind, expected: Resource, actual: Resource | None, *, made: str = ""
) -> DefinitionStep:
    """Decide what happens to one view or routine.

    Args:
        name: Its name, `dataset.name`.
        kind: What it is.
        expected: Its resource at the recovery point.
        actual: Its resource now, or None where there is none.
        made: The table it reads and the recovery makes anew; empty where there is none.
    """
    findings = definition_findings(expected, actual, subject=name)
    if actual is None:
        return DefinitionStep(name=name, kind=kind, action="create", findings=findings)
    is_materialized = expected.get("type") == "MATERIALIZED_VIEW"
    why = ""
    if is_materialized and made:
        why = f"it ends with {made}, which is made anew"
    elif is_materialized and _fixed_differs(expected, actual, findings):
        why = "its query cannot be changed"
    if why:
        return DefinitionStep(
            name=name, kind=kind, action="make again", findings=findings, why=why, replaced=actual
        )
    action: DefinitionAction = "replace" if findings else "leave"
    replaced = actual if findings else None
    return DefinitionStep(name=name, kind=kind, action=action, findings=findings, replaced=replaced)


def _fixed_differs(expected: Resource, actual: Resource, findings: Sequence[Finding]) -> bool:
    aspects = {item.aspect for item in findings} & set(_FIXED)
    if aspects != {"materializedView"}:
        return bool(aspects)
    wanted, found = (
        {
            key: value
            for key, value in (resource.get("materializedView") or {}).items()
            if key not in (*_CHANGEABLE, "lastRefreshTime")
        }
        for resource in (expected, actual)
    )
    return wanted != found


def ended_views(datasets: Iterable[DatasetBackup], made: Iterable[str]) -> dict[str, str]:
    """Return the materialized views that end with a table that is made anew, and that table.

    A query over one answers that the view must be deleted and recreated. What a view reads is told
    by its text: one too many is made again at no loss, one too few would stay broken.

    Args:
        datasets: Every dataset of the run.
        made: The tables that are created or rebuilt, `dataset.table`.
    """
    views = {
        name: resource
        for dataset in datasets
        for name, kind, resource in definitions_of(dataset)
        if kind == "view"
    }
    reached = {name: name for name in made}
    grown = True
    while grown:
        # A materialized view can read a table through other views.
        found = {
            name: reached[source]
            for name, resource in views.items()
            for source in list(reached)
            if name not in reached and _reads(resource, source)
        }
        reached |= found
        grown = bool(found)
    return {
        name: reached[name]
        for name, resource in views.items()
        if name in reached and resource.get("type") == "MATERIALIZED_VIEW"
    }


def with_lacks(
    steps: Sequence[DefinitionStep], resources: Mapping[str, Resource], missing: set[TableRef]
) -> tuple[DefinitionStep, ...]:
    """Say of each view and routine that is made what it lacks.

    Args:
        steps: What happens to each.
        resources: Each at the recovery point, by name.
        missing: What is not there and nothing makes.
    """
    made = {step.name: resources[step.name] for step in steps if step.action != "leave"}
    lacking = unmakeable(made, missing)
    return tuple(
        step.model_copy(update={"lacks": lacking[step.name]}) if step.name in lacking else step
        for step in steps
    )


def definitions_lost(steps: Iterable[DefinitionStep]) -> Iterator[str]:
    """Say which views and routines cannot be made, and why."""
    for step in steps:
        if step.lacks:
            yield (
                f"{step.kind} {step.name}: it reads {step.lacks}, which is not there, and this "
                "recovery does not make it"
            )


def left_ended(ended: Mapping[str, str], steps: Iterable[DefinitionStep]) -> Iterator[str]:
    """Say which materialized views end with a table, and are not part of the recovery."""
    planned = {step.name for step in steps}
    for name, table in ended.items():
        if name not in planned:
            yield f"materialized view {name}, which ends with {table}: recover its dataset too"


def _reads(view: Resource, name: str) -> bool:
    own_id = re.escape(name.split(".", 1)[1])
    return bool(re.search(rf"(?<![\w-]){own_id}(?![\w-])", text_of(view)))


def plan_datasets(
    datasets: Sequence[DatasetBackup],
    chosen: Iterable[str],
    observed: Mapping[str, Resource | None],
    made: set[tuple[str, ...]],
    *,
    undeletable: Callable[[str], bool],
    compares: Callable[[str], bool],
    sets: bool,
) -> tuple[DatasetStep, ...]:
    """Decide what happens to each dataset.

    Args:
        datasets: Every dataset of the run.
        chosen: The ids of those that are part of the recovery; in the others nothing happens but
            that what is made anew elsewhere is authorized again.
        observed: The resource of each dataset now, or None.
        made: What is made anew, as `authorized_name` names it.
        undeletable: Whether a dataset that is gone may still be undeleted.
        compares: Whether the settings of a dataset are part of the recovery.
        sets: Whether datasets are set to what they were.
    """
    wanted = set(chosen)
    steps = []
    for item in datasets:
        found = observed[item.dataset_id]
        if item.dataset_id in wanted:
            is_compared = found is None or compares(item.dataset_id)
            findings = dataset_findings(item.resource, found) if is_compared else ()
            step = DatasetStep(
                dataset_id=item.dataset_id,
                create=found is None,
                undelete=found is None and undeletable(item.dataset_id),
                findings=findings,
                sets=sets and found is not None and bool(findings),
            )
        else:
            step = DatasetStep(dataset_id=item.dataset_id, create=False)
        again = () if found is None else _authorized_again(item.resource, found, made)
        if item.dataset_id in wanted or again:
            steps.append(step.model_copy(update={"authorizes": again}))
    return tuple(steps)


def made_names(
    project: str,
    target: Target,
    observed: Mapping[str, Resource | None],
    steps: Iterable[DefinitionStep],
    undeleted: Collection[str] = (),
) -> set[tuple[str, ...]]:
    """Return what is made, changed or undeleted under its own name, as `authorized_name` names it."""
    if target != Target(project=project):
        return set()
    made = {
        ("dataset", project, name)
        for name, found in observed.items()
        if found is None or name in undeleted
    }
    changed = [
        step for step in steps if step.action != "leave" or step.name.split(".", 1)[0] in undeleted
    ]
    return made | {(step.kind, project, *step.name.split(".", 1)) for step in changed}


def _authorized_again(
    expected: Resource, actual: Resource, made: set[tuple[str, ...]]
) -> tuple[Resource, ...]:
    entries: list[Resource] = []
    for entry in [*expected.get("access", []), *actual.get("access", [])]:
        is_known = any(same_entry(entry, other) for other in entries)
        if is_authorized(entry) and authorized_name(entry) in made and not is_known:
            entries.append(entry)
    return tuple(entries)


def authorized_name(entry: Resource) -> tuple[str, ...]:
    """Return what an entry of a dataset's access authorizes: kind, project, dataset and own id."""
    for kind, own in (("view", "tableId"), ("routine", "routineId")):
        if kind in entry:
            named = entry[kind]
            return kind, named["projectId"], named["datasetId"], named[own]
    named = entry["dataset"]["dataset"]
    return "dataset", named["projectId"], named["datasetId"]
