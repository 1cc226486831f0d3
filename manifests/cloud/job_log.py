"""Remembers which jobs of BigQuery ran, so that they can be named afterwards."""

from collections import deque
from contextlib import suppress
from typing import NamedTuple

_MOST_REMEMBERED = 2000


class RanJob(NamedTuple):
    """A job that ended well.

    Attributes:
        statement: What it ran; empty where it was no query.
    """

    job_id: str
    statement: str


class JobLog:
    """Remembers which jobs ended well, the newest of too many. Safe to share between threads."""

    def __init__(self) -> None:
        self._ran: deque[RanJob] = deque(maxlen=_MOST_REMEMBERED)

    def add(self, job: object) -> None:
        """Remember a job; Google's library has a class of its own for each sort."""
        job_id, statement = getattr(job, "job_id", ""), getattr(job, "query", None)
        self._ran.append(RanJob(str(job_id), str(statement or "")))

    def taken(self) -> tuple[RanJob, ...]:
        """Return those since the last time, and forget them."""
        found = []
        with suppress(IndexError):
            while True:
                found.append(self._ran.popleft())
        return tuple(found)
