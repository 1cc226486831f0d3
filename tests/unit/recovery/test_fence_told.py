"""What is told of writers that stay paused, and of the flow check in between."""

from datetime import UTC, datetime

import pytest

from manifests.catalog_writers import FlowCheck
from recovery.document import Document
from recovery.fence.due import Due
from recovery.fence.model import LeftWriter, PlannedFence, Quiet, StandingFence, ThawStep
from recovery.fence.text import (
    due_lines,
    fence_lines,
    flow_line,
    staying_lines,
    thaw_lines,
    writes_text,
)
from recovery.repair.document import repair_document
from recovery.repair.rules import plan_of
from recovery.report.fenced import fence_section, fences_told
from recovery.report.processors import dates_plan_document
from recovery.report.text import text_of
from recovery.request import Target
from tests.unit.recovery.processors.test_dates import RULES, planned, seen
from tests.unit.recovery.test_fence import fence
from tests.unit.recovery.test_repair import found
from tests.unit.writers import job

NOW = datetime(2026, 11, 29, 9, tzinfo=UTC)


def _left(name: str, why: str, held_by: str, doubt: str = "") -> ThawStep:
    return ThawStep(
        type="scheduler/job", name=name, action="leave", why=why, held_by=held_by, doubt=doubt
    )


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (
            [
                _left(name, "g holds it too, and resumes it; NOT CHECKED", "g", "NOT CHECKED")
                for name in "abc"
            ],
            ["3 writers stay paused, g holds them: `rebound thaw g`; NOT CHECKED"],
        ),
        (
            [_left("a", "it was changed", ""), _left("b", "g holds it too, and resumes it", "g")],
            [
                "stays paused: scheduler/job a: it was changed",
                "stays paused: scheduler/job b: g holds it too, and resumes it: `rebound thaw g`",
            ],
        ),
        (
            [_left(name, "it was changed", "") for name in "ab"],
            ["2 writers stay paused, the first: scheduler/job a: it was changed"],
        ),
    ],
)
def test_writers_that_stay_paused_for_one_reason_are_one_line(
    steps: list[ThawStep], expected: list[str]
):
    """It names the fence that holds them; one writer alone is named."""
    assert staying_lines(steps) == expected


def test_many_writers_that_were_left_are_counted_and_named_when_asked_for():
    """Of one reason in one line; a few are named in any case."""
    left = [LeftWriter(name=f"jobs/{number}", why="g: holds it too") for number in range(50)]
    ended = StandingFence(
        fence_id="f",
        is_made=False,
        writers=50,
        thawed_at=NOW,
        left=(*left, LeftWriter(name="jobs/x", why="it runs already")),
    )
    told = [getattr(item, "text", "") for item in fences_told(None, [ended])]
    assert len(told) == 3
    assert told[1].startswith("  left as it is: 50 writers: g: holds it too (`rebound report")
    assert len(list(fences_told(None, [ended], is_whole=True))) == 52
    few = ended.model_copy(update={"left": tuple(left[:2])})
    assert len(list(fences_told(None, [few]))) == 3


def test_a_flow_check_is_told_beforehand():
    """For how long at most, what ends it, with which code, and what is paused then."""
    check = FlowCheck(schedule="s", after="A", produces="table d.t", within_seconds=900)
    line = flow_line(check, 12)
    for part in ("at most 15 min", "exit code 7", "130", "12 writers of later waves", "--no-check"):
        assert part in line
    told = thaw_lines(fence(job("gap-detector-30min")), [], check)
    assert "waits for at most 15 min until table d.t is written: `--no-check`" in told[-1]


def test_writers_of_one_name_in_two_regions_are_told_apart():
    """Each with its region; one that nobody is called like goes without."""
    name = "gap-detector-30min"
    other = job(name, state="PAUSED")
    there = {**other, "name": other["name"].replace("/locations/us-west2/", "/locations/us-east1/")}
    assert there["name"] != other["name"]
    told = "\n".join(fence_lines(fence(job(name), there, job("overnight-6am-et", state="PAUSED"))))
    assert f"pause  scheduler/job {name} in us-west2  writes" in told
    assert f"leave  scheduler/job {name} in us-east1 (it does not run)" in told


def test_what_fires_within_the_hour_is_told_of_each_writer():
    """When a schedule fires, in UTC and at most six times; what waits; what nobody can tell; of nothing, nothing."""
    resumed = ThawStep(type="scheduler/job", name="jobs/a", action="resume")
    record = fence()
    often = tuple(NOW.replace(minute=5 * number) for number in range(1, 9))
    coming = [
        (resumed, Due((NOW.replace(minute=30),))),
        (resumed, Due(often)),
        (resumed, Due(None)),
        (resumed, Due(waits=True, messages=2)),
        (resumed, Due(())),
    ]
    since = f"what waits, 2 messages some minutes ago, since {record.fenced_at:%Y-%m-%d %H:%M} UTC"
    assert due_lines(coming, record, seek_past=False) == [
        f"in the hour after a thaw of {record.fence_id}:",
        "  fires    scheduler/job a at 09:30 UTC",
        "  fires    scheduler/job a at 09:05, 09:10, 09:15, 09:20, 09:25, 09:30 and 2 more UTC",
        "  unknown  scheduler/job a: its schedule is in words",
        f"  delivers scheduler/job a: {since} is delivered at once",
        "  hint: `--seek-past` discards what waits, also what comes until then",
    ]
    assert due_lines([(resumed, Due(()))], record, seek_past=False) == []


