"""What goes back and what does not. Pure."""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime

from manifests.errors import NotEqualError, PartialError, ReboundError, UsageError
from manifests.values import Resource
from recovery.compare.properties import comparable
from recovery.kinds.outcome import Outcome
from recovery.kinds.tables.rules.definitions import DefinitionStep
from recovery.kinds.tables.rules.outcomes import (
    DatasetOutcome,
    DefinitionOutcome,
    TableOutcome,
)
from recovery.undo.model import UndoPlan, UndoReport, UndoStep
from recovery.units import listed

_GONE = "it is gone already"
_MADE = "the recovery made it, and nobody wrote to it since"


def modified_at(resource: Resource) -> datetime:
    """Return when a table, view or routine was last changed (BigQuery REST, lastModifiedTime)."""
    return _at(resource, "lastModifiedTime")


def _at(resource: Resource, field: str) -> datetime:
    return datetime.fromtimestamp(int(resource.get(field, 0)) / 1000, UTC)


def version_of(resource: Resource | None) -> str:
    """Return which state of a table, view or routine was looked at; empty for none."""
    return "" if resource is None else f"{resource.get('etag')}/{resource.get('lastModifiedTime')}"


def undo_table(
    outcome: TableOutcome,
    live: Resource | None,
    kept: Resource | None,
    *,
    began_at: datetime,
    ended_at: datetime,
) -> UndoStep:
    """Decide what happens to one table.

    Args:
        outcome: How the recovery of it ended.
        live: It as it is now; None where it is gone.
        kept: Its undo point; None where there is none.
        began_at: When the recovery began: what is older it did not make, whatever it says.
        ended_at: When the recovery ended: what changed later is somebody's write.
    """
    step = UndoStep(
        kind="table",
        name=outcome.name,
        into=outcome.into,
        action="cannot",
        why="",
        source=outcome.undo,
        seen=version_of(live),
    )
    if outcome.action == "leave":
        return _step(step, "leave", "the recovery left it as it was")
    if live is not None and (newer := _newer(live, ended_at)):
        return _step(step, "cannot", newer)
    if outcome.undo:
        return _put_back(step, outcome.action, is_kept=kept is not None)
    if outcome.action != "create":
        return _step(step, "cannot", "what was there before was not kept")
    return _removed(step, live, began_at)


def _removed(step: UndoStep, live: Resource | None, began_at: datetime) -> UndoStep:
    if live is None:
        return _step(step, "leave", _GONE)
    if (made_at := _at(live, "creationTime")) < began_at:
        why = f"it was made at {made_at:%Y-%m-%d %H:%M:%S} UTC, before the recovery began"
        return _step(step, "cannot", why)
    return _step(step, "remove", _MADE)


def _put_back(step: UndoStep, action: str, *, is_kept: bool) -> UndoStep:
    if not is_kept:
        return _step(step, "cannot", "its undo point is not kept any more")
    return _step(step, "put back", f"as it was before the recovery ({action})")


def undo_definition(
    outcome: DefinitionOutcome,
    planned: DefinitionStep | None,
    live: Resource | None,
    *,
    began_at: datetime,
    ended_at: datetime,
) -> UndoStep:
    """Decide what happens to one view or routine.

    Args:
        outcome: How the recovery of it ended.
        planned: What was planned, with what was there before.
        live: It as it is now; None where it is gone.
        began_at: When the recovery began.
        ended_at: When the recovery ended.
    """
    before = planned.replaced if planned else None
    step = UndoStep(
        kind=outcome.kind,
        name=outcome.name,
        into=outcome.into,
        action="cannot",
        why="",
        source="the plan of the recovery" if before else "",
        seen=version_of(live),
        before=before,
    )
    if outcome.failure or outcome.unmade:
        return _step(step, "leave", "the recovery did not write it")
    if live is not None and (newer := _newer(live, ended_at)):
        return _step(step, "cannot", newer)
    if before is not None:
        return _step(step, "put back", "as it was before the recovery")
    if outcome.action != "create":
        return _step(step, "cannot", "what was there before was not kept")
    return _removed(step, live, began_at)


def is_as_before(before: Resource, live: Resource | None) -> bool:
    """Whether a view or routine is what it was before the recovery."""
    return live is not None and comparable(before) == comparable(live)


def undo_other(outcome: Outcome) -> UndoStep:
    """Return what happens to what has no undo point: a dataset, or a resource of the platform."""
    is_dataset = isinstance(outcome, DatasetOutcome)
    step = UndoStep(
        kind="dataset" if is_dataset else "resource",
        name=outcome.name,
        into=outcome.into,
        action="cannot",
        why="",
        things=1,
    )
    if outcome.action == "leave":
        return _step(step, "leave", "the recovery left it as it was")
    if is_dataset and outcome.action in ("create", "undelete"):
        return _step(step, "leave", "the recovery made it; it stays, whatever is in it")
    return _step(step, "cannot", "what it was before was not kept")


def chosen(steps: Iterable[UndoStep], parts: Collection[str]) -> tuple[UndoStep, ...]:
    """Return the steps of the parts that were named; all where none was.

    Raises:
        UsageError: A part was named that the recovery did not touch.
    """
    found = tuple(steps)
    known = {name for step in found for name in (step.name, step.into)}
    if unknown := sorted(set(parts) - known):
        raise UsageError(
            f"the recovery touched no {', '.join(unknown)}",
            hint=f"it touched {listed(sorted(known))}",
        )
    return tuple(step for step in found if not parts or step.name in parts or step.into in parts)


def undo_error(report: UndoReport) -> ReboundError | None:
    """Return the error that an undo ends with; None when everything that could go back did."""
    if failed := [f"{item.name}: {item.failure}" for item in report.outcomes if item.failure]:
        return NotEqualError(
            f"not as before: {listed(failed)}",
            subject=report.recovery_id,
            hint=f"`rebound undo {report.recovery_id}` looks again",
        )
    if report.left:
        return PartialError(
            f"did not go back: {listed(report.left)}",
            subject=report.recovery_id,
            hint="what it keeps from going back is in the plan",
            retryable=False,
        )
    return None


def left_of(plan: UndoPlan) -> tuple[str, ...]:
    """Return what of a plan cannot go back, and why."""
    return tuple(f"{step.name}: {step.why}" for step in plan.steps if step.action == "cannot")


def _newer(live: Resource, ended_at: datetime) -> str:
    """Return that something was written after the recovery ended; empty where nothing was."""
    if live.get("streamingBuffer"):
        return "rows were streamed into it that would be lost"
    changed = modified_at(live)
    if changed > ended_at:
        return f"it was written at {changed:%Y-%m-%d %H:%M:%S} UTC, after the recovery ended"
    return ""


def _step(step: UndoStep, action: str, why: str) -> UndoStep:
    return step.model_copy(update={"action": action, "why": why})
