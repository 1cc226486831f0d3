from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manifests.errors import NoRecoveryPointError
from manifests.selection import FIRST_BACKUP, RunSummary, select
from manifests.values import RunId
from tests.unit.samples import POINT

DAY = timedelta(days=1)


def complete(name: str, days_ago: int) -> RunSummary:
    """Return a complete run."""
    return RunSummary(run_id=RunId(name), state="complete", recovery_point=POINT - days_ago * DAY)


def partial(name: str, days_ago: int) -> RunSummary:
    """Return a run without a manifest."""
    return RunSummary(
        run_id=RunId(name),
        state="partial",
        recovery_point=POINT - days_ago * DAY,
        reason="no manifest",
    )


DAMAGED = RunSummary(run_id=RunId("broken"), state="damaged", reason="cut")
RUNS = (complete("old", 3), complete("new", 1), partial("tonight", 0), DAMAGED, complete("mid", 2))


def test_the_newest_complete_run_is_chosen():
    """Partial and damaged runs are never chosen, however new; every other run has its reason."""
    chosen = select(RUNS)
    assert (chosen.run_id, chosen.recovery_point) == ("new", POINT - DAY)
    assert {item.run_id: item.reason for item in chosen.passed_over} == {
        "old": "older than new",
        "mid": "older than new",
        "tonight": "partial: no manifest",
        "broken": "damaged: cut",
    }
    assert {item.run_id for item in chosen.unusable} == {"tonight", "broken"}


@pytest.mark.parametrize(("days", "name"), [(2, "mid"), (3, "old")])
def test_a_time_is_the_latest_acceptable_recovery_point(days: int, name: str):
    """A run exactly at the time is chosen; a later one is passed over with its own time."""
    chosen = select(RUNS, at=POINT - days * DAY)
    assert chosen.run_id == name
    reasons = {item.run_id: item.reason for item in chosen.passed_over}
    assert reasons["new"] == "its recovery point 2026-11-23T08:01Z is later"


def test_a_time_just_before_a_run_leaves_it_out():
    """A recovery never goes past the time that was asked for."""
    assert select(RUNS, at=POINT - DAY - timedelta(microseconds=1)).run_id == "mid"


def test_a_run_that_is_asked_for_is_chosen():
    """A run can be named, and then no newer one is taken."""
    chosen = select(RUNS, run_id=RunId("old"))
    assert chosen.run_id == "old"
    reasons = {item.run_id: item.reason for item in chosen.passed_over}
    assert reasons["new"] == "not the run that was asked for"


def test_equal_recovery_points_have_one_order():
    """Of two runs at the same instant it is always the same one."""
    tied = (complete("b-run", 1), complete("a-run", 1))
    assert select(tied).run_id == select(tied[::-1]).run_id == "b-run"


@pytest.mark.parametrize(
    ("runs", "wanted", "reasons"),
    [
        ((), {}, ["the vault holds no run"]),
        ((partial("tonight", 0), DAMAGED), {}, ["tonight: partial: no manifest", "broken: dam"]),
        ((DAMAGED,), {"run_id": RunId("broken")}, ["broken: damaged: cut"]),
        (RUNS, {"run_id": RunId("unheard-of")}, ["new: not the run that was asked for"]),
        (RUNS, {"at": POINT - 9 * DAY}, ["old: its recovery point 2026-11-21T08:01Z is later"]),
    ],
)
def test_no_fitting_run_says_why_of_each(
    runs: tuple[RunSummary, ...], wanted: dict[str, object], reasons: list[str]
):
    """When nothing serves, the error names each run with its reason."""
    with pytest.raises(NoRecoveryPointError) as caught:
        select(runs, **wanted)  # type: ignore[arg-type]
    for reason in reasons:
        assert reason in caught.value.message
    assert ("`rebound list`" in caught.value.hint) == bool(runs)
    assert (caught.value.hint == FIRST_BACKUP) == (not runs)


SUMMARIES = st.builds(
    RunSummary,
    run_id=st.sampled_from("abcdefgh").map(lambda letter: RunId(f"run-{letter}")),
    state=st.sampled_from(["complete", "partial", "damaged"]),
    recovery_point=st.none() | st.integers(0, 5).map(lambda days: POINT - days * DAY),
)


@given(
    runs=st.lists(SUMMARIES, unique_by=lambda run: run.run_id).map(tuple),
    at=st.none() | st.integers(0, 5).map(lambda days: POINT - days * DAY),
)
def test_selection_is_the_newest_that_fits(runs: tuple[RunSummary, ...], at: datetime | None):
    """What is chosen is complete, fits, and nothing newer fits; nobody is left without a word."""
    fitting = [
        run
        for run in runs
        if run.state == "complete"
        and run.recovery_point is not None
        and (at is None or run.recovery_point <= at)
    ]
    if not fitting:
        with pytest.raises(NoRecoveryPointError):
            select(runs, at=at)
        return
    chosen = select(runs, at=at)
    assert chosen.recovery_point == max(run.recovery_point for run in fitting)
    assert chosen.run_id in {run.run_id for run in fitting}
    passed = {item.run_id: item.reason for item in chosen.passed_over}
    assert set(passed) == {run.run_id for run in runs} - {chosen.run_id}
    assert all(passed.values())
