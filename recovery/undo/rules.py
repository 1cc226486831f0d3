"""What of a plan is asked for, and what an undo came to. Pure."""

from collections.abc import Collection, Iterable, Sequence

from manifests.errors import (
    NotEqualError,
    PartialError,
    ReboundError,
    RefusedError,
    UsageError,
)
from recovery.listening import without_causes
from recovery.plan.approval import Decided
from recovery.undo.model import UndoOutcome, UndoPlan, UndoReport, UndoStep
from recovery.units import listed, printable

_MOST_NAMED = 5


def chosen(steps: Iterable[UndoStep], parts: Collection[str]) -> tuple[UndoStep, ...]:
    """Return the steps of the parts that were named; all where none was.

    Raises:
        UsageError: A part was named that the recovery did not touch.
    """
    found = tuple(steps)
    known = {name for step in found for name in step.names}
    if unknown := sorted(set(parts) - known):
        raise UsageError(
            f"the recovery touched no {', '.join(unknown)}",
            hint=f"it touched {listed(sorted({step.into for step in found}))}",
        )
    wanted = set(parts)
    return tuple(step for step in found if not wanted or not wanted.isdisjoint(step.names))


def decided(plan: UndoPlan) -> Decided:
    """Return what a plan decides; each step says by itself what of its thing was seen."""
    steps = {f"{step.kind} {step.into}": (step, _started(plan, step)) for step in plan.steps}
    rest = plan.model_copy(update={"steps": (), "starts": ()})
    return Decided({**steps, "the recovery, or who wrote of it": rest})


def _started(plan: UndoPlan, step: UndoStep) -> object:
    """Return what a step starts, as plain values; why nobody knows it decides nothing."""
    starts = plan.started_by(step)
    return starts and without_causes(starts.model_dump(mode="json"))


def undo_error(report: UndoReport) -> ReboundError | None:
    """Return the error that an undo ends with; None when everything that could go back did."""
    command = report.command or f"rebound undo {report.recovery_id}"
    again = f"`{command}` looks again"
    failed = [item for item in report.outcomes if item.failure]
    unequal = [item for item in failed if item.exit_code == NotEqualError.exit_code]
    told = [f"{item.into}: {item.failure}" for item in (*unequal, *failed) if item.failure]
    told = list(dict.fromkeys(told))
    if unequal:
        return NotEqualError(
            f"not as before: {named(told)}", subject=report.recovery_id, hint=again
        )
    if failed:
        return PartialError(f"not put back: {named(told)}", subject=report.recovery_id, hint=again)
    if not report.left:
        return None
    what = f"does not go back: {named(report.left)}"
    hint = "what it keeps from going back is in the plan"
    if not report.outcomes:
        return RefusedError(what, subject=report.recovery_id, hint=hint)
    return PartialError(what, subject=report.recovery_id, hint=hint, retryable=False)


def named(sentences: Sequence[str]) -> str:
    """Write what is told of several things, whole; many are counted, and JSON has them."""
    text = "; ".join(map(printable, sentences[:_MOST_NAMED]))
    more = len(sentences) - _MOST_NAMED
    return f"{text}; and {more:,} more" if more > 0 else text


def unfinished_of(plan: UndoPlan) -> tuple[UndoOutcome, ...]:
    """Return how the undo of each thing ended that an earlier one put back, but for what is lost of it."""
    return tuple(
        UndoOutcome(
            kind=step.kind,
            name=step.name,
            into=step.into,
            action=step.action,
            failure=step.left,
            exit_code=PartialError.exit_code,
        )
        for step in plan.steps
        if step.is_unfinished
    )


def left_of(plan: UndoPlan, *, with_unfinished: bool = True) -> tuple[str, ...]:
    """Return what of a plan does not go back, and why.

    Args:
        plan: The plan.
        with_unfinished: Whether also what is lost of what an earlier undo put back.
    """
    return tuple(
        f"{step.kind} {step.into}: {step.why if step.action == 'cannot' else step.left}"
        for step in plan.steps
        if step.action == "cannot" or (step.left and (with_unfinished or not step.is_unfinished))
    )
