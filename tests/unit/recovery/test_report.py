from datetime import timedelta
from typing import Any

import pytest
from pytest_mock import MockerFixture

from manifests.catalog_objectives import Objective
from manifests.errors import NotEqualError, UsageError
from manifests.kinds.tables.kind import TABLES
from manifests.selection import PassedOver
from manifests.values import RunId
from recovery.compare.findings import Finding
from recovery.kinds.outcome import Failure, Outcome
from recovery.kinds.tables.rules.outcomes import DefinitionOutcome, TableOutcome
from recovery.outcome import RecoveryReport
from recovery.plan.model import Plan
from recovery.plan.takes import Takes
from recovery.report.conclusion import outcome_error
from recovery.report.ended import report_document
from recovery.report.planned import plan_document
from recovery.report.text import text_of
from recovery.scenarios import SCENARIOS, scenario
from recovery.units import duration, size
from tests.unit.samples import POINT, RUN
from tests.unit.worlds import EQUAL, GONE, LOSING, OTHER, now, plan, world

FINDING = Finding(subject="nba.games", aspect="labels", expected="1", actual="2")
PROVEN = TableOutcome(
    name="nba.games", into="nba.games", action="create", source="vault, run x", rows=6
)
UNEQUAL = PROVEN.model_copy(update={"findings": (FINDING,)})
FAILED = PROVEN.model_copy(
    update={"failure": Failure(message="no answer", hint="try later", exit_code=9)}
)
REFUSED = DefinitionOutcome(
    kind="view",
    name="nba.latest",
    into="nba.latest",
    action="create",
    failure=Failure(message="refused", exit_code=6),
)
NEVER_EQUAL = PROVEN.model_copy(update={"failure": Failure(message="not as loaded", exit_code=7)})


def report(
    *outcomes: Outcome,
    took_hours: float = 1,
    age_hours: float = 8,
    **asked: Any,  # noqa: ANN401 - fields of the model
) -> RecoveryReport:
    """Return how a recovery of the sample run went."""
    started_at = POINT + timedelta(hours=age_hours)
    return RecoveryReport(
        recovery_id="loss-1",
        plan=plan(world(games=GONE), **asked),
        started_at=started_at,
        finished_at=started_at + timedelta(hours=took_hours),
        outcomes=outcomes,
    )


@pytest.mark.parametrize(
    ("made", "exit_code"),
    [
        (report(), 0),
        (report(PROVEN, PROVEN), 0),
        (report(PROVEN, took_hours=4), 0),
        (report(PROVEN, UNEQUAL), 7),
        (report(FAILED, UNEQUAL, REFUSED, took_hours=9), 7),
        (report(NEVER_EQUAL), 7),
        (report(PROVEN, FAILED), 6),
        (report(PROVEN, REFUSED), 6),
        (report(FAILED, took_hours=9), 6),
        (report(PROVEN, took_hours=4.01), 8),
        (report(PROVEN, age_hours=24.01), 8),
        (report(PROVEN, age_hours=24), 0),
        (report(PROVEN, age_hours=900, point_was_named=True), 0),
    ],
)
def test_each_outcome_has_its_exit_code(made: RecoveryReport, exit_code: int):
    """Only what is proven in time is a success; the worst of several outcomes counts."""
    error = outcome_error(made)
    assert (error.exit_code if error else 0) == exit_code


def test_the_error_names_what_is_wrong():
    """The message names the tables and the hint the next command."""
    unequal = outcome_error(report(PROVEN, UNEQUAL))
    assert isinstance(unequal, NotEqualError)
    assert unequal.message.endswith("nba.games")
    assert unequal.hint == "`rebound report loss-1` lists every difference"
    both = outcome_error(report(FAILED, UNEQUAL))
    assert both is not None
    assert "not equal to the recovery point: nba.games; not recovered: nba.games" in both.message
    assert "rebound resume loss-1" in both.hint
    partial = outcome_error(report(FAILED, REFUSED))
    assert partial is not None
    assert "nba.games, nba.latest: refused" in partial.message
    assert "rebound resume loss-1" in partial.hint
    late = outcome_error(report(PROVEN, took_hours=5))
    assert late is not None
    assert late.message == "proven after 5 h, the objective is 4 h"
    ended = report(PROVEN, took_hours=5)
    agreed = ended.plan.model_copy(
        update={"agreed": Objective(rto_seconds=6 * 3600, rpo_seconds=86400)}
    )
    assert outcome_error(ended.model_copy(update={"plan": agreed})) is None


