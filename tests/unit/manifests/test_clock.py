"""The services' own time, as their answers tell it."""

from datetime import UTC, datetime
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
        self.clock = ServiceClock(self.ask, lambda: self.seconds)

    def ask(self) -> None:
        """Ask nobody."""
        self.asked += 1

    def hear(self, moment: datetime) -> None:
        """Hear an answer of a moment."""
        self.clock.hear(format_datetime(moment, usegmt=True))


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
    assert machine.clock.latest() == NOON.replace(second=32)
    assert not machine.asked


def test_no_answer_is_dated():
    """Without an answer one is asked for; the machine's own time is not taken instead."""
    machine = Machine()
    machine.clock.hear("")
    machine.clock.hear("yesterday")
    with pytest.raises(CloudError, match="no answer of Cloud Storage is dated"):
        machine.clock()
    assert machine.asked == 1
