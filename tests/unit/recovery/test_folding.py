"""Long plans are short: what is the same of many is told once, dangers first, and nothing is lost of them."""

from recovery.access_change import AccessChange
from recovery.document import Alike, Row
from recovery.kinds.resources.rules.steps import ResourceStep
from recovery.report.folding import folded
from recovery.report.planned import plan_document
from recovery.report.text import text_of
from tests.unit.recovery.test_estimate import POINT, planned


def job(
    number: int, *, state: str = "create", why: str = "(paused)", below: tuple[Row, ...] = ()
) -> Row:
    """Return the row of a schedule."""
    name = f"job-{number}"
    text = f"scheduler/job {name} {why}"
    return Row(text, state, below=below, alike=Alike(name, "scheduler/job", why))


def test_many_of_which_the_same_is_told_are_one():
    """Each that is made is named; what is different, has something below it or is bad stands by itself."""
    many = [job(number) for number in range(7)]
    (row,) = folded(many)
    named = "job-0, job-1, job-2, job-3, job-4, job-5, job-6"
    assert row.text == f"scheduler/job, 7 of them (paused): {named}"
    assert row.state == "create"
    (row,) = folded([job(number, state="leave") for number in range(7)])
    assert row.text == (
        "scheduler/job, 7 of them (paused): job-0, job-1, job-2, ... 4 more (`--verbose` names each)"
    )
    few = many[:6]
    assert list(folded(few)) == few
    other = job(9, why="")
    assert [row.text for row in folded([*few[:4], other, *few[4:], job(6)])] == [
        f"scheduler/job, 7 of them (paused): {named}",
        other.text,
    ], "what is told of others in between parts them not"
    below = [job(number, below=(Row("x", "rewritten"),)) for number in range(7)]
    assert list(folded(below)) == below
    for state in ("FAILED", "cannot"):
        bad = [job(number, state=state) for number in range(7)]
        assert list(folded(bad)) == bad
    plain = [Row("nba.games", "create")] * 9
    assert list(folded(plain)) == plain


def test_dangers_come_first_and_whom_access_is_given_is_told_once():
    """Of each subject all the same: nothing of what changes about access is left out."""
    given = [
        AccessChange(change="gives access", subject=f"topic t{number}", what="publisher to user:a")
        for number in range(9)
    ]
    public = AccessChange(
        change="makes public", subject="run/service web", what="invoker to allUsers"
    )
    plan = planned().model_copy(update={"access": (*given, public)})
    lines = text_of(plan_document(plan, now=POINT, is_whole=False)).splitlines()
    told = [line for line in lines if "topic t" in line]
    assert len(told) == 1
    assert all(f"topic t{number}" in told[0] for number in range(9))
    danger = next(number for number, line in enumerate(lines) if "MAKES PUBLIC" in line)
    assert danger < next(number for number, line in enumerate(lines) if "nba.games" in line)
    whole = text_of(plan_document(plan, now=POINT)).splitlines()
    assert sum("GIVES ACCESS" in line for line in whole) == 9


def test_a_long_plan_says_first_how_much_of_what_happens():
    """A short one is its own summary."""
    few = planned()
    assert "things:" not in text_of(plan_document(few, now=POINT))
    (step, *_) = few.steps
    many = few.model_copy(update={"steps": (step,) * 30})
    assert f"30 things: 30 {step.action}" in text_of(plan_document(many, now=POINT))


def test_each_that_is_made_is_named_in_a_folded_plan():
    """Who can write a run could hide one more behind the first names of its sort."""
    steps = tuple(
        ResourceStep(
            name=f"projects/platform/topics/{name}",
            into=f"projects/platform/topics/{name}",
            type="pubsub/topic",
            action="create",
        )
        for name in (*(f"t{number}" for number in range(40)), "planted")
    )
    made = planned()
    asked = made.request.model_copy(update={"scenario": "complete-outage"})
    plan = made.model_copy(update={"request": asked, "steps": steps})
    document = plan_document(plan, now=POINT, is_whole=False)
    text = " ".join(text_of(document).replace(",", "").split())
    assert "41 of them" in text
    assert {f"t{number}" for number in range(40)} | {"planted"} <= {*text.split()}
