"""How far the reading of a range of documents came, over all the streams it takes.

A query that passes over many documents that were just deleted ends after about a minute with
nothing found (googleapis/nodejs-firestore#964), so that the next one would begin where it began.
Then the rest is read in parts: cut at names that are known from elsewhere, and where those do not
help, at places that no name has to be known for.
"""

import random
import time
from bisect import bisect_right
from collections.abc import Sequence

from manifests.cloud.retry import is_timed_out
from manifests.cutting import finer_cuts
from manifests.documents import PathKey, path_key
from manifests.errors import CloudError
from manifests.names import NameRange, Position

_MOST_FAILURES = 8
_MOST_TIME_OUTS = 20
"""After so many time-outs in a row without a part that was read to its end the reading gives up."""
_LONGEST_PAUSE_SECONDS = 20
_SMALLER = 8
"""How many times smaller the next range is after a time-out; each time-out costs a minute."""


class Passes:
    """The reading of one range.

    Args:
        database: The database, for errors.
        names: The range.
        landmarks: Paths in name order at which the range may be cut.
    """

    def __init__(self, database: str, names: NameRange, landmarks: Sequence[str]) -> None:
        self._database = database
        self._failures = 0
        self._last_key: PathKey = ()
        self._last_path = ""
        self._start = names.start
        self._end = names.end
        self._landmarks = landmarks
        self._keys: list[tuple[PathKey, bool]] = []
        self._landmarks_a_part = 0
        self._pieces: list[Position | None] = []
        self._has_advanced = False
        self.is_over = False

    @property
    def rest(self) -> NameRange:
        """What is read next: all that was not seen yet, or a part of it."""
        if self._pieces:
            return NameRange(self._start, self._pieces[-1])
        if not self._landmarks_a_part:
            return NameRange(self._start, self._end)
        at = self._next_landmark() + self._landmarks_a_part
        is_inside = at < len(self._keys) and (self._end is None or self._keys[at] < self._end.key)
        return NameRange(self._start, Position(self._landmarks[at]) if is_inside else self._end)

    def pass_by(self, path: str) -> None:
        """Take note of a document that was read.

        Raises:
            CloudError: It does not come after the one before it.
        """
        key = path_key(path)
        if key <= self._last_key:
            raise CloudError(
                f"documents came out of order: {path} after {self._last_path}",
                subject=self._database,
            )
        self._last_key, self._last_path = key, path
        self._start = Position(path, after=True)
        self._failures = 0
        self._has_advanced = True

    def end_part(self) -> None:
        """Go on to the next part, which may be larger, after nothing was found in the rest of one."""
        self._start = self.rest.end
        self.is_over = self._start == self._end
        if self._pieces:
            self._pieces.pop()
        if not self._pieces:
            self._landmarks_a_part *= 2
        self._failures = 0
        self._has_advanced = False

    def fail(self, error: Exception) -> None:
        """Wait before the next stream, with a smaller part where time was short; or give up.

        Raises:
            CloudError: Time is too short for a part that cannot be smaller.
            Exception: What was given: it came too often.
        """
        self._failures += 1
        if is_timed_out(error) and not self._has_advanced:
            self._cut(error)
            return
        self._has_advanced = False
        if self._failures > _MOST_FAILURES:
            raise error
        longest = min(0.25 * 2**self._failures, _LONGEST_PAUSE_SECONDS)
        time.sleep(random.uniform(0, longest))  # noqa: S311 - spreads retries

    def _cut(self, error: Exception) -> None:
        if not self._pieces and self._is_cut_at_landmarks():
            return
        rest = self.rest
        cuts = finer_cuts(rest)
        if not cuts or self._failures > _MOST_TIME_OUTS:
            raise CloudError(
                f"too much was deleted in {rest.text} for a query to pass over it in time: {error}",
                subject=self._database,
                hint="Firestore clears away what was deleted by itself: run the same command again in "
                "some hours; if it stays so, Google's support can help",
                retryable=True,
            ) from error
        self._pieces = [*(self._pieces or [rest.end]), *reversed(cuts)]

    def _is_cut_at_landmarks(self) -> bool:
        self._keys = self._keys or [Position(path).key for path in self._landmarks]
        ahead = len(self._keys) - self._next_landmark()
        larger = min(self._landmarks_a_part or ahead, ahead)
        if larger <= 1:
            return False
        self._landmarks_a_part = max(larger // _SMALLER, 1)
        return True

    def _next_landmark(self) -> int:
        return 0 if self._start is None else bisect_right(self._keys, self._start.key)
