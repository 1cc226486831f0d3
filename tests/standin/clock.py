"""The clock that dates what is written to a stand-in."""

import time


class Clock:
    """The present, moved by an offset, so that a test can write what was written before.

    A service says what else follows it: in BigQuery everything does, in the others only the dates
    of what is written.
    """

    def __init__(self) -> None:
        self._offset_micros = 0

    def set_offset(self, seconds: float) -> None:
        """Date what is written from now on this much later; earlier when it is negative."""
        self._offset_micros = int(seconds * 1_000_000)

    def now_micros(self) -> int:
        """Return the moved present, in microseconds since 1970."""
        return time.time_ns() // 1000 + self._offset_micros
