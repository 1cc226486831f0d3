"""How fast a recovery writes objects: the rate that a bucket takes doubles every so often."""

import threading
import time
from collections.abc import Callable

_FIRST_RATE = 1000.0
_DOUBLES_AFTER_SECONDS = 20 * 60


class Ramp:
    """Spreads the writes of one recovery; shared by all that write.

    About 1,000 writes a second at first, and no more than twice as many every 20 minutes (Cloud
    Storage, Request rate and access distribution guidelines).

    Args:
        clock: Gives a time in seconds that never goes back.
        sleep: Waits so many seconds.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._begun: float | None = None
        self._due = 0.0

    def take(self, writes: int) -> None:
        """Wait until so many writes may be made."""
        with self._lock:
            now = self._clock()
            if self._begun is None:
                self._begun = self._due = now
            rate = _FIRST_RATE * 2 ** ((now - self._begun) / _DOUBLES_AFTER_SECONDS)
            due = max(self._due, now)
            self._due = due + writes / rate
        if due > now:
            self._sleep(due - now)
