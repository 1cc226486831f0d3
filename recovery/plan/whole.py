"""The whole of a recovery, decided."""

from manifests.model import Manifest, RunId, TableBackup, UtcTime, Value
from manifests.references import definitions_of
from manifests.selection import PassedOver
from recovery.plan.access import PresentAccess, access_changes
from recovery.plan.access_change import AccessChange
from recovery.plan.asked import check_covered, check_names
from recovery.plan.buckets import BucketPlan, objects_lost
from recovery.plan.copies import referring_to_original
from recovery.plan.definitions import (
    DatasetStep,
    DefinitionStep,
    definitions_lost,
    ended_views,
    left_ended,
    made_names,
    plan_datasets,
    plan_definition,
    with_lacks,
)
from recovery.plan.documents import (
    DatabaseStep,
    plan_database,
)
from recovery.plan.expirations import Expiration
from recovery.plan.fallen import FallBack, written_between
from recovery.plan.lost import documents_lost, never_held, tables_lost
from recovery.plan.observed import Observed
from recovery.plan.rebuild import RebuildStep
from recovery.plan.request import Request, Target
from recovery.plan.sources import Source, choose_source
from recovery.plan.tables import TableStep, plan_table
from recovery.plan.unseen import Unseen, seen_part
from recovery.scenarios import scenario


class Plan(Value):
    """A whole recovery, decided."""

    request: Request
    run_id: RunId | None
    recovery_point: UtcTime
    datasets: tuple[DatasetStep, ...]
    tables: tuple[TableStep, ...]
    definitions: tuple[DefinitionStep, ...]
    cannot_bring_back: tuple[str, ...]
    passed_over: tuple[PassedOver, ...] = ()
    """Runs that could not be chosen, and why: damaged, partial and foreign ones."""
    manifest_digest: str = ""
    """Of the run's manifest, from which alone the plan is carried out."""
    fallen_back: tuple[FallBack, ...] = ()
    """What comes from an older run, because a file of this one is damaged."""
    foreign: str = ""
    """Whose run it is, when it is another platform's."""
    seen: str = ""
    """A digest of what was observed; empty where nothing was."""
    left_out: tuple[str, ...] = ()
    """What the run holds and the catalog does not name."""
    leaning: tuple[str, ...] = ()
    """What leans on a file of the vault that `verify` found damaged."""
    unseen: tuple[Unseen, ...] = ()
    """What could not be looked at, and is left as it is."""
    expired: tuple[Expiration, ...] = ()
    """What is written although its own time is over: without that time, or with another."""
    left_alone: tuple[str, ...] = ()
    """Tables, views and routines that differ and are left, because only what is missing was asked for."""
    access: tuple[AccessChange, ...] = ()
    """What changes about who may see what."""
    buckets: tuple[BucketPlan, ...] = ()
    databases: tuple[DatabaseStep, ...] = ()
    rebuilds: tuple[RebuildStep, ...] = ()
    """What is rebuilt without any run; then nothing else is in the plan."""

    @property
    def changes(self) -> bool:
        """Whether executing the plan would change anything."""
        return (
            self.changes_tables
            or any(step.changes(exact=self.request.exact) for step in self.buckets)
            or any(step.changes for step in self.databases)
            or any(step.writes for step in self.rebuilds)
        )

    @property
    def oldest_point(self) -> UtcTime:
        """Return the recovery point of what is brought back from the oldest run."""
        return min([self.recovery_point, *(item.recovery_point for item in self.fallen_back)])

    @property
    def targets(self) -> list[str]:
        """Return the name of everything whose progress is told."""
        names = [step.table for step in self.tables]
        names += [step.target for step in self.buckets]
        names += [step.into for step in self.databases]
        return names + [step.into for step in self.rebuilds]

    @property
    def written(self) -> set[str]:
        """Return the tables, views and routines that do not stay as they are."""
        tables = {step.table for step in self.tables if step.action != "leave"}
        return tables | {step.name for step in self.definitions if step.action != "leave"}

    @property
    def undeletes(self) -> tuple[str, ...]:
        """Return the datasets that are to be undeleted; what is in them is planned after that."""
        return tuple(step.dataset_id for step in self.datasets if step.undelete)

    @property
    def changes_tables(self) -> bool:
        """Whether executing the plan would change anything in BigQuery."""
        return any(step.create or step.sets or step.authorizes for step in self.datasets) or bool(
            self.written
        )


