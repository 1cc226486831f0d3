"""What a recovery would do to tables, datasets, views and routines together."""

from collections.abc import Mapping, Sequence

from manifests.kinds.tables.model import DatasetBackup, TableBackup
from manifests.model.run import Manifest
from manifests.references import definitions_of
from recovery.compare.erased import holding
from recovery.kinds.decision import Decision, Origin
from recovery.kinds.tables.rules.asked import compares_settings, wanted_tables, wants_definitions
from recovery.kinds.tables.rules.copies import referring_to_original
from recovery.kinds.tables.rules.datasets import DatasetStep, made_names, plan_datasets
from recovery.kinds.tables.rules.definitions import (
    DefinitionStep,
    definitions_lost,
    ended_views,
    left_ended,
    plan_definition,
    with_lacks,
)
from recovery.kinds.tables.rules.lost import tables_lost
from recovery.kinds.tables.rules.seen import TablesSeen
from recovery.kinds.tables.rules.sources import Source, choose_source
from recovery.kinds.tables.rules.tables import TableStep, plan_table
from recovery.request import Request, Target


def decided(origin: Origin, seen: TablesSeen, request: Request) -> Decision:
    """Decide what happens to each table, dataset, view and routine."""
    manifest = origin.run
    wanted = wanted_tables(manifest, request)
    planned = [
        plan_source(table, origin, seen, request).model_copy(update={"listening": seen.listening})
        for table in wanted
    ]
    steps = [step for step in planned if not (request.only_missing and step.needs_overwrite)]
    dataset_ids = {table.dataset_id for table in wanted} | whole_datasets(manifest, request)
    chosen = [item for item in manifest.datasets if item.dataset_id in dataset_ids]
    ended = _ended(manifest, steps)
    written = _definitions(chosen, seen, request, ended)
    definitions = [step for step in written if not (request.only_missing and step.needs_overwrite)]
    datasets = _datasets(manifest, dataset_ids, seen, request, definitions)
    undeleting = {step.name for step in datasets if step.undelete}
    made = with_lacks(
        definitions,
        {name: resource for item in chosen for name, _, resource in definitions_of(item)},
        {item for item in seen.missing if item[1] not in undeleting},
    )
    known = {step.name for step in (*steps, *made)}
    return Decision(
        steps=(
            *datasets,
            *(with_own_time(step, origin) for step in steps),
            *(with_own_time(step, origin) for step in made),
        ),
        lost=lost_of(manifest, request, datasets, steps, made),
        left_alone=tuple(step.name for step in (*planned, *written) if step.name not in known),
    )


def lost_of(
    manifest: Manifest,
    request: Request,
    datasets: Sequence[DatasetStep],
    tables: Sequence[TableStep],
    definitions: Sequence[DefinitionStep],
) -> tuple[str, ...]:
    """Return what no recovery brings back of the tables, datasets, views and routines of a plan.

    Args:
        manifest: The run's manifest.
        request: What the operator asked for.
        datasets: What happens to each dataset.
        tables: What happens to each table.
        definitions: What happens to each view and routine.
    """
    wanted = wanted_tables(manifest, request)
    return (
        *tables_lost(manifest, wanted, datasets),
        *referring_to_original(manifest, wanted, definitions, request),
        *definitions_lost(definitions),
        *left_ended(_ended(manifest, tables), definitions),
    )


def _ended(manifest: Manifest, tables: Sequence[TableStep]) -> dict[str, str]:
    return ended_views(manifest.datasets, made_anew(tables))


def made_anew(tables: Sequence[TableStep]) -> tuple[str, ...]:
    """Return the names of the tables that are created or replaced."""
    return tuple(step.name for step in tables if step.action in ("create", "replace"))


def whole_datasets(manifest: Manifest, request: Request) -> set[str]:
    """Return the datasets that are recovered and had no tables, but views and routines."""
    filled = {table.dataset_id for table in manifest.tables}
    return {
        item.dataset_id
        for item in manifest.datasets
        if item.dataset_id not in filled and wants_definitions(request, item.dataset_id)
    }


def plan_source(
    table: TableBackup, origin: Origin, seen: TablesSeen, request: Request
) -> TableStep:
    """Decide what happens to one table, and where its rows come from.

    Args:
        table: The table as it was.
        origin: What is brought back.
        seen: The world as it is.
        request: What the operator asked for.
    """
    found, manifest = seen.tables[table.name], origin.run
    step = plan_table(holding(table, seen.left.get(table.name, {})), found, request)
    only_removes = step.action == "replace partitions" and not step.partitions
    if step.action in ("leave", "set properties") or only_removes:
        return step
    if request.target != Target(project=manifest.project):
        source = Source(name="vault", why="a copy is made")
    elif table.name in origin.points:
        source = Source(name="vault", why="an older run is the newest that has it whole")
    elif request.from_vault:
        source = Source(name="vault", why="it was asked for")
    elif step.action == "create":
        source = Source(name="vault", why="its history is gone with it")
    elif step.action == "replace":
        source = Source(name="vault", why="its history may have another shape")
    else:
        source = choose_source(
            table,
            found,
            dataset=seen.datasets[table.dataset_id],
            recovery_point=manifest.recovery_point,
            now=seen.observed_at,
        )
    return step.model_copy(update={"source": source})


def _definitions(
    datasets: Sequence[DatasetBackup],
    seen: TablesSeen,
    request: Request,
    ended: Mapping[str, str],
) -> list[DefinitionStep]:
    """Decide what happens to the views and routines of some datasets."""
    return [
        plan_definition(
            name,
            kind,
            resource,
            seen.definitions[name],
            target=request.target,
            made=ended.get(name, ""),
        )
        for item in datasets
        if wants_definitions(request, item.dataset_id)
        for name, kind, resource in definitions_of(item)
        if name not in request.exclude
    ]


def _datasets(
    manifest: Manifest,
    dataset_ids: set[str],
    seen: TablesSeen,
    request: Request,
    definitions: Sequence[DefinitionStep],
) -> tuple[DatasetStep, ...]:
    """Decide what happens to the datasets that are recovered, and through which what is made is seen."""
    chosen = {name: seen.datasets[name] for name in dataset_ids}
    back = {name for name, is_back in seen.undeleted.items() if is_back}
    return plan_datasets(
        manifest.datasets,
        dataset_ids,
        seen.datasets,
        made_names(manifest.project, request.target, chosen, definitions, back),
        target=request.target,
        undeletable=lambda name: (
            request.target == Target(project=manifest.project)
            and not request.create_datasets
            and name not in seen.undeleted
        ),
        compares=lambda name: compares_settings(request, manifest.project, name),
        sets=request.settings,
    )


def with_own_time[Some: (TableStep, DefinitionStep)](step: Some, origin: Origin) -> Some:
    """Return a step that says when the own time of what it writes was over."""
    over = None if step.action == "leave" else origin.expired.get(step.name)
    return step.model_copy(update={"expired_at": over})
