"""SQLite as the stand-ins keep their state in it.

One connection, used by the event loop's thread alone, so that each transaction is a critical
section: of racing conditional writes exactly one wins. A committed transaction survives SIGKILL,
not a crash of the machine (`synchronous` is off, because no test crashes the machine).
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def open_database(path: Path, schema: str) -> sqlite3.Connection:
    """Open the database at a path, and make it when there is none.

    Args:
        path: The file.
        schema: Statements that make what is missing in it.
    """
    database = sqlite3.connect(path, isolation_level=None)
    database.row_factory = sqlite3.Row
    database.execute("PRAGMA locking_mode = EXCLUSIVE")
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = OFF")
    database.execute("PRAGMA cache_size = -65536")
    database.executescript(schema)
    return database


@contextmanager
def transaction(database: sqlite3.Connection) -> Iterator[None]:
    """Commit what is done inside, or none of it when an exception leaves."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        database.execute("ROLLBACK")
        raise
    database.execute("COMMIT")