def make_plan(
    manifest: Manifest,
    observed: Observed,
    request: Request,
    *,
    passed_over: tuple[PassedOver, ...] = (),
    fallen_back: tuple[FallBack, ...] = (),
) -> Plan:
    """Decide what a recovery to a run's recovery point does.

    Args:
        manifest: The run's manifest, with what falls back as older runs have it.
        observed: The world as it is.
        request: What the operator asked for.
        passed_over: The runs that could not be chosen, and why.
        fallen_back: What comes from an older run.

    Raises:
        NoRecoveryPointError: The run holds nothing of what the scenario brings back.
        UsageError: A dataset, table or partition that was asked for is not in the run.
    """
    check_covered(manifest, request)
    check_names(manifest, request)
    manifest = seen_part(manifest, observed.unseen)
    wanted = [table for table in manifest.tables if request.wants(table)]
    dataset_ids = {table.dataset_id for table in wanted} | whole_datasets(manifest, request)
    datasets = [item for item in manifest.datasets if item.dataset_id in dataset_ids]
    older = {item.name for item in fallen_back}
    planned = [
        plan_source(table, manifest, observed, request, is_older=table.name in older)
        for table in wanted
    ]
    steps = tuple(step for step in planned if not (request.only_missing and step.needs_overwrite))
    ended = ended_views(
        manifest.datasets, [step.table for step in steps if step.action in ("create", "rebuild")]
    )
    written = tuple(
        plan_definition(name, kind, resource, observed.definitions[name], made=ended.get(name, ""))
        for item in datasets
        if request.wants_definitions(item.dataset_id)
        for name, kind, resource in definitions_of(item)
        if name not in request.exclude
    )
    definitions = tuple(
        step for step in written if not (request.only_missing and step.needs_overwrite)
    )
    databases = tuple(
        plan_database(item, observed.databases[item.database_id], request, manifest.project)
        for item in manifest.databases
        if request.wants_database(item)
    )
    chosen = {name: observed.datasets[name] for name in dataset_ids}
    back = {name for name, is_back in observed.undeleted.items() if is_back}
    dataset_steps = plan_datasets(
        manifest.datasets if request.covers("tables") else (),
        dataset_ids,
        observed.datasets,
        made_names(manifest.project, request.target, chosen, definitions, back),
        undeletable=lambda name: (
            request.target == Target(project=manifest.project)
            and not request.create_datasets
            and name not in observed.undeleted
        ),
        compares=lambda name: request.compares_settings("tables", manifest.project, name),
        sets=request.settings,
    )
    undeleting = {step.dataset_id for step in dataset_steps if step.undelete}
    definitions = with_lacks(
        definitions,
        {name: resource for item in datasets for name, _, resource in definitions_of(item)},
        {item for item in observed.missing if item[1] not in undeleting},
    )
    made = Plan(
        request=request,
        run_id=manifest.run_id,
        recovery_point=manifest.recovery_point,
        datasets=dataset_steps,
        tables=steps,
        definitions=definitions,
        fallen_back=fallen_back,
        cannot_bring_back=(
            *written_between(fallen_back, manifest.recovery_point),
            *tables_lost(manifest, wanted, dataset_steps),
            *referring_to_original(manifest, wanted, definitions, request),
            *definitions_lost(definitions),
            *left_ended(ended, definitions),
            *objects_lost(manifest, observed.buckets),
            *documents_lost(databases, manifest.recovery_point),
            *never_held(manifest, scenario(request.scenario).covers),
        ),
        passed_over=passed_over,
        unseen=observed.unseen,
        left_alone=(
            *(step.table for step in planned if step not in steps),
            *(step.name for step in written if step.name not in {it.name for it in definitions}),
        ),
        buckets=observed.buckets,
        databases=databases,
    )
    present = PresentAccess(
        datasets=observed.datasets,
        originals=observed.originals,
        account=observed.account,
        tables=observed.tables,
        buckets=observed.present_buckets,
    )
    return with_access(made, manifest, present)


def whole_datasets(manifest: Manifest, request: Request) -> set[str]:
    """Return the datasets that are recovered and had no tables, but views and routines."""
    filled = {table.dataset_id for table in manifest.tables}
    return {
        item.dataset_id
        for item in manifest.datasets
        if item.dataset_id not in filled
        and request.covers("tables")
        and request.wants_definitions(item.dataset_id)
    }


def with_access(plan: Plan, manifest: Manifest, present: PresentAccess) -> Plan:
    """Return a plan that says what it changes about who may see what.

    Args:
        plan: The plan, which may come from a journal: what that says of access is not believed.
        manifest: The manifest of its run.
        present: Who may see what now.

    Raises:
        ManifestAlteredError: The plan names what is not in its run.
    """
    changes = access_changes(
        manifest,
        plan.request.target,
        present,
        datasets=plan.datasets,
        tables=plan.tables,
        buckets=plan.buckets,
    )
    return plan.model_copy(update={"access": tuple(changes)})


def plan_source(
    table: TableBackup,
    manifest: Manifest,
    observed: Observed,
    request: Request,
    *,
    is_older: bool = False,
) -> TableStep:
    """Decide what happens to one table, and where its rows come from.

    Args:
        table: The table as it was.
        manifest: The manifest of the run.
        observed: The world as it is.
        request: What the operator asked for.
        is_older: Whether the table is as an older run has it.
    """
    found = observed.tables[table.name]
    step = plan_table(table, found, request)
    only_removes = step.action == "replace partitions" and not step.partitions
    if step.action in ("leave", "set properties") or only_removes:
        return step
    if request.target != Target(project=manifest.project):
        source = Source(name="vault", why="a copy is made")
    elif is_older:
        source = Source(name="vault", why="an older run is the newest that has it whole")
    elif request.from_vault:
        source = Source(name="vault", why="it was asked for")
    elif step.action == "create":
        source = Source(name="vault", why="its history is gone with it")
    elif step.action == "rebuild":
        source = Source(name="vault", why="its history may have another shape")
    else:
        source = choose_source(
            table,
            found,
            dataset=observed.datasets[table.dataset_id],
            recovery_point=manifest.recovery_point,
            now=observed.observed_at,
        )
    return step.model_copy(update={"source": source})
