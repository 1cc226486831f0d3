"""How many dates are asked for at once."""

import threading
from datetime import date

import pytest

from recovery.kinds.processors.cloud.rerun import in_parallel
from recovery.kinds.processors.rules.outcome import DateOutcome

_SECONDS = 30


def test_so_many_requests_are_in_flight_and_no_more():
    """As many as the catalog says wait for each other; a further one would break the barrier of the next."""
    together, guard = threading.Barrier(3), threading.Lock()
    now: list[int] = []
    most = 0

    def ask(number: int) -> DateOutcome:
        nonlocal most
        with guard:
            now.append(number)
            most = max(most, len(now))
        together.wait(_SECONDS)
        with guard:
            now.remove(number)
        return DateOutcome(processor="p", day=date(2026, 1, number), state="proven")

    todo = [lambda number=number: ask(number) for number in range(1, 10)]
    found = in_parallel(todo, 3)
    assert [item.day.day for item in found] == [*range(1, 10)]
    assert most == 3


def test_what_has_not_begun_is_left_where_one_fails():
    """A failure ends it; nothing more is asked for."""
    begun: list[int] = []

    def fail(number: int) -> DateOutcome:
        begun.append(number)
        raise RuntimeError("refused")

    with pytest.raises(RuntimeError, match="refused"):
        in_parallel([lambda number=number: fail(number) for number in range(50)], 1)
    assert len(begun) < 50
