"""The clock that dates what is written to a stand-in."""

import time
from typing import NamedTuple


class _Stretch(NamedTuple):
    """A stretch of the real time, up to the next one, and by how much it is moved."""

    begin: int
    offset: int


class Clock:
    """The present, moved by an offset, so that a test can write what was written before.

    A service says what else follows it: in BigQuery everything does, in the others only the dates
    of what is written. All times are in microseconds since 1970.
    """

    def __init__(self) -> None:
        self._stretches = [_Stretch(0, 0)]

    def set_offset(self, seconds: float) -> None:
        """Date what is written from now on this much later; earlier when it is negative."""
        self._stretches.append(_Stretch(time.time_ns() // 1000, int(seconds * 1_000_000)))

    def now_micros(self) -> int:
        """Return the moved present."""
        return self.moved(time.time_ns() // 1000)

    def moved(self, real: int) -> int:
        """Return what a real time is dated."""
        return real + next(item.offset for item in reversed(self._stretches) if item.begin <= real)

    def real(self, moved: int) -> int:
        """Return the last real time that is not dated later, as far as the latest stretches go."""
        end = None
        for begin, offset in reversed(self._stretches):
            real = moved - offset
            if begin <= real:
                return real if end is None else min(real, end - 1)
            end = begin
        return moved
