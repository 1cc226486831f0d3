"""What of views goes back after a recovery; how an undo is told, and how it ends."""

from datetime import timedelta
from typing import Any

import pytest

from manifests.errors import (
    ManifestAlteredError,
    NotEqualError,
    PartialError,
    RefusedError,
    UsageError,
)
from manifests.signing import Trust
from manifests.values import Resource
from recovery.access_change import AccessChange
from recovery.kinds.outcome import Failure
from recovery.kinds.tables.rules.definitions import DefinitionStep
from recovery.kinds.tables.rules.outcomes import DefinitionOutcome
from recovery.report.text import text_of
from recovery.undo.definition_rules import undo_definition
from recovery.undo.document import undo_document, undo_plan_document
from recovery.undo.model import UndoOutcome, UndoPlan, UndoReport, UndoStep
from recovery.undo.rules import chosen, left_of, undo_error
from recovery.undo.shared import definition_lines
from tests.unit.samples import GAMES, POINT

BEGAN = POINT + timedelta(hours=7)
ENDED = POINT + timedelta(hours=8)
VIEW: Resource = {
    "tableReference": {"projectId": "platform", "datasetId": "nba", "tableId": "v"},
    "type": "VIEW",
    "creationTime": str(int(BEGAN.timestamp() * 1000)),
    "view": {"query": "SELECT 1", "useLegacySql": False},
}
OLD = {**VIEW, "view": {"query": "SELECT\n2", "useLegacySql": False}, "description": "old"}


def view_back(
    replaced: Resource | None,
    live: Resource | None,
    **outcome: Any,  # noqa: ANN401 - fields of the outcome
) -> UndoStep:
    """Decide about a view that the recovery made `SELECT 1`."""
    action = "replace" if replaced else "create"
    own = {"kind": "view", "name": "nba.v", "into": "nba.v", "action": action}
    ended = DefinitionOutcome.model_validate({**own, **outcome})
    planned = DefinitionStep.model_validate({**own, "replaced": replaced})
    return undo_definition(ended, planned, VIEW, live, into="nba.v", began_at=BEGAN)


def test_a_view_goes_back_to_what_the_plan_saw():
    """What would be written is shown; what somebody made of it since stays."""
    found = view_back(OLD, VIEW)
    assert found.action == "put back"
    assert found.told[:2] == ("| SELECT", "| 2")
    assert any(line.startswith('description: "old"') for line in found.told)
    assert view_back(OLD, OLD).action == "leave"
    assert view_back(OLD, None).action == "put back"
    other = {**VIEW, "view": {"query": "SELECT 3", "useLegacySql": False}}
    assert view_back(OLD, other).why == "it was changed since the recovery"
    assert view_back(None, VIEW).action == "remove"
    assert view_back(None, None).action == "leave"
    assert "before the recovery" in view_back(None, {**VIEW, "creationTime": "0"}).why
    assert view_back(OLD, VIEW, unmade="no such table").action == "leave"
    assert view_back(None, None, failure=Failure(message="no")).action == "leave"
    with pytest.raises(ManifestAlteredError):
        view_back({**GAMES, "schema": {"fields": []}}, VIEW)


def test_nothing_comes_back_unseen():
    """Where an external table reads, whom a remote function calls, and what code a view brings."""
    reading = {
        "tableReference": VIEW["tableReference"],
        "type": "EXTERNAL",
        "externalDataConfiguration": {
            "sourceUris": ["gs://evil/a", "gs://evil/b"],
            "connectionId": "evil.us.c",
        },
    }
    assert set(definition_lines(reading)) == {
        'externalDataConfiguration.connectionId: "evil.us.c"',
        'externalDataConfiguration.sourceUris: "gs://evil/a"',
        'externalDataConfiguration.sourceUris: "gs://evil/b"',
    }
    calling = {
        "routineReference": {"projectId": "p", "datasetId": "nba", "routineId": "f"},
        "routineType": "SCALAR_FUNCTION",
        "remoteFunctionOptions": {"endpoint": "https://evil.example"},
    }
    assert 'remoteFunctionOptions.endpoint: "https://evil.example"' in definition_lines(calling)
    code = {"view": {**OLD["view"], "userDefinedFunctionResources": [{"inlineCode": "evil()"}]}}
    found = view_back({**OLD, **code}, VIEW)
    assert 'view.userDefinedFunctionResources.inlineCode: "evil()"' in found.told
    assert found.told[:2] == ("| SELECT", "| 2")


STEPS = (
    UndoStep(
        kind="table",
        name="nba.games",
        into="x_nba.games",
        action="put back",
        why="so",
        told=("partition a as it was",),
        access=(AccessChange(change="gives access", subject="table nba.games", what="rows to x"),),
    ),
    UndoStep(kind="view", name="nba.v", into="x_nba.v", action="cannot", why="it was written"),
)
PLAN = UndoPlan(
    recovery_id="r",
    project="platform",
    ended_at=ENDED,
    until=ENDED,
    again="rebound recover bigquery-dataset-loss",
    trust=Trust(state="unsigned", author="operator"),
    steps=STEPS,
)


