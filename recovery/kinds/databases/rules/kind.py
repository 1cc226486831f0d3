"""The rules of the kind: what a recovery does to Firestore databases, and how it is told."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from manifests.catalog import Catalog
from manifests.kinds.databases.kind import DATABASES
from manifests.kinds.databases.model import DatabaseBackup
from manifests.model.run import Manifest
from recovery.document import Block, Row, Rows
from recovery.kinds.databases.rules.asked import wanted_databases
from recovery.kinds.databases.rules.demand import databases_demand
from recovery.kinds.databases.rules.documents import DatabaseStep, as_planned, plan_database
from recovery.kinds.databases.rules.drilled import (
    document_differences,
    document_files,
    drilled_databases,
    sampled_database,
)
from recovery.kinds.databases.rules.lost import documents_lost
from recovery.kinds.databases.rules.outcomes import FOLDER, DatabaseOutcome
from recovery.kinds.databases.rules.ranges import named_ranges
from recovery.kinds.databases.rules.rows import (
    database_cost,
    database_outcome_row,
    database_row,
    held_database,
    proven_databases,
)
from recovery.kinds.databases.rules.seen import DatabasesSeen
from recovery.kinds.decision import Decision, Origin
from recovery.kinds.demand import Demand
from recovery.kinds.drilled import Draw, Drilled, StoredFile
from recovery.kinds.kind import Rules, of
from recovery.kinds.outcome import Outcome, Restored
from recovery.kinds.places import Places
from recovery.kinds.step import Step
from recovery.kinds.told import Held
from recovery.request import Request


class DatabaseRules(Rules[DatabasesSeen]):
    """Databases come back with their documents, and with their settings where these are asked for."""

    kind, noun = "databases", DATABASES.noun
    steps = (DatabaseStep,)
    falls_back = True
    outcomes = (DatabaseOutcome,)
    unlisted = ("database",)

    def parts(self, manifest: Manifest) -> tuple[DatabaseBackup, ...]:
        """Return the databases of a run."""
        return manifest.databases

    def wanted(self, manifest: Manifest, request: Request) -> tuple[DatabaseBackup, ...]:
        """Return the databases that were asked for."""
        return wanted_databases(manifest, request)

    def names(self, manifest: Manifest, request: Request) -> Iterator[str]:
        """Yield every database, and the one that takes its place."""
        yield request.target.database
        yield from super().names(manifest, request)

    def not_in_run(self, manifest: Manifest, request: Request) -> Iterator[str]:
        """Yield the databases that are not in the run, once every path can be one."""
        named_ranges(request)
        return (name for name in request.databases if manifest.part(DATABASES, name) is None)

    def visible(self, manifest: Manifest, hidden: Collection[str]) -> Manifest:
        """Return a run without the databases that are hidden."""
        known = (item for item in manifest.databases if f"database {item.name}" not in hidden)
        return manifest.model_copy(update={"databases": tuple(known)})

    def plan(self, origin: Origin, seen: DatabasesSeen, request: Request) -> Decision:
        """Decide what happens to each database."""
        steps = tuple(
            plan_database(item, seen.databases[item.name], request, origin.run.project)
            for item in self.wanted(origin.run, request)
        )
        return Decision(steps=steps, lost=documents_lost(steps, origin.run.recovery_point))

    def resumed(
        self, begun: Sequence[Step], origin: Origin, seen: DatabasesSeen, request: Request
    ) -> Decision:
        """Decide again what is left; what somebody set since the plan is not set back."""
        planned = {step.name: step for step in of(begun, DatabaseStep)}
        decision = super().resumed(begun, origin, seen, request)
        steps = tuple(
            as_planned(step, planned[step.name]) if step.name in planned else step
            for step in of(decision.steps, DatabaseStep)
        )
        return decision._replace(steps=steps)

    def digested(self, seen: DatabasesSeen) -> object:
        """Return which documents are not as they were, and when they were last written."""
        return {name: item.model_dump(mode="json") for name, item in seen.databases.items()}

    def demand(self, steps: Sequence[Step], manifest: Manifest) -> Demand:
        """Return what it takes to bring documents back."""
        return databases_demand(of(steps, DatabaseStep), manifest)

    def held(self, manifest: Manifest) -> Held:
        """Tell what a run holds of each database, and what of one it does not know."""
        return Held(tuple(map(held_database, manifest.databases)))

    def journalled(self, steps: Sequence[Step]) -> Mapping[str, type[DatabaseOutcome]]:
        """Return the folder of the databases."""
        del steps
        return {FOLDER: DatabaseOutcome}

    def drilled(self, manifest: Manifest, places: Places) -> Iterator[Drilled]:
        """Yield the recovery of each database."""
        yield from drilled_databases(manifest, places)

    def sampled(
        self, manifest: Manifest, catalog: Catalog, places: Places, draw: Draw
    ) -> Iterator[Drilled]:
        """Yield the recovery of one collection."""
        yield from sampled_database(manifest, catalog, places, draw)

    def stored_files(self, manifest: Manifest) -> Iterator[StoredFile]:
        """Yield each file with documents."""
        yield from document_files(manifest)

    def differences(self, step: Step) -> Iterator[str]:
        """Yield how many documents differ, by state."""
        yield from document_differences([step])

    def plan_rows(self, steps: Sequence[Step], request: Request) -> Iterator[Row]:
        """Tell what happens to each database."""
        del request
        yield from map(database_row, of(steps, DatabaseStep))

    def cost(self, steps: Sequence[Step]) -> Iterator[str]:
        """Tell what that costs."""
        yield from database_cost(of(steps, DatabaseStep))

    def outcome_rows(
        self, outcomes: Sequence[Outcome], steps: Sequence[Step], request: Request
    ) -> Iterator[Rows]:
        """Tell how each database ended."""
        del steps, request
        rows = map(database_outcome_row, of(outcomes, DatabaseOutcome))
        yield Rows(tuple(rows), "ended documents")

    def proven(
        self,
        outcomes: Sequence[Outcome],
        steps: Sequence[Step],
        point: str,
        exceptions: Sequence[str],
    ) -> Iterator[Block]:
        """Tell how many databases are proven, and what is not part of that."""
        del steps
        yield from proven_databases(of(outcomes, DatabaseOutcome), point, exceptions)

    def restored(
        self, outcomes: Sequence[Outcome], steps: Sequence[Step], manifest: Manifest
    ) -> Iterator[Restored]:
        """Yield the databases of which documents came back; ephemeral ones never do."""
        left_out = {step.name: sum(step.ephemeral.values()) for step in of(steps, DatabaseStep)}
        for outcome in of(outcomes, DatabaseOutcome):
            database = manifest.part(DATABASES, outcome.name)
            if database is not None and outcome.is_proven and outcome.action != "leave":
                held = database.count - left_out.get(outcome.name, 0) - outcome.erased
                yield Restored(database, outcome.written, held)
