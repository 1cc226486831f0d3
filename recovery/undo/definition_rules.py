"""What of a view or routine goes back after a recovery, and what was changed since. Pure."""

from datetime import datetime

from manifests.errors import ManifestAlteredError
from manifests.values import Resource
from recovery.compare.tables import definition_findings
from recovery.kinds.tables.rules.definitions import DefinitionStep
from recovery.kinds.tables.rules.outcomes import DefinitionOutcome
from recovery.kinds.tables.rules.resumed import check_replaced
from recovery.undo.model import AS_BEFORE, UndoStep
from recovery.undo.shared import (
    GONE,
    MADE,
    definition_lines,
    made_before,
    state_seen,
)


def undo_definition(
    outcome: DefinitionOutcome,
    planned: DefinitionStep,
    expected: Resource,
    live: Resource | None,
    *,
    into: str,
    began_at: datetime,
) -> UndoStep:
    """Decide what happens to one view or routine.

    Args:
        outcome: How the recovery of it ended.
        planned: What was planned, with what was there before.
        expected: What the recovery made it, as the run has it.
        live: It as it is now; None where it is gone.
        into: Its name where the recovery wrote it.
        began_at: When the recovery began.

    Raises:
        ManifestAlteredError: What the plan says was there before can be no view or routine.
    """
    before = planned.replaced
    step = UndoStep(
        kind=outcome.kind,
        name=outcome.name,
        into=into,
        action="leave",
        why="",
        source="the plan of the recovery" if before else "",
        seen=state_seen(live),
    )
    if outcome.unmade or (outcome.failure and live is None and before is None):
        return step.because("leave", "the recovery did not write it")
    check_replaced(planned)
    if before is not None:
        check_kind(before, outcome.kind, into)
    if is_same(before, live, into):
        return step.because("leave", AS_BEFORE if before else GONE)
    if live is not None and not is_same(expected, live, into):
        differing = definition_findings(expected, live, subject=into)
        return step.cannot("it was changed since the recovery", *(item.text for item in differing))
    return _back(step, before, live, began_at)


def _back(
    step: UndoStep, before: Resource | None, live: Resource | None, began_at: datetime
) -> UndoStep:
    if before is not None:
        return step.because("put back", "it becomes", *definition_lines(before))
    if live is not None and (why := made_before(live, began_at)):
        return step.cannot(why)
    return step.because("remove", MADE)


def is_same(one: Resource | None, other: Resource | None, subject: str) -> bool:
    """Whether two states of a view or routine are equal in all that can be written of it."""
    if one is None or other is None:
        return one is other
    return not definition_findings(one, other, subject=subject)


def check_kind(before: Resource, kind: str, subject: str) -> None:
    """Refuse what a journal says was a view or routine and cannot have been one.

    Raises:
        ManifestAlteredError: It cannot have been one.
    """
    named = "routineReference" if kind == "routine" else "tableReference"
    is_view = kind == "routine" or "view" in before or "materializedView" in before
    if named not in before or not is_view:
        raise ManifestAlteredError("what the plan says was replaced is none", subject=subject)
