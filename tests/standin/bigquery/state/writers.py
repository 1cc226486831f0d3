"""Writers that a test orders: each holds a table until it is told to end."""

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from tests.standin.bigquery.engine.database import Database
from tests.standin.bigquery.engine.entries import Resource
from tests.standin.bigquery.engine.locks import Change, TableKey
from tests.standin.bigquery.errors import invalid

_MOST = 8


@dataclass(frozen=True, kw_only=True)
class _Writer:
    change: Change
    begun: threading.Event = field(default_factory=threading.Event)
    told_to_end: threading.Event = field(default_factory=threading.Event)


class Writers:
    """The writers of a server, one a table.

    Args:
        database: Whose tables they write.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._pool = ThreadPoolExecutor(_MOST, thread_name_prefix="writer")
        self._writers: dict[TableKey, tuple[_Writer, Future[None]]] = {}

    def begin(self, key: TableKey, change: str) -> None:
        """Begin to write a table, and return once it is held.

        Raises:
            BigQueryError: There is no such change.
        """
        if change not in Change:
            raise invalid(f"change must be among {', '.join(item.value for item in Change)}")
        writer = _Writer(change=Change(change))
        self._writers[key] = writer, self._pool.submit(self._hold, key, writer)
        writer.begun.wait()

    def _hold(self, key: TableKey, writer: _Writer) -> None:
        # A lock is released by the thread that has it.
        with self._database.locks.writing([key], {key: writer.change}):
            writer.begun.set()
            writer.told_to_end.wait()

    def end(self, key: TableKey) -> None:
        """End the writer of a table, if there is one."""
        if key in self._writers:
            writer, held = self._writers.pop(key)
            writer.told_to_end.set()
            held.result()

    def told(self) -> list[Resource]:
        """Return every writer, with how many others wait for its table."""
        return [
            {
                "table": ".".join(key),
                "change": writer.change.value,
                "waiting": self._database.locks.waiting(key),
            }
            for key, (writer, _) in self._writers.items()
        ]

    def close(self) -> None:
        """End every writer."""
        for key in list(self._writers):
            self.end(key)
        self._pool.shutdown()
