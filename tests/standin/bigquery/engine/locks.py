"""Write locks of tables, and the clock that stamps what is written under them."""

import threading
from collections.abc import Generator, Iterable
from contextlib import contextmanager

from tests.standin.bigquery.errors import BigQueryError
from tests.standin.clock import Clock

type TableKey = tuple[str, str, str]


_LONGEST_WAIT_SECONDS = 120


class _TableLock:
    def __init__(self, last_stamp: int) -> None:
        self.lock = threading.RLock()
        self.last_stamp = last_stamp
        self.in_flight: int | None = None


class WriteLocks:
    """One write lock for each table name, whether a table of that name exists or not.

    A write is stamped when its locks are held, and the stamps of a table only grow. A reader of a
    past instant waits for the writes in flight that are stamped at or before it, so that it sees
    exactly that instant, and always the same.

    Args:
        last_stamp: The latest stamp of what is stored.
        clock: The stand-in's clock.
    """

    def __init__(self, last_stamp: int, clock: Clock) -> None:
        self._locks: dict[TableKey, _TableLock] = {}
        self._guard = threading.Lock()
        self._last_stamp = last_stamp
        self._clock = clock

    @contextmanager
    def writing(self, keys: Iterable[TableKey]) -> Generator[int]:
        """Hold the locks of tables, in one order for everybody, and yield the stamp (us)."""
        held = [self._lock_of(key) for key in sorted(set(keys))]
        for item in held:
            item.lock.acquire()
        try:
            with self._guard:
                last = max((item.last_stamp for item in held), default=0)
                stamp = max(self._clock.now_micros(), last + 1)
                for item in held:
                    item.last_stamp = item.in_flight = stamp
            yield stamp
        finally:
            for item in reversed(held):
                item.in_flight = None
                item.lock.release()

    def wait_for_writes(self, key: TableKey, instant: int) -> None:
        """Wait until no write of a table is in flight that an instant (us) has to see.

        Raises:
            BigQueryError: The write does not end.
        """
        found = self._lock_of(key)
        with self._guard:
            # A later write is stamped after this very instant, see `writing`.
            found.last_stamp = max(found.last_stamp, instant)
            in_flight = found.in_flight
        if in_flight is not None and in_flight <= instant:
            if not found.lock.acquire(timeout=_LONGEST_WAIT_SECONDS):
                raise BigQueryError("backendError", f"A write of table {key[2]} does not end")
            found.lock.release()

    def _lock_of(self, key: TableKey) -> _TableLock:
        with self._guard:
            return self._locks.setdefault(key, _TableLock(self._last_stamp))
