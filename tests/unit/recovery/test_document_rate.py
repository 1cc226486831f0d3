"""Documents are written no faster than Firestore asks for."""

import pytest

from recovery.firestore.throttle import Throttled


def test_ramp():
    """A collection takes 500 writes a second at first, and half as many more after 5 minutes."""
    now, slept = [0.0], [0.0]

    def sleep(seconds: float) -> None:
        slept[0] += seconds
        now[0] += seconds

    ramp = Throttled(clock=lambda: now[0], sleep=sleep)
    for _ in range(11):
        ramp.wait("c", 300)
    assert slept[0] == pytest.approx(6.0)
    ramp.wait("other", 300)
    assert slept[0] == pytest.approx(6.0)
    now[0] = 301.0
    slept[0] = 0.0
    for _ in range(11):
        ramp.wait("c", 300)
    assert slept[0] == pytest.approx(4.0)


def test_ramp_slows_down():
    """Writes that are put off halve the rate once, and it grows from there."""
    now, slept = [0.0], [0.0]

    def sleep(seconds: float) -> None:
        slept[0] += seconds
        now[0] += seconds

    ramp = Throttled(clock=lambda: now[0], sleep=sleep)
    ramp.wait("c", 500)
    ramp.wait("c", 0)
    for _ in range(4):
        ramp.slow_down("c")
    slept[0] = 0.0
    ramp.wait("c", 500)
    ramp.wait("c", 0)
    assert slept[0] == pytest.approx(2.0)
    now[0] += 301
    slept[0] = 0.0
    ramp.wait("c", 750)
    ramp.wait("c", 0)
    assert slept[0] == pytest.approx(2.0)
    for _ in range(50):
        now[0] += 2
        ramp.slow_down("c")
    slept[0] = 0.0
    ramp.wait("c", 20)
    ramp.wait("c", 0)
    assert slept[0] == pytest.approx(2.0)
