"""How a recovery went, as frozen values: what was said yes to, and what became of it."""

from typing import Literal

from manifests.model import UtcTime, Value
from recovery.compare import Expired, Finding, PartitionSet
from recovery.compare.documents import ListedDocument
from recovery.plan import Plan
from recovery.plan.buckets import ObjectCount


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


class Outcome(Value):
    """How one table, bucket or database ended.

    Attributes:
        undo: Where what was there before is kept; empty where there was nothing.
        findings: What is not equal; empty when all that was asked for is proven equal.
        error: Why it was not recovered; empty when it was.
        hint: What to do about the error.
        exit_code: The exit code of the error; 0 when there is none.
    """

    undo: str = ""
    findings: tuple[Finding, ...] = ()
    error: str = ""
    hint: str = ""
    exit_code: int = 0

    @property
    def is_proven(self) -> bool:
        """Whether all that was asked for was recovered and is equal to the recovery point."""
        return not self.error and not self.findings

    @property
    def state(self) -> Literal["proven", "NOT EQUAL", "FAILED"]:
        """Return how the report says that it ended."""
        if self.is_proven:
            return "proven"
        return "NOT EQUAL" if self.findings else "FAILED"

    @property
    def stage(self) -> str:
        """Return how the progress says that it ended."""
        return self.state.lower()


class TableOutcome(Outcome):
    """How one table ended.

    Attributes:
        source: Where its rows came from.
        expired: What the table's own rule had let expire of the backup when it was proven.
        kept: Partitions the recovery point does not know, which are there all the same.
        removed: Those that were removed, because `exact` was asked for.
    """

    table: str
    action: str
    source: str = ""
    rows: int = 0
    expired: Expired = Expired()
    kept: PartitionSet = PartitionSet()
    removed: PartitionSet = PartitionSet()

    @property
    def name(self) -> str:
        """Return what the report calls it."""
        return self.table


class DatabaseOutcome(Outcome):
    """How one Firestore database ended.

    Attributes:
        database: The database in the backup.
        into: The database that was written.
        action: What was done.
        written: Documents that were created or replaced, by this attempt and those before it that
            ended.
        removed: Documents that were removed, by this attempt and all before it.
        equal: Documents that are equal to the recovery point now.
        kept: The first documents that differ and were kept: changed or made after the recovery
            point, or after the recovery began.
        kept_count: How many there are.
        never_restored: Ephemeral collections, which no recovery brings back.
    """

    database: str
    into: str
    action: str
    written: int = 0
    removed: int = 0
    equal: int = 0
    kept: tuple[ListedDocument, ...] = ()
    kept_count: int = 0
    never_restored: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Return what the report calls it."""
        return self.into


LeftReason = Literal["changed", "extra", "no source", "not allowed", "protected", "refused"]
"""Why an object was left as it is.

    changed      somebody wrote it after the recovery began
    extra        the recovery point does not know it, and `--exact` was not asked for
    no source    nothing holds its content any more
    not allowed  it holds other content now, and `--overwrite` does not name its bucket
    protected    a hold or a retention policy forbids replacing what is there
    refused      Google Cloud refused to write this one object, or to put it aside
"""


class LeftObjects(Value):
    """Objects that were left as they are for one reason, with the names of the first of them.

    Attributes:
        answer: What Google Cloud answered for the first, when it refused.
    """

    reason: LeftReason
    objects: int
    names: tuple[str, ...]
    answer: str = ""


class StretchOutcome(Value):
    """How one stretch of a bucket's names ended.

    Attributes:
        number: Its place in the inventory.
        equal: Objects that were as they should be when they were looked at.
        restored: Those that were brought back, by damage and source.
        moved_aside: Extra objects that were moved aside.
        unequal: Objects that are not equal after all; the first of them are the findings.
    """

    number: int
    equal: int = 0
    restored: tuple[ObjectCount, ...] = ()
    moved_aside: int = 0
    left: tuple[LeftObjects, ...] = ()
    unequal: int = 0
    findings: tuple[Finding, ...] = ()

    @property
    def is_idle(self) -> bool:
        """Whether nothing was done, nor had to be."""
        return not (self.restored or self.moved_aside or self.unequal or self.left)


class BucketOutcome(Outcome):
    """How one bucket ended.

    Attributes:
        target: The bucket that was written.
        created: Whether it was created.
    """

    bucket: str
    target: str
    created: bool = False
    equal: int = 0
    restored: tuple[ObjectCount, ...] = ()
    moved_aside: int = 0
    left: tuple[LeftObjects, ...] = ()
    unequal: int = 0

    @property
    def name(self) -> str:
        """Return what the report calls it."""
        return f"bucket {self.target}"


class DatasetOutcome(Outcome):
    """How the settings of one dataset ended: one that was made, set, or differed in the plan."""

    dataset: str

    @property
    def name(self) -> str:
        """Return what the report calls it."""
        return f"dataset {self.dataset}"


class RecoveryReport(Value):
    """The end of a recovery: what was proven, what was not, how long it took.

    Attributes:
        problems: What of datasets, views and routines is not as it should be.
        impossible: Views and routines that could not be made, as the plan said: what they read is
            not there, and no part of the recovery.
    """

    recovery_id: str
    plan: Plan
    started_at: UtcTime
    finished_at: UtcTime
    tables: tuple[TableOutcome, ...]
    datasets: tuple[DatasetOutcome, ...] = ()
    buckets: tuple[BucketOutcome, ...] = ()
    problems: tuple[str, ...] = ()
    impossible: tuple[str, ...] = ()
    databases: tuple[DatabaseOutcome, ...] = ()

    @property
    def parts(self) -> tuple[TableOutcome | DatasetOutcome | BucketOutcome | DatabaseOutcome, ...]:
        """Return how every table, dataset, bucket and database ended."""
        return *self.tables, *self.datasets, *self.buckets, *self.databases

    def database(self, into: str) -> DatabaseOutcome | None:
        """Return how one database ended, or None when it was not part of the recovery."""
        return next((item for item in self.databases if item.into == into), None)

    @property
    def is_proven(self) -> bool:
        """Whether everything was recovered and is proven."""
        is_whole = not (self.problems or self.plan.unseen)
        return all(outcome.is_proven for outcome in self.parts) and is_whole
