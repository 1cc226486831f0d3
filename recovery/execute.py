"""Carries out a plan: asks each kind of the scenario, in order, to recover its things.

Repeating it is safe: every kind looks at the destination first. One thing that fails stops no other,
and one kind that cannot be recovered at all stops no other kind.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, Literal

from manifests.errors import ReboundError
from recovery.journal import Journal
from recovery.kinds.decision import Origin
from recovery.kinds.kind import Rules
from recovery.kinds.known import rules_of
from recovery.kinds.outcome import Failure, Outcome
from recovery.kinds.step import Step
from recovery.kinds.work import Running, Work
from recovery.outcome import PlannedRecovery, RecoveryPhase, RecoveryReport
from recovery.progress import Progress
from recovery.scenarios import RecoveryKind


def carried_out(
    planned: PlannedRecovery,
    origin: Origin,
    work: Callable[[RecoveryKind], Work[Any]],
    *,
    journal: Journal,
    clock: Callable[[], datetime],
    progress: Progress,
) -> RecoveryReport:
    """Recover everything the plan names and return what was proven and what was not.

    Args:
        planned: The plan that was said yes to.
        origin: What is brought back.
        work: Returns what recovers a kind.
        journal: What was done so far.
        clock: Gives the present instant.
        progress: Told how far each thing is.

    Raises:
        ReboundError: No kind at all could be recovered; the first of them says why.
    """
    plan = planned.plan
    running = Running(
        recovery_id=planned.recovery_id,
        started_at=planned.started_at,
        request=plan.request,
        journal=journal,
        progress=progress,
    )
    outcomes: list[Outcome] = []
    began_at = clock()
    before = max(0.0, (began_at - planned.started_at).total_seconds())
    phases = [RecoveryPhase(name="until anything is written", state="done", seconds=before)]
    errors: list[ReboundError] = []
    about = [
        (rules, steps) for rules in rules_of(plan.request.kinds) if (steps := rules.of(plan.steps))
    ]
    for rules, steps in about:
        ended: dict[tuple[str, str], Outcome] = {}
        try:
            for outcome in work(rules.kind).recover(steps, origin, running):
                ended[outcome.kind, outcome.name] = outcome
        except ReboundError as error:
            errors.append(error)
            left = [step for step in steps if (step.kind, step.name) not in ended]
            of_kind = [*ended.values(), *_failed(rules, left, error, progress)]
        else:
            of_kind = list(ended.values())
        outcomes += of_kind
        ended_at = clock()
        phases.append(_phase(rules, of_kind, (ended_at - began_at).total_seconds()))
        began_at = ended_at
    if errors and len(errors) == len(about):
        raise errors[0]
    report = RecoveryReport(
        recovery_id=planned.recovery_id,
        plan=plan,
        started_at=planned.started_at,
        finished_at=clock(),
        outcomes=tuple(outcomes),
        operator=planned.operator,
        phases=tuple(phases),
    )
    return journal.end(report)


def _phase(rules: Rules[Any], outcomes: Sequence[Outcome], seconds: float) -> RecoveryPhase:
    is_proven = all(item.is_proven for item in outcomes)
    state: Literal["proven", "NOT PROVEN"] = "proven" if is_proven else "NOT PROVEN"
    return RecoveryPhase(name=rules.kind, state=state, seconds=max(0.0, seconds))


def _failed(
    rules: Rules[Any], steps: Sequence[Step], error: ReboundError, progress: Progress
) -> Iterator[Outcome]:
    """Yield how steps ended that were not reached, because nothing of their kind can be recovered."""
    for step in steps:
        if step.followed:
            progress(step.followed, "failed")
        yield rules.failed(step, Failure.of(error))