@pytest.mark.parametrize("is_undone", [True, False])
def test_an_undo_is_offered_where_one_is_written(mocker: MockerFixture, *, is_undone: bool):
    """A kind says in its `PartKind` that it has none."""
    known = mocker.patch("recovery.kinds.kind.PARTS", [TABLES._replace(is_undone=is_undone)])
    told = text_of(report_document(report(PROVEN), undo_until=POINT))
    assert known
    assert ("to go back: rebound undo loss-1" in told) == is_undone
    for undone, is_offered in (("undone T", False), ("undone in part T", is_undone)):
        since = text_of(report_document(report(PROVEN), undo_until=POINT, undone=undone))
        assert ("to go back" in since) == is_offered
    same = PROVEN.model_copy(update={"action": "leave"})
    assert "to go back" not in text_of(report_document(report(same), undo_until=POINT))


def test_the_first_line_of_a_report_ends_with_what_became_of_it():
    """Whoever reads one line knows: in capitals where it is bad, and that it was undone since."""
    for known, undone, told in (
        (PROVEN, "", "proven"),
        (UNEQUAL, "", "NOT EQUAL"),
        (PROVEN, "undone T", "proven, then undone T"),
    ):
        document = report_document(report(known), undone=undone)
        first = text_of(document).splitlines()[0]
        assert document.conclusion is not None
        assert document.conclusion.state == told, "a page says both in one"
        assert first == f"recovery loss-1: bigquery-dataset-loss, {told}"


def test_a_report_tells_everything():
    """Each table has its state, source, undo point, error and differences; times are compared."""
    undone = UNEQUAL.model_copy(update={"undo": "platform.undo.x"})
    text = text_of(report_document(report(PROVEN, undone, FAILED, REFUSED)))
    for line in (
        "recovery loss-1: bigquery-dataset-loss",
        "  proven    nba.games  (create, 6 rows, from vault, run x)",
        "  NOT EQUAL nba.games",
        "            undo point platform.undo.x",
        "            labels is 2, not 1",
        "  FAILED    nba.games",
        "            no answer",
        "            hint: try later",
        "  FAILED    nba.latest: refused",
        "1 of 3 tables proven equal to 2026-11-24 08:01 UTC",
        "achieved RTO 1 h (objective 4 h), achieved RPO 8 h",
    ):
        assert line in text


def test_a_plan_tells_what_would_happen():
    """What is lost, kept and removed is said for each table, and what cannot be brought back."""

    def text(made: Plan) -> str:
        return text_of(plan_document(made, now=POINT + timedelta(minutes=90)))

    assert "recovery point 2026-11-24 08:01 UTC, 1 h 30 min ago" in text(plan(world()))
    assert f"from run {RUN}" in text(plan(world()))
    assert "leave                nba.games: already equal" in text(plan(world()))
    assert "create               nba.games: the table is gone; 6 rows" in text(
        plan(world(games=GONE))
    )
    assert "REPLACES 1 ROW THAT IS THERE" in text(plan(LOSING))
    assert "REPLACES" not in text(plan(world(games=GONE)))
    newer = world(games=now(EQUAL | {"20250102": OTHER}))
    assert "already equal; 1 extra partition kept (1 row)" in text(plan(newer))
    exact = text(plan(newer, exact=True))
    assert "removes 1 partition (1 row)" in exact
    assert "    20250102: 1 row there, 0 in the backup" in exact
    assert "1 partition (1 row) of 1 table to remove" in exact
    assert "`rebound diff nba.games` shows rows that go" in exact
    assert "cannot be brought back:\n  rows written after" in text(plan(world()))


