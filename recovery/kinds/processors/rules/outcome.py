"""How missed dates ended: what was run, and what lacks all the same. Pure."""

from collections.abc import Mapping
from datetime import date
from typing import Literal

from manifests.catalog_objectives import ScenarioName
from manifests.errors import (
    CloudError,
    NotEqualError,
    ObjectiveMissedError,
    PartialError,
    RefusedError,
)
from manifests.values import UtcTime, Value
from recovery.kinds.processors.rules.plan import ProcessorPlan
from recovery.operator import Operator
from recovery.units import duration

SCENARIO: ScenarioName = "processor-failure"

DateState = Literal["proven", "lacks", "waits", "not run"]
"""How one date of a processor ended.

    proven   its rows are there and pass
    lacks    it was run, and they are not or do not
    waits    a processor whose rows it reads lacks the date
    not run  a bound of the catalog was reached before, or before it was asked for again
"""


type BoundName = Literal["requests", "seconds", "usd"]
"""What the catalog bounds of a recovery of dates."""

BOUNDS: Mapping[BoundName, str] = {
    "requests": "the catalog's bound of requests was reached",
    "seconds": "the catalog's bound of time was reached",
    "usd": "the catalog's bound of money was reached",
}
"""What is said of a date that is not run because of a bound."""


class DateOutcome(Value):
    """How one date of a processor ended.

    Attributes:
        said: What the service said of it, or why it was not asked; no proof of anything.
        bound: The bound because of which it is not run; None for none, and in records of before.
        undo: Where the table is kept as it was before; empty where it is not.
    """

    processor: str
    day: date
    state: DateState
    said: str = ""
    bound: BoundName | None = None
    undo: str = ""


class PlannedDates(Value):
    """A plan that was said yes to."""

    recovery_id: str
    started_at: UtcTime
    plan: ProcessorPlan
    operator: Operator | None = None
    """Who began it; None of one that an older version of Rebound began."""


class DatesReport(Value):
    """The end of an attempt.

    Attributes:
        left: What lacks now: the tables were looked at again after everything was run.
        dates: How each date ended that was to be run.
        requests: How many requests all attempts of the recovery sent.
        billed_bytes: What the queries of this attempt were billed for.
        operator: Who began it; None of one that an older version of Rebound began.
    """

    recovery_id: str
    plan: ProcessorPlan
    started_at: UtcTime
    finished_at: UtcTime
    left: ProcessorPlan
    dates: tuple[DateOutcome, ...]
    requests: int
    billed_bytes: int
    operator: Operator | None = None

    @property
    def is_proven(self) -> bool:
        """Whether nothing lacks any more."""
        return self.left.is_complete

    @property
    def took_seconds(self) -> float:
        """Return how long it took, from the beginning of the first attempt."""
        return (self.finished_at - self.started_at).total_seconds()


def is_of_dates(recovery_id: str) -> bool:
    """Whether a recovery is one of dates, by its id."""
    return recovery_id.startswith(f"{SCENARIO}-")


def outcome_error(
    report: DatesReport,
) -> NotEqualError | PartialError | ObjectiveMissedError | None:
    """Return the error an attempt ends with, or None when nothing lacks."""
    again = f"`{report.plan.request.resuming(report.recovery_id)}` runs again what lacks"
    if not (report.left.requests or report.dates):
        again = f"nothing of it is run by itself: `rebound plan {SCENARIO}` says which option runs it, or why none"
    if not report.is_proven:
        names = _lacking(report.left)
        not_run = {(item.processor, item.day) for item in report.dates if item.state == "not run"}
        lacking = {(step.processor, day) for step in report.left.steps for day in step.lacking}
        is_only_late = lacking <= not_run and not any(step.unread for step in report.left.steps)
        kind = PartialError if is_only_late else NotEqualError
        bounds = {item.bound for item in report.dates}
        reached = [name for name in BOUNDS if name in bounds]
        why = "".join(f"{BOUNDS[name]}; " for name in reached)
        # Time begins anew with each attempt; what was sent and spent does not.
        hints = [*(raising(name) for name in reached if name != "seconds"), again]
        hint = "; then ".join(hints)
        return kind(f"{why}dates still lack: {names}", subject=report.recovery_id, hint=hint)
    objective = report.plan.objective.rto_seconds
    if report.took_seconds > objective:
        return ObjectiveMissedError(
            f"proven after {duration(report.took_seconds)}, the objective is {duration(objective)}",
            subject=report.recovery_id,
        )
    return None


def raising(bound: BoundName) -> str:
    """Return the hint of a bound that a recovery which goes on has used up."""
    return (
        f"raise `bounds.{bound}` of the catalog's processors, or leave it and begin another recovery, "
        f"which has all of it: `rebound plan {SCENARIO}`"
    )


def require_complete(left: ProcessorPlan) -> None:
    """Insist that nothing lacks.

    Raises:
        NotEqualError: Dates lack.
    """
    if not left.is_complete:
        raise NotEqualError(
            f"dates still lack: {_lacking(left)}",
            subject=SCENARIO,
            hint="`rebound plan processor-failure` shows what runs them again",
        )


def _lacking(left: ProcessorPlan) -> str:
    return ", ".join(
        f"{step.processor} {len(step.lacking):,}" if step.unread is None else step.processor
        for step in left.steps
        if not step.is_complete
    )


def unread_error(made: ProcessorPlan) -> CloudError | RefusedError | None:
    """Return the error of a plan that could not look at everything.

    A table that is gone was looked at: the cloud answered that it is.
    """
    unread = [(step.table, step.unread) for step in made.steps if step.unread is not None]
    if not unread:
        return None
    hint = next(told.hint for _, told in unread)
    if gone := [table for table, told in unread if told.is_gone]:
        return RefusedError(
            f"no date can be run into a table that is not there: {', '.join(gone)}",
            hint=next(told.hint for _, told in unread if told.is_gone),
        )
    return CloudError(f"could not be looked at: {', '.join(name for name, _ in unread)}", hint=hint)