def test_subscriptions_for_which_as_many_messages_wait_are_told_as_one():
    """Most have none: a line for each would hide the one that has some."""
    record = fence()
    names = ("a", "b", "c")
    steps = [
        ThawStep(type="pubsub/subscription", name=f"subscriptions/{name}", action="resume")
        for name in (*names, "d")
    ]
    messages = (0, 0, None, 7)
    coming = [
        (step, Due(waits=True, messages=number))
        for step, number in zip(steps, messages, strict=True)
    ]
    since = f"since {record.fenced_at:%Y-%m-%d %H:%M} UTC is sought past"
    assert due_lines(coming, record, seek_past=True)[1:] == [
        f"  seeks    2 subscriptions (a, b): what waits, 0 messages each some minutes ago, {since}",
        f"  seeks    pubsub/subscription c: what waits, nobody knows how many messages, {since}",
        f"  seeks    pubsub/subscription d: what waits, 7 messages some minutes ago, {since}",
    ]


def test_what_writes_all_that_is_fenced_is_told_so():
    """A line that repeats every dataset of the fence says nothing of the writer."""
    writer = fence(job("gap-detector-30min")).writers[0]
    several = writer.model_copy(update={"writes": ("dataset a", "dataset b")})
    assert writes_text(several, ("dataset b", "dataset a")) == "writes all that is fenced"
    assert writes_text(several, ("dataset a", "dataset b", "dataset c")) == (
        "writes dataset a, dataset b"
    )
    one = writer.model_copy(update={"writes": ("dataset a",)})
    assert writes_text(one, ("dataset a",)) == "writes dataset a"


@pytest.mark.parametrize(
    ("number", "told"),
    [(1, "1 thing still written, the first: t0"), (2, "2 things still written, the first: t0")],
)
def test_why_it_is_not_quiet(number: int, told: str):
    """One is one."""
    names = tuple(f"t{each}" for each in range(number))
    assert Quiet(seconds=1, changed=names).not_quiet == told
    runs = Quiet(seconds=1, running=names).not_quiet
    assert runs.startswith("1 execution not over" if number == 1 else "2 executions not over")


def test_plans_of_every_sort_count_many_writers():
    """Of dates and of a repair, too; each is named where all are asked for."""
    first = fence(job("gap-detector-30min"))
    (writer,) = first.writers
    writers = tuple(writer.model_copy(update={"name": f"jobs/job-{n}"}) for n in range(28))
    made = PlannedFence(things=first.things, writers=writers, quiet_seconds=1)
    dates = planned(seen()).model_copy(update={"fence": made})
    repair = plan_of(found(), Target(project="platform")).model_copy(update={"fence": made})
    for whole in (True, False):
        for document, state in (
            (dates_plan_document(dates, RULES, is_whole=whole), "nothing lacks"),
            (repair_document(found(), repair, is_whole=whole), "can be done"),
        ):
            text = text_of(document)
            assert document.conclusion is not None, "a page tells it first"
            assert document.conclusion.state == state
            assert text.count("scheduler/job job-") == 28 * whole
            assert ("28 writers: 28 of scheduler/job" in text) is not whole


@pytest.mark.parametrize(
    ("number", "told"), [(1, "scheduler/job job-0"), (9, "9 of scheduler/job")]
)
def test_what_another_fence_paused_already_is_not_called_to_be_paused(number: int, told: str):
    """Who has fenced by hand sees in the plan that nothing is left to pause, and whose fence that is."""
    first = fence(job("gap-detector-30min"))
    (writer,) = first.writers
    writers = tuple(
        writer.model_copy(update={"name": f"jobs/job-{place}"}) for place in range(number)
    )
    by = {item.name: "fence-a" for item in writers}
    made = PlannedFence(things=first.things, writers=writers, held_by=by, quiet_seconds=1)
    text = text_of(Document(fence_section(made, is_whole=False)))
    assert "  paused               already, by fence-a: " in text
    assert told in text
    assert "  pause  " not in text
    lines = fence_lines(first.model_copy(update={"writers": writers, "held_by": by}))
    assert lines[-1] == f"0 writers to pause, {number} paused already"
    assert lines[1].startswith("  paused scheduler/job job-0")
    assert lines[1].endswith("by fence-a already)")


def test_a_reason_that_many_writers_of_a_thaw_have_is_told_once():
    """Above their names; one that only one writer has stands behind its name."""
    steps = [
        _left("a", "it runs already", ""),
        _left("b", "it was changed", ""),
        _left("c", "it runs already", ""),
    ]
    told = thaw_lines(fence(job("gap-detector-30min")), steps)
    assert told[1:5] == [
        "  leave   2 writers: it runs already",
        "          scheduler/job a",
        "          scheduler/job c",
        "  leave   scheduler/job b: it was changed",
    ]
