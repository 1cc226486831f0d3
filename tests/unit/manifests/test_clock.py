"""The services' own time, as their answers tell it."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from manifests.cloud.clock import ServiceClock
from manifests.errors import CloudError

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


class Machine:
    """A machine whose seconds pass as a test says, and that never looks at its own clock."""

    def __init__(self) -> None:
        self.seconds = 5_000.0
        self.asked = 0
        self.answers = False
        self.clock = ServiceClock(self.ask, lambda: self.seconds, self.sleep)

    def sleep(self, seconds: float) -> None:
        """Let seconds pass."""
        self.seconds += seconds

    def ask(self) -> None:
        """Ask nobody, or a service whose time is a third of a second past a whole one."""
        self.asked += 1
        if self.answers:
            self.seconds += 0.02
            whole = int(self.seconds - 5_000 + 1 / 3)
            self.hear(NOON.replace(second=whole))

    def hear(self, moment: datetime) -> None:
        """Hear an answer of a moment."""
        self.clock.hear(format_datetime(moment, usegmt=True), asked=self.seconds)


def test_time_of_the_answers():
    """The time is that of the latest answer and what passed since; a slow answer sets nothing back."""
    machine = Machine()
    machine.hear(NOON)
    machine.seconds += 30
    assert machine.clock() == NOON.replace(second=30)
    machine.hear(NOON.replace(second=12))
    assert machine.clock() == NOON.replace(second=30)
    machine.hear(NOON.replace(second=31))
    assert machine.clock() == NOON.replace(second=31)
    assert not machine.asked


def test_answers_bring_both_bounds_near():
    """What is there was before the latest instant, which answers late in their second bring near."""
    machine = Machine()
    began = machine.seconds
    machine.hear(NOON)
    assert machine.clock.latest() == NOON.replace(second=1)
    machine.seconds += 0.75
    machine.hear(NOON)
    assert machine.clock.latest(began) == NOON.replace(microsecond=250_000)
    assert machine.clock() == NOON.replace(microsecond=750_000)
    assert machine.clock.latest() == NOON.replace(second=1)
    machine.hear(NOON.replace(second=5))
    assert machine.clock.latest() == machine.clock() == NOON.replace(second=5)


def test_a_clock_settles_when_a_second_ends():
    """It asks until an answer has the next second's date, and no longer."""
    machine = Machine()
    machine.answers = True
    machine.hear(NOON)
    machine.clock.settle()
    assert 10 < machine.asked < 20
    assert machine.seconds < 5_000.75
    wrong = machine.clock.latest(5_000) - NOON - timedelta(seconds=1 / 3)
    assert timedelta(0) <= wrong < timedelta(seconds=0.1)


def test_what_was_heard_is_not_asked_for_again():
    """Where answers left little open it waits for the part of the second in which one can end."""
    machine = Machine()
    machine.answers = True
    machine.hear(NOON)
    machine.seconds += 0.6
    machine.hear(NOON)
    machine.seconds += 0.5
    machine.hear(NOON.replace(second=1))
    machine.clock.settle()
    assert machine.asked < 8
    wrong = machine.clock.latest(5_000) - NOON - timedelta(seconds=1 / 3)
    assert timedelta(0) <= wrong < timedelta(seconds=0.1)


def test_no_answer_is_dated():
    """Without an answer one is asked for; the machine's own time is not taken instead."""
    machine = Machine()
    machine.clock.hear("", asked=0)
    machine.clock.hear("yesterday", asked=0)
    with pytest.raises(CloudError, match="no answer of Cloud Storage is dated"):
        machine.clock()
    assert machine.asked == 1
