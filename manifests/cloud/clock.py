"""The services' own time, as their answers tell it: a machine's clock can be wrong by minutes.

A run of a machine whose clock is ahead would fix a recovery point that has not come yet, take over
a lease that is in force, and let runs expire early.
"""

import math
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from threading import Lock

from manifests.errors import CloudError

_DATED_TO_SECONDS = 1
_SETTLED_SECONDS = 0.1
_PAUSE_SECONDS = 0.03
_MOST_QUESTIONS = 60


class ServiceClock:
    """Gives the present instant, never later than the services' own. Safe to share between threads.

    An answer is dated when it is made, to the second below (RFC 9110, Date). So the service's time
    is at least the date when the answer comes, and less than a second after it when it is asked
    for. Of all answers those that leave the least between the two count. Between answers the machine only measures how much time passes.

    Args:
        ask: Has a service answer, whatever it is; called when none has yet.
        passed: Gives the seconds since some instant.
        sleep: Waits for some seconds.
    """

    def __init__(
        self,
        ask: Callable[[], None],
        passed: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._ask = ask
        self.passed = passed
        self._sleep = sleep
        self._lock = Lock()
        self._ahead_seconds: tuple[float, float] | None = None

    def hear(self, date: str, *, asked: float) -> None:
        """Learn from the `Date` of an answer; a header that is no date is ignored.

        Args:
            date: The header.
            asked: What `passed` gave before the answer was asked for.
        """
        try:
            told_seconds = parsedate_to_datetime(date).timestamp()
        except ValueError:
            return
        least = told_seconds - self.passed()
        most = told_seconds + _DATED_TO_SECONDS - asked
        with self._lock:
            if self._ahead_seconds is not None:
                least = max(least, self._ahead_seconds[0])
                most = min(most, self._ahead_seconds[1])
            self._ahead_seconds = least, most

    def __call__(self) -> datetime:
        """Return the present instant.

        Raises:
            CloudError: No answer tells the time.
        """
        least, _ = self._ahead()
        return datetime.fromtimestamp(least + self.passed(), UTC)

    def latest(self, passed: float | None = None) -> datetime:
        """Return an instant that is later than everything that had happened until then.

        Args:
            passed: What `passed` gave then; now when None.

        Raises:
            CloudError: No answer tells the time.
        """
        then = self.passed() if passed is None else passed
        # The machines of a service differ a little: the least that one tells can exceed the most of
        # another.
        return datetime.fromtimestamp(max(self._ahead()) + then, UTC)

    def settle(self) -> None:
        """Ask until `latest` is exact to a tenth of a second, or as exact as the answers allow.

        Raises:
            CloudError: No answer tells the time.
        """
        for _ in range(_MOST_QUESTIONS):
            least, most = self._ahead()
            if most - least <= _SETTLED_SECONDS:
                return
            # Before the next second can begin no answer tells anything new.
            now_at_least, now_at_most = least + self.passed(), most + self.passed()
            to_next_seconds = math.floor(now_at_least) + 1 - now_at_most
            self._sleep(max(to_next_seconds, 0) + _PAUSE_SECONDS)
            self._ask()

    def _ahead(self) -> tuple[float, float]:
        """Return by how many seconds the service's time is ahead of `passed`, at least and at most."""
        if self._ahead_seconds is None:
            self._ask()
        if self._ahead_seconds is None:
            raise CloudError("no answer of Cloud Storage is dated", retryable=True)
        return self._ahead_seconds
