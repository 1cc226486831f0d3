"""How fast documents are written: within the rates Firestore asks for, and slower when it says so."""

import time
from collections.abc import Callable
from typing import Protocol

from recovery.firestore.rate import FIRST_RATE, RAMP_FACTOR, RAMP_SECONDS
from recovery.ramp import Ramp


class Throttle(Protocol):
    """Says when documents may be written."""

    def wait(self, collection: str, count: int) -> None:
        """Wait until so many more documents of a collection may be written."""

    def slow_down(self, collection: str) -> None:
        """Take note that Firestore puts writes to a collection off."""


class Unthrottled:
    """Never waits: for a database of nobody else's, or one at its full write rate."""

    def wait(self, collection: str, count: int) -> None:
        """Wait not at all."""

    def slow_down(self, collection: str) -> None:
        """Do nothing: the pause before the next try is all there is."""


class Throttled:
    """The 500/50/5 rule: 500 writes a second to a collection, half as many more every 5 minutes.

    All who write to a database share one. When Firestore puts writes off, the rate is halved and
    grows from there.

    Args:
        clock: Gives seconds that never go back.
        sleep: Waits for some seconds.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._ramps: dict[str, Ramp] = {}

    def wait(self, collection: str, count: int) -> None:
        """Wait until so many more documents of a collection may be written."""
        self._ramp(collection).take(count)

    def slow_down(self, collection: str) -> None:
        """Halve the rate of a collection, once for all who are told so at the same time."""
        self._ramp(collection).slow_down()

    def _ramp(self, collection: str) -> Ramp:
        made = Ramp(FIRST_RATE, _growth, clock=self._clock, sleep=self._sleep)
        return self._ramps.setdefault(collection, made)


def _growth(elapsed: float) -> float:
    return float(RAMP_FACTOR ** (elapsed // RAMP_SECONDS))
