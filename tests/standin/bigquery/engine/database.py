"""The one DuckDB file: connections, and writes that commit rows and resources together."""

import json
import threading
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from tests.standin.bigquery.engine.catalog import Catalog
from tests.standin.bigquery.engine.entries import Entry, entry_of
from tests.standin.bigquery.engine.fingerprints import create_fingerprints
from tests.standin.bigquery.engine.locks import NO_CHANGES, Change, TableKey, WriteLocks
from tests.standin.bigquery.engine.macros import create_macros
from tests.standin.clock import Clock

type Connection = duckdb.DuckDBPyConnection

_SETTINGS = ("SET GLOBAL TimeZone = 'UTC'", "SET GLOBAL preserve_insertion_order = false")
_TABLES = ("CREATE TABLE IF NOT EXISTS rb_entries (number BIGINT, body VARCHAR)",)


class Write:
    """One atomic change: rows through `connection`, resources through `save`.

    Attributes:
        connection: Where statements run, inside a transaction.
        stamp: The instant (us) of everything the change writes.
        catalog: The resources as they were before the change.
    """

    def __init__(self, connection: Connection, stamp: int, catalog: Catalog) -> None:
        self.connection = connection
        self.stamp = stamp
        self.catalog = catalog
        self.saved: dict[int, Entry] = {}

    def save(self, entry: Entry) -> None:
        """Change an entry, or add it; it is stored with all others at the end of the change."""
        self.saved[entry.number] = entry

    def store(self) -> None:
        """Store every entry that was saved, as it was saved last: by two statements, not two an entry."""
        if not self.saved:
            return
        if known := [number for number in self.saved if self.catalog.has(number)]:
            numbers = ", ".join(map(str, known))
            self.connection.execute(f"DELETE FROM rb_entries WHERE number IN ({numbers})")
        rows = ", ".join("(?, ?)" for _ in self.saved)
        values: list[Any] = []
        for entry in self.saved.values():
            values += [entry.number, json.dumps(entry.document())]
        self.connection.execute(f"INSERT INTO rb_entries VALUES {rows}", values)

    def table(self, key: TableKey) -> Entry | None:
        """Return a table as this change sees it."""
        mine = [item for item in self.saved.values() if item.key == key and item.kind == "table"]
        if mine:
            return next((item for item in mine if item.deleted is None), None)
        return self.catalog.table(key)

    def execute(self, sql: str, values: list[Any] | None = None) -> list[tuple[Any, ...]]:
        """Run a statement and return its rows."""
        return self.connection.execute(sql, values).fetchall()

    def changed_rows(self, sql: str) -> int:
        """Run a statement that changes rows and return how many."""
        answer = self.execute(sql)
        return int(answer[0][0]) if answer else 0


class Database:
    """Rows and resources of one data directory. Safe to share between threads.

    Args:
        folder: Where the file is.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._root = duckdb.connect(str(folder / "bigquery.duckdb"))
        self._jobs = folder / "jobs.jsonl"
        self._guard = threading.Lock()
        for statement in (*_SETTINGS, *_TABLES):
            self._root.execute(statement)
        create_fingerprints(self._root)
        create_macros(self._root)
        entries = self._root.execute("SELECT body FROM rb_entries ORDER BY number").fetchall()
        self.clock = Clock()
        self.move_clock(0)
        stored = (entry_of(json.loads(body)) for (body,) in entries)
        self.catalog = Catalog(stored, self.clock.now_micros)
        self.locks = WriteLocks(self.catalog.last_stamp(), self.clock)

    def move_clock(self, offset_seconds: float) -> None:
        """Move the clock that everything here goes by, statements included."""
        self.clock.set_offset(offset_seconds)
        offset_micros = round(offset_seconds * 1_000_000)
        with self._guard:
            self._root.execute(
                f"CREATE OR REPLACE MACRO rb_now() AS epoch_us(now()) + {offset_micros}"
            )

    def close(self) -> None:
        """Write everything to the file and close it."""
        self._root.close()

    @contextmanager
    def reading(self) -> Generator[Connection]:
        """Yield a connection of its own."""
        with self._guard:
            connection = self._root.cursor()
        try:
            yield connection
        finally:
            connection.close()

    @contextmanager
    def writing(
        self,
        keys: Iterable[TableKey],
        connection: Connection | None = None,
        changes: Mapping[TableKey, Change] = NO_CHANGES,
    ) -> Generator[Write]:
        """Change tables atomically; everything is undone when the block raises.

        Args:
            keys: Every table that is written, created or deleted.
            connection: The connection to use; None for one of its own.
            changes: What is done to those tables whose rows do not only become more.

        Raises:
            BigQueryError: Another writer was first.
        """
        if connection is None:
            with self.reading() as own, self.writing(keys, own, changes) as write:
                yield write
            return
        with self.locks.writing(keys, changes) as stamp:
            connection.execute("BEGIN TRANSACTION")
            write = Write(connection, stamp, self.catalog)
            try:
                yield write
                write.store()
                connection.execute("COMMIT")
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            self.catalog.apply(write.saved.values())

    def jobs(self) -> list[dict[str, Any]]:
        """Return every stored job, as it was stored last."""
        if not self._jobs.exists():
            return []
        *lines, begun = self._jobs.read_text().split("\n")
        if begun:
            # What was killed while it wrote has left a line without its end.
            self._jobs.write_text("".join(f"{line}\n" for line in lines))
        return list(dict(json.loads(line) for line in lines).values())

    def save_job(self, job_id: str, body: dict[str, Any]) -> None:
        """Store a job, new or changed.

        A line of a file takes a hundredth of the time of a row of a table, and there are two a job.
        """
        line = json.dumps([job_id, body]) + "\n"
        with self._guard, self._jobs.open("a") as file:
            file.write(line)
