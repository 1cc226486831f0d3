"""The services' own time, as their answers tell it: a machine's clock can be wrong by minutes.

A run of a machine whose clock is ahead would fix a recovery point that has not come yet, take over
a lease that is in force, and let runs expire early.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from threading import Lock

from manifests.errors import CloudError

_DATED_TO = timedelta(seconds=1)


class ServiceClock:
    """Gives the present instant, never later than the services' own. Safe to share between threads.

    An answer is dated when it is made, to the second below (RFC 9110, Date), so that it is never
    ahead when it comes: of all answers the one that tells the latest time is the nearest. Between
    answers the machine only measures how much time passes.

    Args:
        ask: Has a service answer, whatever it is; called when none has yet.
        passed: Gives the seconds since some instant.
    """

    def __init__(
        self, ask: Callable[[], None], passed: Callable[[], float] = time.monotonic
    ) -> None:
        self._ask = ask
        self._passed = passed
        self._lock = Lock()
        self._ahead_seconds: float | None = None

    def hear(self, date: str) -> None:
        """Learn from the `Date` of an answer; one that is none tells nothing."""
        try:
            told_seconds = parsedate_to_datetime(date).timestamp()
        except ValueError:
            return
        ahead_seconds = told_seconds - self._passed()
        with self._lock:
            if self._ahead_seconds is None or ahead_seconds > self._ahead_seconds:
                self._ahead_seconds = ahead_seconds

    def __call__(self) -> datetime:
        """Return the present instant.

        Raises:
            CloudError: No answer tells the time.
        """
        if self._ahead_seconds is None:
            self._ask()
        if self._ahead_seconds is None:
            raise CloudError("no answer of Cloud Storage is dated", retryable=True)
        return datetime.fromtimestamp(self._ahead_seconds + self._passed(), UTC)

    def latest(self) -> datetime:
        """Return an instant before which everything was that has happened until now.

        Raises:
            CloudError: No answer tells the time.
        """
        return self() + _DATED_TO
