"""How fast documents are written: within the rates Firestore asks for, and slower when it says so."""

import threading
import time
from collections.abc import Callable
from typing import Protocol

from recovery.firestore.rate import FIRST_RATE, RAMP_FACTOR, RAMP_SECONDS

_LEAST_RATE = 10
_SLOWER_SECONDS = 1


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


class Ramp:
    """The 500/50/5 rule: 500 writes a second to a collection, half as many more every 5 minutes.

    All who write to a database share one. When Firestore puts writes off, the rate is halved and
    grows from there.

    Args:
        clock: Gives seconds that only grow.
        sleep: Waits for some seconds.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._free_at: dict[str, float] = {}
        self._begun: dict[str, tuple[float, float]] = {}

    def wait(self, collection: str, count: int) -> None:
        """Wait until so many more documents of a collection may be written."""
        with self._lock:
            now = self._clock()
            at = max(now, self._free_at.get(collection, now))
            self._free_at[collection] = at + count / self._rate(collection, now)
        if at > now:
            self._sleep(at - now)

    def slow_down(self, collection: str) -> None:
        """Halve the rate of a collection, once for all who are told so at the same time."""
        with self._lock:
            now = self._clock()
            rate = self._rate(collection, now)
            if now - self._begun[collection][0] >= _SLOWER_SECONDS:
                self._begun[collection] = (now, max(rate / 2, _LEAST_RATE))

    def _rate(self, collection: str, now: float) -> float:
        begun, first = self._begun.setdefault(collection, (now, FIRST_RATE))
        rate: float = first * RAMP_FACTOR ** int((now - begun) // RAMP_SECONDS)
        return rate
