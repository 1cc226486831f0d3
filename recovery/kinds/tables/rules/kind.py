"""The rules of the kind: what a recovery does to tables, datasets, views and routines, and how it is told."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime

from manifests.catalog import Catalog
from manifests.errors import RefusedError
from manifests.kinds.tables.kind import TABLES
from manifests.kinds.tables.model import DatasetBackup, TableBackup
from manifests.model.run import DROPPED, Manifest
from manifests.references import definitions_of
from manifests.values import UtcTime
from recovery.access_change import AccessChange
from recovery.document import Block, Row, Rows
from recovery.kinds.decision import Decision, Origin, Own
from recovery.kinds.demand import Demand
from recovery.kinds.drilled import Draw, Drilled, StoredFile
from recovery.kinds.kind import Rules, of
from recovery.kinds.outcome import Outcome, Restored
from recovery.kinds.places import Places
from recovery.kinds.step import Step
from recovery.kinds.tables.rules.access import access_changes
from recovery.kinds.tables.rules.asked import wanted_tables, wants_definitions
from recovery.kinds.tables.rules.copies import referring_to_copy
from recovery.kinds.tables.rules.datasets import DatasetStep
from recovery.kinds.tables.rules.definitions import DefinitionStep
from recovery.kinds.tables.rules.demand import tables_demand
from recovery.kinds.tables.rules.drilled import (
    drilled_tables,
    labelled_tables,
    sampled_table,
    table_files,
)
from recovery.kinds.tables.rules.expirations import without_past
from recovery.kinds.tables.rules.held import held_tables, tables_so_far
from recovery.kinds.tables.rules.outcomes import (
    FOLDER,
    DatasetOutcome,
    DefinitionOutcome,
    TableOutcome,
)
from recovery.kinds.tables.rules.plan import decided
from recovery.kinds.tables.rules.resumed import begun_again
from recovery.kinds.tables.rules.rows import (
    proven_tables,
    table_cost,
    table_outcome_rows,
    table_plan_rows,
)
from recovery.kinds.tables.rules.seen import TablesSeen
from recovery.kinds.tables.rules.tables import TableStep
from recovery.kinds.told import Held, SoFar
from recovery.request import Request, Target


class TableRules(Rules[TablesSeen]):
    """Tables come back with the datasets they are in, and these with views and routines."""

    kind, noun = "tables", TABLES.noun
    steps = (DatasetStep, TableStep, DefinitionStep)
    falls_back = True
    outcomes = (TableOutcome, DatasetOutcome, DefinitionOutcome)
    unlisted = ("dataset", DROPPED)

    def parts(self, manifest: Manifest) -> tuple[TableBackup, ...]:
        """Return the tables of a run."""
        return manifest.tables

    def wanted(self, manifest: Manifest, request: Request) -> tuple[TableBackup, ...]:
        """Return the tables that were asked for."""
        return wanted_tables(manifest, request)

    def leaves_nothing(self, manifest: Manifest, request: Request) -> bool:
        """Whether neither a table is left nor a dataset with its views and routines."""
        datasets = (wants_definitions(request, item.dataset_id) for item in manifest.datasets)
        return not (self.wanted(manifest, request) or any(datasets))

    def names(self, manifest: Manifest, request: Request) -> Iterator[str]:
        """Yield every dataset, view, routine and table."""
        for dataset in manifest.datasets:
            yield dataset.dataset_id
            yield from (name for name, _, _ in definitions_of(dataset))
        yield from super().names(manifest, request)

    def not_in_run(self, manifest: Manifest, request: Request) -> Iterator[str]:
        """Yield the datasets, tables and partitions that are not in the run."""
        datasets = {item.dataset_id for item in manifest.datasets}
        tables = {item.name for item in manifest.tables}
        yield from (name for name in request.datasets if name not in datasets)
        yield from (name for name in request.tables if name not in tables)
        known = {
            item.partition_id
            for table in self.wanted(manifest, request)
            for item in table.partitions
        }
        yield from (f"partition {name}" for name in request.partitions if name not in known)

    def visible(self, manifest: Manifest, hidden: Collection[str]) -> Manifest:
        """Return a run without the datasets, tables, views and routines that are hidden."""
        known = [item for item in manifest.datasets if f"dataset {item.dataset_id}" not in hidden]
        dataset_ids = {item.dataset_id for item in known}
        tables = (item for item in manifest.tables if item.dataset_id in dataset_ids)
        return manifest.model_copy(
            update={
                "datasets": tuple(_visible_definitions(item, hidden) for item in known),
                "tables": tuple(item for item in tables if item.name not in hidden),
            }
        )

    def restorable(
        self, manifest: Manifest, request: Request, *, now: datetime
    ) -> tuple[Manifest, Mapping[str, UtcTime]]:
        """Let copies refer to copies, and take out the expirations that are over."""
        if request.rewrite_references:
            manifest = referring_to_copy(manifest, request)
        return without_past(manifest, now=now, expire_at=request.expire_at)

    def plan(self, origin: Origin, seen: TablesSeen, request: Request) -> Decision:
        """Decide what happens to each table, dataset, view and routine."""
        return decided(origin, seen, request)

    def resumed(
        self, begun: Sequence[Step], origin: Origin, seen: TablesSeen, request: Request
    ) -> Decision:
        """Return the steps as they were, with what is told of each thing as it is now.

        What a table may lose is bound when it is written: only what the plan told goes, and that is
        as it was then (`publish`).

        Raises:
            ManifestAlteredError: One undeletes, or replaces what could not have been.
        """
        return begun_again(begun, origin, seen, request)

    def access(
        self, steps: Sequence[Step], origin: Origin, seen: TablesSeen, target: Target
    ) -> Iterator[AccessChange]:
        """Yield who gets access to what, and which protections go."""
        yield from access_changes(
            origin.run, target, seen, datasets=of(steps, DatasetStep), tables=of(steps, TableStep)
        )

    def check_own(self, steps: Sequence[Step], target: Target, own: Own) -> None:
        """Refuse to write to the datasets of staging tables and undo points."""
        written = {target.dataset_id(step.name.partition(".")[0]) for step in steps}
        if taken := written.intersection(own.datasets):
            raise RefusedError("staging and undo points are kept there", subject=min(taken))

    def digested(self, seen: TablesSeen) -> object:
        """Return the content of each partition, and when what has it was last changed.

        Sizes and refreshes are left out: they change without anybody's doing.
        """
        datasets = {
            name: None if resource is None else resource.get("lastModifiedTime", "")
            for name, resource in seen.datasets.items()
        }
        tables = {
            name: [
                (item.resource or {}).get("lastModifiedTime", ""),
                item.model_dump(mode="json", include={"partitions"}),
            ]
            for name, item in seen.tables.items()
        }
        return {"datasets": datasets, "tables": tables}

    def demand(self, steps: Sequence[Step], manifest: Manifest) -> Demand:
        """Return what it takes to bring rows back."""
        return tables_demand(of(steps, TableStep), manifest)

    def unread(self, steps: Sequence[Step], manifest: Manifest) -> Sequence[TableBackup]:
        """Return the tables whose rows come back: a plan reads none of their files."""
        names = {step.name for step in of(steps, TableStep) if step.rows}
        return [item for item in manifest.tables if item.name in names]

    def held(self, manifest: Manifest) -> Held:
        """Tell what a run holds of each table, and which tables of its datasets no run holds."""
        return held_tables(manifest)

    def journalled(self, steps: Sequence[Step]) -> Mapping[str, type[TableOutcome]]:
        """Return the folder of the tables."""
        del steps
        return {FOLDER: TableOutcome}

    def so_far(self, steps: Sequence[Step], entries: Mapping[str, Sequence[TableOutcome]]) -> SoFar:
        """Tell which tables are published, and which wait."""
        return tables_so_far(of(steps, TableStep), entries[FOLDER])

    def drilled(self, manifest: Manifest, places: Places) -> Iterator[Drilled]:
        """Yield one recovery of all tables."""
        yield from drilled_tables(manifest, places)

    def sampled(
        self, manifest: Manifest, catalog: Catalog, places: Places, draw: Draw
    ) -> Iterator[Drilled]:
        """Yield the recovery of one table."""
        del catalog
        yield from sampled_table(manifest, places, draw)

    def labelled(self, manifest: Manifest, mark: str) -> Manifest:
        """Return a run whose datasets, tables and views have the label of a drill."""
        return labelled_tables(manifest, mark)

    def stored_files(self, manifest: Manifest) -> Iterator[StoredFile]:
        """Yield each file with rows."""
        yield from table_files(manifest)

    def differences(self, step: Step) -> Iterator[str]:
        """Yield what differs of a table, view, routine or dataset."""
        if isinstance(step, TableStep):
            yield from (item.text for item in step.damage)
        else:
            yield from super().differences(step)

    def plan_rows(self, steps: Sequence[Step], request: Request) -> Iterator[Row]:
        """Tell what happens to each dataset, table, view and routine."""
        yield from table_plan_rows(steps, request)

    def cost(self, steps: Sequence[Step]) -> Iterator[str]:
        """Tell what that costs."""
        yield from table_cost(steps)

    def outcome_rows(
        self, outcomes: Sequence[Outcome], steps: Sequence[Step], request: Request
    ) -> Iterator[Rows]:
        """Tell how each dataset, table, view and routine ended."""
        yield from table_outcome_rows(outcomes, steps, request)

    def proven(
        self,
        outcomes: Sequence[Outcome],
        steps: Sequence[Step],
        point: str,
        exceptions: Sequence[str],
    ) -> Iterator[Block]:
        """Tell how many tables are proven, and what is not part of that."""
        del steps
        yield from proven_tables(outcomes, point, exceptions)

    def restored(
        self, outcomes: Sequence[Outcome], steps: Sequence[Step], manifest: Manifest
    ) -> Iterator[Restored]:
        """Yield the tables whose rows came from the vault: what time travel held shows nothing."""
        del steps
        for outcome in of(outcomes, TableOutcome):
            table = manifest.part(TABLES, outcome.name)
            if table is None or not outcome.is_proven or outcome.action == "leave":
                continue
            if outcome.source == "vault" or not table.count:
                yield Restored(table, outcome.rows, table.count)


def _visible_definitions(dataset: DatasetBackup, hidden: Collection[str]) -> DatasetBackup:
    own = f"{dataset.dataset_id}."
    return dataset.model_copy(
        update={
            "views": tuple(
                item
                for item in dataset.views
                if own + item["tableReference"]["tableId"] not in hidden
            ),
            "routines": tuple(
                item
                for item in dataset.routines
                if own + item["routineReference"]["routineId"] not in hidden
            ),
        }
    )
