"""What a recovery would do, table by table, and why. Pure: models in, models out.

The plan is the whole decision. Executing it adds nothing, except that what turns out to be done
already is not done again.
"""

from collections.abc import Mapping
from typing import Literal

from manifests.errors import RefusedError
from manifests.fingerprint import combined
from manifests.model import (
    DatasetBackup,
    Frozen,
    Manifest,
    Resource,
    RunId,
    StoredObject,
    TableBackup,
    UtcTime,
)
from recovery.compare import (
    Finding,
    ObservedTable,
    dataset_findings,
    definition_findings,
    property_findings,
    row_findings,
    shape_findings,
)
from recovery.scenarios import ScenarioName

Action = Literal["leave", "create", "fill", "replace partitions", "rebuild", "set properties"]


class Target(Frozen):
    """Where a recovery writes.

    Attributes:
        project: The project.
        prefix: Put before every dataset id; empty restores under the original names.
    """

    project: str
    prefix: str = ""

    def dataset_id(self, original: str) -> str:
        """Return the dataset that stands for an original one."""
        return f"{self.prefix}{original}"

    def table(self, original: str) -> str:
        """Return the full id that stands for `dataset.table`."""
        return f"{self.project}.{self.prefix}{original}"


class Request(Frozen):
    """What the operator asked for.

    Attributes:
        datasets: Whole datasets with their views and routines; all when nothing is named.
        tables: Single tables, `dataset.table`, without views and routines.
        partitions: Only these partitions of the one table; all when empty.
        overwrite: Tables whose present rows may be replaced; `*` names all.
        exact: Whether partitions that the recovery point does not know are removed.
    """

    scenario: ScenarioName
    target: Target
    datasets: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    partitions: tuple[str, ...] = ()
    overwrite: tuple[str, ...] = ()
    exact: bool = False

    def wants(self, table: TableBackup) -> bool:
        """Whether a table is part of the recovery."""
        if not self.datasets and not self.tables:
            return True
        return table.name in self.tables or table.dataset_id in self.datasets

    def wants_definitions(self, dataset_id: str) -> bool:
        """Whether a dataset's views and routines are part of the recovery."""
        return dataset_id in self.datasets or not (self.datasets or self.tables)


class Observed(Frozen):
    """The world before a recovery.

    Attributes:
        datasets: The resource of each dataset, or None where there is none.
        tables: Each table of the manifest as it is.
        definitions: Each view and routine, `dataset.name`, or None where there is none.
    """

    datasets: Mapping[str, Resource | None]
    tables: Mapping[str, ObservedTable]
    definitions: Mapping[str, Resource | None]


class TableStep(Frozen):
    """What happens to one table.

    Attributes:
        damage: What is wrong with it; empty when nothing is.
        partitions: The partitions that are replaced; empty where the whole table is written.
        loses_rows: Whether rows that are there now are replaced or removed.
        kept_partitions: Partitions the recovery point does not know and the recovery keeps.
        removed_partitions: Those that it removes, because `exact` was asked for.
    """

    table: str
    action: Action
    damage: tuple[Finding, ...]
    partitions: tuple[str, ...] = ()
    loses_rows: bool = False
    kept_partitions: tuple[str, ...] = ()
    removed_partitions: tuple[str, ...] = ()
    rows: int = 0
    stored_bytes: int = 0
    why: str = ""


class DatasetStep(Frozen):
    """What happens to one dataset."""

    dataset_id: str
    create: bool
    findings: tuple[Finding, ...] = ()


class DefinitionStep(Frozen):
    """What happens to one view or routine."""

    name: str
    kind: Literal["view", "routine"]
    action: Literal["leave", "create", "replace"]
    findings: tuple[Finding, ...] = ()


class Plan(Frozen):
    """A whole recovery, decided."""

    request: Request
    run_id: RunId
    recovery_point: UtcTime
    datasets: tuple[DatasetStep, ...]
    tables: tuple[TableStep, ...]
    definitions: tuple[DefinitionStep, ...]
    cannot_bring_back: tuple[str, ...]

    @property
    def changes(self) -> bool:
        """Whether executing the plan would change anything."""
        return (
            any(step.create for step in self.datasets)
            or any(step.action != "leave" for step in self.tables)
            or any(step.action != "leave" for step in self.definitions)
        )


def make_plan(manifest: Manifest, observed: Observed, request: Request) -> Plan:
    """Decide what a recovery to a run's recovery point does."""
    wanted = [table for table in manifest.tables if request.wants(table)]
    dataset_ids = {table.dataset_id for table in wanted}
    datasets = [item for item in manifest.datasets if item.dataset_id in dataset_ids]
    steps = tuple(plan_table(table, observed.tables[table.name], request) for table in wanted)
    definitions = tuple(
        _plan_definition(name, kind, resource, observed.definitions[name])
        for item in datasets
        if request.wants_definitions(item.dataset_id)
        for name, kind, resource in definitions_of(item)
    )
    return Plan(
        request=request,
        run_id=manifest.run_id,
        recovery_point=manifest.recovery_point,
        datasets=tuple(
            DatasetStep(
                dataset_id=item.dataset_id,
                create=observed.datasets[item.dataset_id] is None,
                findings=dataset_findings(item.resource, observed.datasets[item.dataset_id]),
            )
            for item in datasets
        ),
        tables=steps,
        definitions=definitions,
        cannot_bring_back=_cannot_bring_back(manifest, wanted),
    )


