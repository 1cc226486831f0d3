"""How a recovery went, as frozen values: what was said yes to, and what became of it."""

from datetime import datetime, timedelta
from typing import Literal

from pydantic import Field

from manifests.values import UtcTime, Value
from recovery.kinds.known import AnyOutcome
from recovery.kinds.outcome import Outcome
from recovery.kinds.step import Step
from recovery.operator import Operator
from recovery.plan.model import Plan

_SKEW = timedelta(minutes=5)
_LATE = timedelta(minutes=15)
"""A report is written when everything has ended, tried again as long as any write."""


class PlannedRecovery(Value):
    """A plan that was said yes to."""

    recovery_id: str
    started_at: UtcTime
    plan: Plan
    operator: Operator | None = None
    """Who began it; None of one that an older version of Rebound began."""


class AbandonedRecovery(Value):
    """That an operator closed a recovery which had not ended, and why."""

    recovery_id: str
    abandoned_at: UtcTime
    why: str


class RecoveryPhase(Value):
    """One phase of a recovery, by the clock of Google's services.

    Attributes:
        name: What was done: fencing with all that came before, earlier attempts too, then each kind.
        state: Whether all of it is proven.
    """

    name: str
    state: Literal["done", "proven", "NOT PROVEN"]
    seconds: float = Field(ge=0)


class RecoveryReport(Value):
    """The end of a recovery: what was proven, what was not, how long it took."""

    recovery_id: str
    plan: Plan
    started_at: UtcTime
    finished_at: UtcTime
    outcomes: tuple[AnyOutcome, ...]
    operator: Operator | None = None
    """Who began it; None of one that an older version of Rebound began."""
    phases: tuple[RecoveryPhase, ...] = ()
    """How long its last attempt took, phase by phase; empty where nobody wrote that down."""

    def of[Some: Outcome](self, kind: type[Some]) -> tuple[Some, ...]:
        """Return the outcomes of a kind, in their order."""
        return tuple(item for item in self.outcomes if isinstance(item, kind))

    @property
    def is_proven(self) -> bool:
        """Whether everything was recovered and is proven."""
        is_whole = not (self.plan.unseen or self.plan.not_held)
        return all(item.is_proven for item in self.outcomes) and is_whole


def contradiction(planned: PlannedRecovery, report: RecoveryReport, written_at: datetime) -> str:
    """Return why a report cannot be that of a recovery; empty where it can.

    Args:
        planned: What was said yes to.
        report: What is said of its end.
        written_at: When that was written, on Cloud Storage's clock.
    """
    plan, was = report.plan, planned.plan
    if (report.recovery_id, report.started_at) != (planned.recovery_id, planned.started_at):
        return "it is the report of another recovery"
    if (plan.run_id, plan.manifest_digest) != (was.run_id, was.manifest_digest):
        return "it is about another run than the plan"
    if (plan.request.scenario, plan.request.target) != (was.request.scenario, was.request.target):
        return "it is about something else than the plan"
    at_once = -_SKEW <= written_at - report.finished_at <= _LATE
    if not (at_once and report.started_at <= report.finished_at):
        return "its times are not in order"
    ended = {(item.kind, item.name) for item in report.outcomes}
    # A resumed attempt leaves what is already as it was to be, and a report does not tell of all of that.
    ended |= {(step.kind, step.name) for step in plan.steps if not step.is_told}
    unseen = {item.name for item in plan.unseen}
    untold = [
        step.title
        for step in was.steps
        if step.is_told and (step.kind, step.name) not in ended and _called(step).isdisjoint(unseen)
    ]
    return f"it says nothing of {untold[0]}" if untold else ""


def _called(step: Step) -> set[str]:
    """Return what `Unseen` may call the thing of a step: a table goes with its dataset."""
    dataset = f"dataset {step.name.partition('.')[0]}"
    return {step.title, step.name, f"{step.kind} {step.name}", dataset}
