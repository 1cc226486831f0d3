"""How fast a recovery writes: at a rate that grows, as Google's services ask for."""

import threading
import time
from collections.abc import Callable

_LEAST_RATE = 10
_SLOWER_SECONDS = 1


class Ramp:
    """Spreads the writes of all who share it. Safe to share between threads.

    Args:
        first: Writes a second at first.
        growth: Returns how many times as many may be made after some seconds.
        clock: Gives seconds that never go back.
        sleep: Waits for some seconds.
    """

    def __init__(
        self,
        first: float,
        growth: Callable[[float], float],
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._first = first
        self._growth = growth
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._begun: float | None = None
        self._due = 0.0

    def take(self, writes: int) -> None:
        """Wait until so many more writes may be made."""
        with self._lock:
            now = self._clock()
            due = max(self._due, now)
            self._due = due + writes / self._rate(now)
        if due > now:
            self._sleep(due - now)

    def slow_down(self) -> None:
        """Halve the rate, once for all who are told so at the same time; it grows from there."""
        with self._lock:
            now = self._clock()
            rate = self._rate(now)
            if self._begun is not None and now - self._begun >= _SLOWER_SECONDS:
                self._begun, self._first = now, max(rate / 2, _LEAST_RATE)

    def _rate(self, now: float) -> float:
        if self._begun is None:
            self._begun = now
        return self._first * self._growth(now - self._begun)
