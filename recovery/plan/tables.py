"""What a recovery would do to each dataset, table, view and routine, and why."""

from typing import Literal

from manifests.fingerprint import combined
from manifests.model import DatasetBackup, Frozen, Resource, StoredObject, TableBackup
from recovery.compare import (
    Finding,
    ObservedTable,
    definition_findings,
    property_findings,
    row_findings,
    shape_findings,
)
from recovery.plan.request import Request

Action = Literal["leave", "create", "fill", "replace partitions", "rebuild", "set properties"]


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


def plan_definition(
    name: str, kind: Literal["view", "routine"], expected: Resource, actual: Resource | None
) -> DefinitionStep:
    """Decide what happens to one view or routine."""
    findings = definition_findings(expected, actual, subject=name)
    if not findings:
        return DefinitionStep(name=name, kind=kind, action="leave")
    action: Literal["create", "replace"] = "create" if actual is None else "replace"
    return DefinitionStep(name=name, kind=kind, action=action, findings=findings)


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
