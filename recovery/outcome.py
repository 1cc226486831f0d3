"""How a recovery went, as frozen values: what was said yes to, and what became of it."""

from manifests.model import UtcTime, Value
from recovery.kinds.buckets.rules.outcomes import BucketOutcome
from recovery.kinds.databases.rules.outcomes import DatabaseOutcome
from recovery.kinds.known import AnyOutcome
from recovery.kinds.outcome import Outcome
from recovery.kinds.tables.rules.outcomes import DatasetOutcome, DefinitionOutcome, TableOutcome
from recovery.plan.model import Plan


class PlannedRecovery(Value):
    """A plan that was said yes to."""

    recovery_id: str
    started_at: UtcTime
    plan: Plan


class AbandonedRecovery(Value):
    """That an operator closed a recovery which had not ended, and why."""

    recovery_id: str
    abandoned_at: UtcTime
    why: str


class RecoveryReport(Value):
    """The end of a recovery: what was proven, what was not, how long it took."""

    recovery_id: str
    plan: Plan
    started_at: UtcTime
    finished_at: UtcTime
    outcomes: tuple[AnyOutcome, ...]

    def of[Some: Outcome](self, kind: type[Some]) -> tuple[Some, ...]:
        """Return the outcomes of a kind, in their order."""
        return tuple(item for item in self.outcomes if isinstance(item, kind))

    @property
    def tables(self) -> tuple[TableOutcome, ...]:
        """Return how each table ended."""
        return self.of(TableOutcome)

    @property
    def datasets(self) -> tuple[DatasetOutcome, ...]:
        """Return how each dataset ended."""
        return self.of(DatasetOutcome)

    @property
    def definitions(self) -> tuple[DefinitionOutcome, ...]:
        """Return how each view and routine ended."""
        return self.of(DefinitionOutcome)

    @property
    def buckets(self) -> tuple[BucketOutcome, ...]:
        """Return how each bucket ended."""
        return self.of(BucketOutcome)

    @property
    def databases(self) -> tuple[DatabaseOutcome, ...]:
        """Return how each database ended."""
        return self.of(DatabaseOutcome)

    @property
    def is_proven(self) -> bool:
        """Whether everything was recovered and is proven."""
        is_whole = not (self.plan.unseen or self.plan.not_held)
        return all(item.is_proven for item in self.outcomes) and is_whole
