"""What differs is told in words that are true."""

from recovery.compare.findings import differences
from tests.unit.worlds import EQUAL, OTHER, now, step


def test_why_is_said_in_words_that_are_true():
    """Where no partition of the backup differs, what is told of is what it does not know."""
    made = step(now(EQUAL | {"20300101": OTHER}), exact=True)
    assert made.why == "it holds 1 partition that the recovery point does not know"


def test_what_was_not_set_is_told_once():
    """A property that was not there is said to be so, and not denied twice."""
    (found,) = differences("nba.games", [("description", None, "x")])
    assert found.text == 'description is "x", and was not set'
