"""Write locks of tables, who loses against whom, and the clock that stamps what is written."""

import threading
from collections.abc import Generator, Iterable, Mapping
from contextlib import ExitStack, contextmanager
from enum import Enum

from tests.standin.bigquery.errors import BigQueryError, invalid_query
from tests.standin.clock import Clock

type TableKey = tuple[str, str, str]


_LONGEST_WAIT_SECONDS = 120


class Change(Enum):
    """What a write does to the rows that a table has.

    BigQuery cancels some of the writers that meet (Multi-statement transactions, Transaction
    concurrency; Troubleshoot query errors, Conflicting DML statements); the others wait.
    """

    KEEPS = "keeps"
    """It adds rows or changes none: it waits."""
    MUTATES = "mutates"
    """UPDATE, DELETE or MERGE: it waits, and fails if the table was truncated meanwhile."""
    TRANSACTION = "transaction"
    """The same in a transaction: it fails at once where another one mutates rows."""
    TRUNCATES = "truncates"
    """All rows go: it waits."""


_MUTATING = (Change.MUTATES, Change.TRANSACTION)
NO_CHANGES: Mapping[TableKey, Change] = {}


class _TableLock:
    def __init__(self, last_stamp: int) -> None:
        self.lock = threading.RLock()
        self.last_stamp = last_stamp
        self.in_flight: int | None = None
        self.change: Change | None = None
        self.truncations = 0
        self.waiting = 0


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
    def writing(
        self, keys: Iterable[TableKey], changes: Mapping[TableKey, Change] = NO_CHANGES
    ) -> Generator[int]:
        """Hold the locks of tables, in one order for everybody, and yield the stamp (us).

        Args:
            keys: The tables.
            changes: What is done to those whose rows do not only become more.

        Raises:
            BigQueryError: Another writer was first.
        """
        with ExitStack() as stack:
            held = [
                stack.enter_context(self._holding(key, changes.get(key, Change.KEEPS)))
                for key in sorted(set(keys))
            ]
            with self._guard:
                last = max((item.last_stamp for item in held), default=0)
                stamp = max(self._clock.now_micros(), last + 1)
                for item in held:
                    item.last_stamp = item.in_flight = stamp
            yield stamp
            for item in held:
                item.truncations += item.change is Change.TRUNCATES

    @contextmanager
    def _holding(self, key: TableKey, change: Change) -> Generator[_TableLock]:
        item = self._lock_of(key)
        with self._guard:
            if change is Change.TRANSACTION and item.change in _MUTATING:
                raise _lost(key, change)
            truncations = item.truncations
            item.waiting += 1
        with item.lock:
            with self._guard:
                item.waiting -= 1
                if change in _MUTATING and item.truncations > truncations:
                    raise _lost(key, change)
                item.change = change
            try:
                yield item
            finally:
                item.in_flight = item.change = None

    def waiting(self, key: TableKey) -> int:
        """Return how many writers wait for a table."""
        return self._lock_of(key).waiting

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


def _lost(key: TableKey, change: Change) -> BigQueryError:
    name = f"{key[0]}:{key[1]}.{key[2]}"
    if change is Change.TRANSACTION:
        return invalid_query(
            f"Transaction is aborted due to concurrent update against table {name}"
        )
    return invalid_query(f"Could not serialize access to table {name} due to concurrent update")
