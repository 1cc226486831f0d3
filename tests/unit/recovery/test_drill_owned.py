"""What a drill is shown to have made: by when it was at work, and by what it wrote down."""

from datetime import timedelta
from typing import Any, cast

import pytest
from google.api_core.exceptions import NotFound

from recovery.drill.cleaning import Cleaning
from recovery.drill.model import Kept
from recovery.drill.owned import (
    AtWork,
    Made,
    at_work,
    doubt_of,
    doubt_of_label,
    is_over,
)
from recovery.kinds.made import made_at_of
from recovery.kinds.places import labelled, mark_of_labels
from tests.unit.drills import BEGUN, DRILL_ID, NOW
from tests.unit.recovery.test_drill_records import record

SANDBOX = BEGUN.sandbox
KILLED = Kept(drill_id=DRILL_ID, begun=BEGUN)
LATER = NOW + timedelta(days=30)


def test_a_drill_was_at_work_until_it_ended_or_a_day_long():
    """What began at another time, elsewhere, or of what nobody believes, is none of its own."""
    own = NOW + timedelta(minutes=1)
    killed = at_work(KILLED, own, sandbox=SANDBOX)
    assert killed == AtWork(own, NOW + timedelta(days=1))
    ended = KILLED.model_copy(update={"record": record(ended_at=NOW + timedelta(hours=1))})
    assert at_work(ended, own, sandbox=SANDBOX).until == NOW + timedelta(hours=1)
    assert "not at work" in at_work(ended, LATER, sandbox=SANDBOX).doubt
    assert "not at work" in at_work(ended, NOW - timedelta(days=1), sandbox=SANDBOX).doubt
    assert "wrote to" in at_work(KILLED, own, sandbox="another").doubt
    unknown = Kept(drill_id=DRILL_ID)
    assert "no record" in at_work(unknown, own, sandbox=SANDBOX).doubt


@pytest.mark.parametrize(
    ("resource", "is_recorded", "told"),
    [
        ({"createTime": "2026-11-24T12:10:00.123456789Z"}, False, ""),
        ({"createTime": "2026-11-24T09:00:00Z"}, True, "not at work"),
        ({"createTime": "2026-12-24T12:00:00Z"}, True, "not at work"),
        ({"creationRecord": {"mutateTime": "2026-12-24T12:00:00Z"}}, True, "not at work"),
        ({"creationTime": "1798113600000"}, True, "not at work"),
        ({"name": "a topic"}, True, ""),
        ({"name": "a topic"}, False, "did not write down"),
    ],
)
def test_what_nothing_shows_to_be_of_a_drill_is_doubted(
    resource: dict[str, Any], *, is_recorded: bool, told: str
):
    """By when its API says that it was made; where it does not, by what the drill wrote down."""
    work = AtWork(NOW, NOW + timedelta(hours=1))
    doubt = doubt_of(resource, work, is_recorded=is_recorded)
    assert told in doubt
    assert bool(doubt) is bool(told)
    assert doubt_of(resource, work._replace(doubt="another's"), is_recorded=True) == "another's"


def test_a_label_shows_only_what_was_made_when_its_drill_was_at_work():
    """It is copied with what has it; where no time is told, as of topics, it is all there is."""
    during = {"createTime": "2026-11-24T12:10:00Z"}
    assert not doubt_of_label(during, KILLED, sandbox=SANDBOX)
    assert not doubt_of_label({"name": "a topic"}, KILLED, sandbox=SANDBOX)
    later = {"creationTime": "1798113600000"}
    assert "not at work" in doubt_of_label(later, KILLED, sandbox=SANDBOX)
    assert "wrote to" in doubt_of_label(during, KILLED, sandbox="another")
    assert "of which nothing can be left" in doubt_of_label(during, None, sandbox=SANDBOX)


@pytest.mark.parametrize("labels", [None, [], ["a"], "rebound-drill", 7])
def test_labels_of_any_shape_end_no_drill(labels: Any):  # noqa: ANN401 - any JSON
    """What is stored could hold anything."""
    assert labelled({"labels": labels}, "abc123") == {"labels": {"rebound-drill": "abc123"}}
    assert mark_of_labels(labels) is None


def test_a_drill_at_work_makes_what_is_made_now():
    """It has no end yet."""
    now = {"createTime": "2026-11-27T12:00:00Z"}
    assert made_at_of(now) is not None
    assert not doubt_of(now, AtWork(NOW), is_recorded=True)


def test_a_drill_that_may_be_at_work_is_not_over():
    """It is when it ended, a day has passed, or somebody knows that it was stopped."""
    mark = DRILL_ID.rpartition("-")[2]

    def over(kept: Kept, hours: float, *stopped: str) -> bool:
        return is_over(kept, now=NOW + timedelta(hours=hours), stopped=stopped, mark=mark)

    assert not over(KILLED, 23)
    assert over(KILLED, 24)
    assert over(KILLED, 1, DRILL_ID)
    assert over(KILLED, 1, mark)
    assert over(KILLED.model_copy(update={"record": record()}), 1)


def test_a_dataset_that_is_answered_not_to_be_there_is_left():
    """It is listed, with the label of a drill: nothing shows then whether somebody copied that."""
    cleaning = object.__new__(Cleaning)
    answers: list[Exception] = [NotFound("no"), NotFound("no")]

    class Client:
        def get_dataset(self, *_: object, **__: object) -> None:
            raise answers.pop()

    cleaning._bigquery = cast("Any", Client())
    found = cleaning._judged(Made("dataset", "copied", "a1b2"), {})
    assert "answered twice not to be there" in found.doubt
    assert not answers