def test_single_parts_are_named_by_either_name():
    """What the recovery did not touch is refused."""
    assert chosen(STEPS, []) == STEPS
    assert chosen(STEPS, ["nba.games"]) == STEPS[:1]
    assert chosen(STEPS, ["x_nba.v"]) == STEPS[1:]
    with pytest.raises(UsageError, match="touched no nba"):
        chosen(STEPS, ["nba.odds"])


def test_how_an_undo_ends():
    """What is not as before is worse than what was not done, and that than what cannot be."""
    done = UndoOutcome(kind="table", name="nba.games", into="nba.games", action="put back")
    report = UndoReport(
        recovery_id="r",
        began_at=ENDED,
        finished_at=ENDED,
        outcomes=(done,),
        left=(),
        again=PLAN.again,
    )
    assert undo_error(report) is None
    assert PLAN.again in text_of(undo_document(report))
    left = report.model_copy(update={"left": left_of(PLAN)})
    assert isinstance(undo_error(left), PartialError)
    assert isinstance(undo_error(left.model_copy(update={"outcomes": ()})), RefusedError)
    nothing = text_of(undo_document(report.model_copy(update={"outcomes": ()})))
    assert "\nnothing had to go back" in nothing
    unequal = done.model_copy(update={"failure": "no", "exit_code": 7})
    failed = left.model_copy(update={"outcomes": (unequal,)})
    assert isinstance(undo_error(failed), NotEqualError)
    refused = unequal.model_copy(update={"exit_code": 5})
    assert isinstance(undo_error(left.model_copy(update={"outcomes": (refused,)})), PartialError)
    told = text_of(undo_plan_document(PLAN))
    for line in ("CANNOT", "partition a as it was", "GIVES ACCESS: rows to x, table nba.games"):
        assert line in told
    assert "0 of 1 thing proven" in text_of(undo_document(failed))
    assert "x_nba.v: it was written" in text_of(undo_document(failed))
    many = tuple(
        UndoStep(kind="view", name=f"v{it}", into=f"nba.v{it}", action="leave", why="as it was")
        for it in range(9)
    )
    removed = STEPS[1].because("remove", "the recovery made it")
    long = PLAN.model_copy(update={"steps": (*many[:5], removed, *many[5:], *STEPS)})
    lines = text_of(undo_plan_document(long, is_whole=False)).splitlines()
    assert "12 things: 1 cannot, 1 put back, 1 remove, 9 leave" in lines
    order = [
        next(at for at, line in enumerate(lines) if it in line)
        for it in (
            "x_nba.games",
            "CANNOT  ",
            "made it",
            "things, 9 of them (as it was): view nba.v0",
        )
    ]
    assert order == sorted(order)
    assert text_of(undo_plan_document(long)).count("as it was") == 10
    same = (STEPS[0].because("leave", "as before"),)
    told = text_of(undo_plan_document(PLAN.model_copy(update={"steps": same})))
    assert f"nothing has to go back\nto recover again: {PLAN.again}" in told


@pytest.mark.parametrize(
    ("steps", "state"),
    [
        (STEPS, "NOT EVERYTHING GOES BACK"),
        ((STEPS[1].because("remove", "the recovery made it"),), "everything can go back"),
        ((STEPS[0].because("leave", "as before"),), "nothing has to go back"),
    ],
)
def test_the_page_of_a_plan_tells_first_what_it_comes_to(steps: tuple[UndoStep, ...], state: str):
    """What does not go back is named there, too."""
    found = undo_plan_document(PLAN.model_copy(update={"steps": steps}))
    assert found.conclusion is not None
    assert found.conclusion.state == state
    assert ("x_nba.v: it was written" in found.conclusion.text) == state.isupper()


def test_what_stays_is_told_whole_and_is_not_called_undone():
    """No sentence is cut in its middle, and a page that says what stays does not begin with that all is back."""
    long = "dataset nba: the recovery made it; it stays, empty or not: nobody who recovers may delete one"
    done = UndoOutcome(kind="table", name="nba.games", into="nba.games", action="put back")
    report = UndoReport(
        recovery_id="r", began_at=BEGAN, finished_at=ENDED, outcomes=(done,), left=(long,) * 6
    )
    conclusion = undo_document(report).conclusion
    assert conclusion is not None
    assert conclusion.state == "NOT ALL UNDONE"
    assert conclusion.text == f"does not go back: {'; '.join([long] * 5)}; and 1 more"
    whole = undo_document(report.model_copy(update={"left": ()})).conclusion
    assert whole is not None
    assert whole.state == "undone"