def test_a_plan_tells_of_datasets_definitions_and_other_runs():
    """A dataset that would be created, one that differs, and newer runs that are damaged."""
    observed = world()
    nba = {**(observed.datasets["nba"] or {}), "labels": {"owner": "nobody"}}
    observed = observed.model_copy(
        update={
            "datasets": {"nba": nba, "ref": None},
            "definitions": {**observed.definitions, "nba.season": None},
        }
    )
    passed = (PassedOver(run_id=RunId("newer-run"), reason="damaged: cut"),)
    made = plan(observed).model_copy(update={"passed_over": passed})
    text = text_of(plan_document(made, now=POINT))
    assert "undelete             dataset ref: all that was in it comes back first" in text
    gone = {name: GONE for name in observed.tables if name.startswith("ref.")}
    assert gone
    lost = observed.model_copy(update={"tables": {**observed.tables, **gone}})
    told = text_of(plan_document(plan(lost), now=POINT))
    for name in gone:
        assert f"create               {name}: only where it is not back, or differs" in told
    assert "its history is gone with it" not in told
    assert (
        'differs              dataset nba: labels is {"owner": "nobody"}, not {"owner": "data"}'
        in text
    )
    assert "create               routine nba.season" in text
    assert "leave                1 view or routine: already equal: nba.latest games" in text
    assert "passed over newer-run: damaged: cut" in text


def test_what_comes_back_with_its_dataset_is_not_called_to_be_made():
    """A view and a routine come back with what is undeleted, as a table does; none of another dataset."""
    observed = world()
    gone = dict.fromkeys(observed.definitions)
    lost = observed.model_copy(update={"definitions": gone})
    undeleted = lost.model_copy(update={"datasets": {**observed.datasets, "nba": None}})
    names = [name for name in gone if name.startswith("nba.")]
    assert names
    for name in names:
        first = f"{name}: only where it is not back, or differs, once its dataset is undeleted"
        assert first in text_of(plan_document(plan(undeleted), now=POINT))
        assert first not in text_of(plan_document(plan(lost), now=POINT))


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.0 s"),
        (3.44, "3.4 s"),
        (59.94, "59.9 s"),
        (60, "1 min"),
        (61.9, "1 min 1 s"),
        (3600, "1 h"),
        (3605, "1 h 5 s"),
        (7505, "2 h 5 min"),
        (90000, "25 h"),
    ],
)
def test_durations(seconds: float, text: str):
    """A time span is written with the two units that matter."""
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (1536, "1.5 KiB"),
        (5 * 1024**3, "5.0 GiB"),
        (5000 * 1024**4, "5000.0 TiB"),
    ],
)
def test_sizes(number: int, text: str):
    """A size is written in the unit that fits."""
    assert size(number) == text


def test_scenarios_are_found_by_name():
    """Each scenario is found; another name lists them."""
    for item in SCENARIOS:
        assert scenario(item.name) is item
        assert item.brings_back
    with pytest.raises(UsageError, match="there are: bigquery-dataset-loss"):
        scenario("flood")


def test_a_whole_report_says_what_does_not_come_back_and_how_to_repeat_it():
    """A page is read by who has not seen the plan; on a terminal it was told before."""
    ended = report(PROVEN)
    whole = text_of(report_document(ended, is_whole=True), columns=None)
    assert ended.plan.cannot_bring_back
    for lost in ended.plan.cannot_bring_back:
        assert f"  {lost}\n" in whole.partition("by its plan:")[2]
    again = f"rebound recover bigquery-dataset-loss --run {ended.plan.run_id}"
    assert f"to recover the same again: {again}" in whole
    assert again not in text_of(report_document(ended))


def test_what_was_estimated_stands_beside_what_it_took():
    """Of a plan that measured nothing only the truth is told."""

    def told(takes: Takes | None) -> str:
        ended = report(PROVEN, took_hours=2)
        made = ended.plan.model_copy(update={"takes": takes})
        document = report_document(ended.model_copy(update={"plan": made}))
        return " ".join(text_of(document).split())

    both = told(Takes(measured_seconds=5400, measured_least_seconds=3600))
    assert "achieved RTO 2 h (objective 4 h), achieved RPO 8 h, estimated 1 h to 1 h 30 min" in both
    assert "estimated" not in told(Takes(at_least_seconds=60))
    assert "estimated" not in told(None)