def plan_table(table: TableBackup, observed: ObservedTable, request: Request) -> TableStep:
    """Decide what happens to one table."""
    if observed.resource is None:
        gone = Finding(subject=table.name, aspect="table", expected="there", actual="gone")
        return _whole(table, "create", (gone,), why="the table is gone")
    shape = shape_findings(table, observed.resource)
    if shape:
        holds_rows = int(observed.resource.get("numRows", 0)) > 0
        why = f"its {shape[0].aspect} changed, which only a new table can undo"
        return _whole(table, "rebuild", shape, why=why, loses_rows=holds_rows)
    return _plan_rows(table, observed, request)


def definitions_of(
    dataset: DatasetBackup,
) -> list[tuple[str, Literal["view", "routine"], Resource]]:
    """Return the name, kind and resource of every view and routine of a dataset."""
    named: list[tuple[str, Literal["view", "routine"], Resource]] = [
        (f"{dataset.dataset_id}.{item['tableReference']['tableId']}", "view", item)
        for item in dataset.views
    ]
    named += [
        (f"{dataset.dataset_id}.{item['routineReference']['routineId']}", "routine", item)
        for item in dataset.routines
    ]
    return named


def check_plan(plan: Plan, *, protected: tuple[str, ...], confirmed_project: str | None) -> None:
    """Refuse a plan that would lose rows or touch a protected project without the words for it.

    Raises:
        RefusedError: Nothing was changed; the hint names the missing word.
    """
    overwrite = plan.request.overwrite
    unspoken = [
        step.table
        for step in plan.tables
        if step.loses_rows and "*" not in overwrite and step.table not in overwrite
    ]
    if unspoken:
        raise RefusedError(
            f"rows that are there now would be replaced: {', '.join(unspoken)}",
            subject=plan.request.target.project,
            hint=f"`--overwrite {unspoken[0]}` allows it for one table, `--overwrite '*'` for all; "
            "an undo point is kept",
        )
    project = plan.request.target.project
    if plan.changes and project in protected and confirmed_project != project:
        raise RefusedError(
            "the project is protected",
            subject=project,
            hint=f"`--confirm-project {project}` allows it",
        )


def _plan_rows(table: TableBackup, observed: ObservedTable, request: Request) -> TableStep:
    properties = property_findings(table, observed)
    rows = row_findings(table, observed.partitions, exact=request.exact)
    present = dict(observed.partitions or {})
    wanted = {item.partition_id: item.fingerprint for item in table.partitions}
    if request.partitions:
        wanted = {name: wanted[name] for name in request.partitions if name in wanted}
        rows = tuple(item for item in rows if item.aspect.split(" ")[-1] in request.partitions)
    differing = tuple(sorted(name for name in wanted if present.get(name) != wanted[name]))
    extra = tuple(sorted(set(present) - {item.partition_id for item in table.partitions}))
    if not rows and not properties:
        return TableStep(
            table=table.name, action="leave", damage=(), kept_partitions=extra, why="already equal"
        )
    if not rows:
        return TableStep(
            table=table.name,
            action="set properties",
            damage=properties,
            kept_partitions=extra,
            why="its rows are equal",
        )
    damage = (*rows, *properties)
    if observed.partitions is not None and not present and not request.partitions:
        return _whole(table, "fill", damage, why="the table is empty")
    removed = extra if request.exact else ()
    replaced = [name for name in differing if name in present]
    return TableStep(
        table=table.name,
        action="replace partitions",
        damage=damage,
        partitions=differing,
        loses_rows=bool(replaced or removed or observed.partitions is None),
        kept_partitions=() if request.exact else extra,
        removed_partitions=removed,
        rows=combined(wanted[name] for name in differing).row_count,
        stored_bytes=sum(item.size_bytes for item in _objects_for(table, differing)),
        why=f"{len(differing)} of {len(table.partitions)} partitions differ, "
        f"{len(differing) - len(replaced)} of them are missing",
    )


def _whole(
    table: TableBackup,
    action: Action,
    damage: tuple[Finding, ...],
    *,
    why: str,
    loses_rows: bool = False,
) -> TableStep:
    return TableStep(
        table=table.name,
        action=action,
        damage=damage,
        loses_rows=loses_rows,
        rows=table.fingerprint.row_count,
        stored_bytes=sum(item.size_bytes for item in table.objects),
        why=why,
    )


def _objects_for(table: TableBackup, partitions: tuple[str, ...]) -> list[StoredObject]:
    needed = {item.export_id for item in table.partitions if item.partition_id in partitions}
    return [
        stored
        for export in table.exports
        if export.export_id in needed
        for stored in export.objects
    ]


def _plan_definition(
    name: str, kind: Literal["view", "routine"], expected: Resource, actual: Resource | None
) -> DefinitionStep:
    findings = definition_findings(expected, actual, subject=name)
    if not findings:
        return DefinitionStep(name=name, kind=kind, action="leave")
    action: Literal["create", "replace"] = "create" if actual is None else "replace"
    return DefinitionStep(name=name, kind=kind, action=action, findings=findings)


def _cannot_bring_back(manifest: Manifest, wanted: list[TableBackup]) -> tuple[str, ...]:
    notes = [f"rows written after {manifest.recovery_point:%Y-%m-%dT%H:%MZ}"]
    notes += [
        f"about {table.streaming_buffer.estimated_rows} rows of {table.name} that were still in its "
        "streaming buffer"
        for table in wanted
        if table.streaming_buffer is not None
    ]
    notes += [
        f"{skew.subject} as of the recovery point: they were read {skew.skew_seconds:.0f} s later"
        for skew in manifest.skews
    ]
    notes.append("time travel history, access granted on single tables, transfer and job history")
    return tuple(notes)
