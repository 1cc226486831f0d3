"""How far a bucket is: objects done, their rate, and the time that is left."""

import threading
import time
from collections.abc import Callable

_TOLD_EVERY_SECONDS = 2.0


class Meter:
    """Tells about progress, every few seconds.

    Args:
        total: How many objects there are.
        tell: Takes one line, and the share that is done, from 0 to 1.
        clock: Gives a time in seconds that never goes back.
    """

    def __init__(
        self,
        total: int,
        tell: Callable[[str, float], None],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._total = total
        self._tell = tell
        self._clock = clock
        self._lock = threading.Lock()
        self._done = 0
        self._begun = self._told = clock()

    def advance(self, objects: int) -> None:
        """Count objects that are done."""
        with self._lock:
            self._done += objects
            now = self._clock()
            if now - self._told < _TOLD_EVERY_SECONDS:
                return
            self._told = now
            line = self._line(now - self._begun)
            share = min(1.0, self._done / self._total) if self._total else 0.0
        self._tell(line, share)

    def _line(self, seconds: float) -> str:
        rate = self._done / seconds if seconds else 0.0
        left = max(self._total - self._done, 0) / rate if rate else 0.0
        return f"{self._done:,} of {self._total:,} objects, {rate:,.0f}/s, {left:,.0f} s left"
