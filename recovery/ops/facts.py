"""What was read of the platform, and the bounds that judge it. Pure.

What could not be read is `Unread`, with the reason: it is unknown, never healthy.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from manifests.catalog_operations import Bands, Operations
from manifests.catalog_processors import Processors, Season
from manifests.model.run import VerdictRecord
from manifests.selection import RunSummary
from manifests.values import Resource, Value
from recovery.health import Health
from recovery.kinds.processors.rules.calendar import last_due

type Facts = Mapping[str, Any]
"""What was read, by the name of the check."""


class QueryResult(Value):
    """What BigQuery answered.

    Attributes:
        columns: The names of the columns, in order.
        rows: Each row's values.
        processed_bytes: How many bytes were read.
        billed_bytes: How many bytes are billed.
        most_bytes: How many bytes might have been billed at most.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    processed_bytes: int
    billed_bytes: int
    most_bytes: int

    @property
    def named(self) -> list[dict[str, Any]]:
        """Return each row by the names of its columns."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


@dataclass(frozen=True, slots=True)
class Unread:
    """That something could not be read.

    Attributes:
        why: What Google Cloud answered.
        hint: What to do about it; empty where nobody knows.
    """

    why: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Logged:
    """Entries of a log.

    Attributes:
        counts: How many there are, by the service, job or workflow that wrote them.
        is_whole: Whether these are all; False where there are more.
    """

    counts: Mapping[str, int]
    is_whole: bool = True


@dataclass(frozen=True, slots=True)
class LogEntries:
    """Entries of logs as they are, the newest first.

    Attributes:
        entries: The entries, as Cloud Logging lists them.
        is_whole: Whether these are all that there are.
    """

    entries: Sequence[Resource]
    is_whole: bool = True


@dataclass(frozen=True, slots=True)
class Vaulted:
    """The vault bucket, and who has which roles on it.

    Attributes:
        bucket: The bucket.
        policy: Its IAM policy.
        project_policy: The IAM policy of its project.
        project_name: Its project, as commands name it: by its number.
        project_number: The number of the protected project.
        roles: The permissions of each custom role of the two policies.
    """

    bucket: Resource
    policy: Resource
    project_policy: Resource
    project_name: str
    project_number: str
    roles: Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Execution:
    """The last execution of a workflow.

    Attributes:
        workflow: Its name.
        state: As its API says; empty where there was none.
        started_at: When it began.
        succeeded_at: When the last one began that succeeded, of those that were looked at.
    """

    workflow: str
    state: str = ""
    started_at: datetime | None = None
    succeeded_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Backups:
    """What the vault holds.

    Attributes:
        runs: Every run.
        verdicts: What `rebound verify` last found of each run.
    """

    runs: tuple[RunSummary, ...]
    verdicts: tuple[VerdictRecord, ...] = ()

    @property
    def complete(self) -> list[RunSummary]:
        """Return the complete runs, the newest last."""
        found = [run for run in self.runs if run.state == "complete" and run.recovery_point]
        return sorted(found, key=lambda run: (str(run.recovery_point), run.run_id))


@dataclass(frozen=True, slots=True)
class Frame:
    """The time and the bounds by which everything is judged.

    Attributes:
        now: The present instant.
        operations: What the catalog calls healthy.
        processors: The catalog's calendar; None where it has none.
        most_fence_hours: A fence that stands longer than so many hours is critical.
    """

    now: datetime
    operations: Operations
    processors: Processors | None = None
    most_fence_hours: float = 12

    @property
    def day(self) -> date:
        """Return the last day whose rows are due: yesterday where the catalog has no calendar."""
        if self.processors is not None:
            return last_due(self.processors, self.now)
        today = self.now.astimezone(ZoneInfo(self.operations.time_zone)).date()
        return today - timedelta(days=1)

    @property
    def season(self) -> Season | None:
        """Return the season that the day is in; None where it is in none."""
        seasons = () if self.processors is None else self.processors.seasons
        return next((item for item in seasons if self.day in item), None)

    @property
    def is_off_season(self) -> bool:
        """Whether the catalog has a calendar, and the day is in none of its seasons."""
        return self.processors is not None and self.season is None


def graded(value: float, bands: Bands) -> Health:
    """Return the health of a number by the bounds of the catalog."""
    if bands.reached(value, bands.critical):
        return Health.CRITICAL
    return Health.WARNING if bands.reached(value, bands.warning) else Health.HEALTHY
