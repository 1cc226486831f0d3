"""What every undo has in common: it finds its outcomes and steps, and tells of what it cannot do."""

from datetime import timedelta
from typing import Any

import pytest

from manifests.errors import ManifestAlteredError
from recovery.kinds.decision import Origin
from recovery.kinds.outcome import Outcome
from recovery.kinds.tables.rules.definitions import DefinitionStep
from recovery.kinds.tables.rules.outcomes import DefinitionOutcome
from recovery.outcome import RecoveryReport
from recovery.undo.ended import Ended, planned_of
from recovery.undo.undoer import NotUndone
from tests.unit.samples import POINT, manifest
from tests.unit.worlds import plan, world

BEGAN = POINT + timedelta(hours=7)
STEPS = tuple(
    DefinitionStep.model_validate(
        {"kind": kind, "name": "nba.busy", "into": "nba.busy", "action": action}
    )
    for kind, action in (("view", "replace"), ("routine", "create"))
)


def ended(*outcomes: Outcome) -> Ended:
    """Return a recovery of a view and of a function that is called alike."""
    begun = plan(world()).model_copy(update={"steps": STEPS})
    report = RecoveryReport(
        recovery_id="r",
        plan=begun,
        started_at=BEGAN,
        finished_at=BEGAN + timedelta(hours=1),
        outcomes=outcomes,
    )
    journal: Any = None
    return Ended(report, begun, Origin(manifest()), journal)


def outcome_of(step: DefinitionStep, **more: Any) -> DefinitionOutcome:  # noqa: ANN401 - fields
    """Return how a step ended."""
    own = {name: getattr(step, name) for name in ("kind", "name", "into", "action")}
    return DefinitionOutcome.model_validate({**own, **more})


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.kind)
def test_a_view_and_a_routine_of_one_name_are_two_things(step: DefinitionStep):
    """Each finds its own step: BigQuery has two lists of names."""
    outcomes = tuple(map(outcome_of, STEPS))
    found = planned_of(ended(*outcomes), DefinitionStep, outcome_of(step))
    assert found == step


def test_what_was_not_planned_is_no_recoverys():
    """A report that tells of something else is not believed."""
    other = outcome_of(STEPS[0], name="nba.other", into="nba.other")
    with pytest.raises(ManifestAlteredError):
        planned_of(ended(other), DefinitionStep, other)
    with pytest.raises(ManifestAlteredError):
        NotUndone(ended(other), (DefinitionOutcome,)).steps()


def test_what_no_undo_is_written_for_stays_and_is_told():
    """A kind that no undo knows is no altered report, and no silence either."""
    left = outcome_of(STEPS[1], action="leave")
    replaced, same = NotUndone(ended(outcome_of(STEPS[0]), left), (DefinitionOutcome,)).steps()
    assert (replaced.action, replaced.into) == ("cannot", "nba.busy")
    assert replaced.why == "what it was before was not kept"
    assert same.action == "leave"
