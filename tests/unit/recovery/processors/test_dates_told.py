"""What a plan tells of dates that processors missed."""

from datetime import timedelta

from recovery.compare.findings import Finding
from recovery.fence.model import PlannedFence
from recovery.kinds.processors.rules.outcome import (
    DateOutcome,
    DatesReport,
    DateState,
    outcome_error,
)
from recovery.kinds.processors.rules.plan import FaultyDate
from recovery.report.processors import dates_plan_document, dates_report_document
from recovery.report.text import text_of
from tests.integration.processors.platform import GAME_DAYS
from tests.unit.recovery.processors.test_dates import DATES, NOW, RULES, planned, seen, without


def test_what_nobody_knows_is_not_told_as_missing():
    """Of each processor how many dates have no rows, wrong ones, or may have had no games."""
    (step,) = (it for it in planned(seen()).steps if it.processor == "teams")
    first, second, third, fourth = GAME_DAYS[:4]
    wrong = tuple(
        FaultyDate(
            day=day,
            rows=1,
            findings=(Finding(subject="teams", aspect="count of rows", expected="2", actual="1"),),
        )
        for day in (second, third)
    )
    update = {"missing": (first,), "faulty": wrong, "undecided": (fourth,), "runs": ()}
    plan = planned(seen()).model_copy(update={"steps": (step.model_copy(update=update),)})
    told = text_of(dates_plan_document(plan, RULES))
    assert f": 1 without rows, 2 faulty, 1 unknown, of {step.due} dates" in told
    assert told.count("runs it again") == 1
    assert told.count("(left)") == 1


def test_whoever_recovers_is_not_asked_to_fence_what_the_plan_fences():
    """`rebound fence` is named where nothing else pauses what runs the same dates."""
    plan = planned(seen(rows=without("teams", GAME_DAYS[0])))
    fence = PlannedFence(things=("dataset a",), writers=(), quiet_seconds=1, quiet_within_seconds=1)
    left_out = fence.model_copy(update={"is_left_out": True})
    told = {
        name: text_of(dates_plan_document(plan.model_copy(update={"fence": it}), RULES))
        for name, it in {"none": None, "left out": left_out, "planned": fence}.items()
    }
    hint = "`rebound fence processor-failure` pauses it"
    assert {name: hint in text for name, text in told.items()} == {
        "none": True,
        "left out": True,
        "planned": False,
    }


def ended(state: DateState = "proven", **asked: object) -> DatesReport:
    """Return how a recovery of one date ended."""
    (day, *_) = GAME_DAYS
    return DatesReport(
        recovery_id=DATES,
        plan=planned(seen(rows=without("teams", day)), **asked),
        started_at=NOW,
        finished_at=NOW + timedelta(minutes=5),
        left=planned(seen()),
        dates=(DateOutcome(processor="teams", day=day, state=state),),
        requests=1,
        billed_bytes=10**7,
    )


def test_a_whole_report_says_what_does_not_come_back_and_how_to_repeat_it():
    """A page is read by who has not seen the plan; nothing is lost by a date that was not run."""
    told = text_of(dates_report_document(ended(), is_whole=True))
    assert "the rows that there once were of teams: each made its rows anew" in told
    assert told.endswith(": rebound recover processor-failure --confirm-project league-1")
    assert "rebound recover" not in text_of(dates_report_document(ended()))
    assert "once were" not in text_of(dates_report_document(ended("not run"), is_whole=True))


def test_what_is_repeated_asks_for_the_same():
    """Each option that was given is given again, as a shell reads it."""
    days = tuple(GAME_DAYS[:2])
    words = {"processors": ("teams",), "overwrite": ("*",), "no_fence": True, "despite": ("a b",)}
    again = ended(dates=days, **words).plan.request.recovering()
    assert again == (
        f"rebound recover processor-failure --processor teams --date {days[0]} --date {days[1]} "
        "--overwrite '*' --no-fence --despite 'a b' --confirm-project league-1"
    )
    assert f" --since {days[0]} " in ended(since=days[0]).plan.request.recovering()


def test_what_was_undone_is_not_told_as_proven_alone():
    """A page has one verdict, which its title ends with."""
    document = dates_report_document(ended(), undone="undone T")
    assert document.title.endswith(", proven, then undone T")
    assert document.conclusion is not None
    assert document.conclusion.state == "proven, then undone T"


def test_what_is_not_run_by_itself_is_not_called_to_be_done():
    """Faulty dates are left, and a resume would leave them again: the plan says what runs them."""
    lacks = planned(seen(rows=without("teams", GAME_DAYS[0])))
    steps = tuple(step.model_copy(update={"runs": ()}) for step in lacks.steps)
    left = lacks.model_copy(update={"steps": steps})
    states = [dates_plan_document(it, RULES).conclusion for it in (lacks, left, planned(seen()))]
    assert [it.state for it in states if it] == [
        "can be done",
        "WHAT LACKS IS NOT RUN",
        "nothing lacks",
    ]
    report = ended("lacks").model_copy(update={"plan": left, "left": left, "dates": ()})
    error = outcome_error(report)
    assert error is not None
    assert "rebound resume" not in error.hint
    assert "`rebound plan processor-failure` says which option runs it" in error.hint
