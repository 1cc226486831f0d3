"""All databases of one server: one lock, one log, and the last stamp of each database.

The stamps of a database strictly increase, and a commit becomes visible as a whole. A read at an
instant moves the database there, so that no later commit can land at or before what was already read.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
from google.cloud.firestore_admin_v1 import types as admin_types
from google.protobuf.message import Message

from tests.standin.clock import Clock
from tests.standin.firestore.database import Database
from tests.standin.firestore.log import (
    CHANGES,
    DATABASE,
    DROPPED,
    Change,
    Log,
    Record,
    pack,
    unpack,
)
from tests.standin.firestore.messages import (
    MICROS,
    RequestError,
    invalid,
    now_micros,
    parsed,
)
from tests.standin.firestore.paths import DATABASE as DATABASE_NAME

HOUR = 3600 * MICROS
MINUTE = 60 * MICROS
WEEK = 7 * 24 * HOUR
REUSE = 5 * MINUTE
"""So long after its deletion a database's id is not free (Firestore, Manage databases)."""
Resource = admin_types.Database.pb()
RECOVERABLE = Resource.POINT_IN_TIME_RECOVERY_ENABLED


class Commit:
    """Changes in the making: they read what they write, and land together.

    Attributes:
        database: Where they go.
        stamp: The commit time, in microseconds since 1970.
    """

    def __init__(self, database: Database, stamp: int) -> None:
        self.database = database
        self.stamp = stamp
        self.changes: list[Change] = []
        self._pending: dict[str, bytes | None] = {}

    def read(self, path: str) -> Message | None:
        """Return a document as the changes so far leave it; its name is not set."""
        if path in self._pending:
            body = self._pending[path]
        else:
            version = self.database.newest(path)
            body = version.body if version else None
        return None if body is None else parsed(body)

    def put(self, path: str, body: bytes | None) -> None:
        """Set a document's new body; None deletes it."""
        self._pending[path] = body
        self.changes.append(Change(self.stamp, path, body))


class Store:
    """The databases, kept in memory and in a log."""

    def __init__(self, folder: Path) -> None:
        self.lock = threading.RLock()
        self.clock = Clock()
        self._stamps: dict[str, int] = {}
        self._databases: dict[str, Database] = {}
        self._dropped: dict[str, int] = {}
        self._log = Log(folder / "firestore.log")
        for record in self._log.replay():
            self._replay(record)

    def _replay(self, record: Record) -> None:
        if record.kind == DATABASE:
            resource = Resource.FromString(record.payload)
            if record.database in self._databases:
                self._databases[record.database].resource = resource
            else:
                self._databases[record.database] = Database(record.database, resource, self.lock)
        elif record.kind == DROPPED:
            del self._databases[record.database]
        else:
            for change in unpack(record.payload):
                self._databases[record.database].apply(change)
                self._stamped(record.database, change.stamp)

    def close(self) -> None:
        """Close the log."""
        with self.lock:
            self._log.close()

    def databases(self, project: str) -> list[Database]:
        """Return the databases of a project, such as `projects/p`."""
        with self.lock:
            return [
                database
                for name, database in sorted(self._databases.items())
                if name.startswith(f"{project}/databases/")
            ]

    def database(self, name: str) -> Database:
        """Return a database.

        Raises:
            RequestError: If this cannot be the name of one, or there is none.
        """
        if not DATABASE_NAME.fullmatch(name):
            raise invalid(f'Invalid database name: "{name}".')
        with self.lock:
            if name not in self._databases:
                raise RequestError(
                    grpc.StatusCode.NOT_FOUND, f"The database {name} does not exist."
                )
            return self._databases[name]

    def of_documents(self, name: str) -> Database:
        """Return a database whose documents can be asked for.

        Raises:
            RequestError: As `database`, or it keeps entities and no documents.
        """
        database = self.database(name)
        if database.resource.type_ == Resource.DATASTORE_MODE:
            raise RequestError(
                grpc.StatusCode.FAILED_PRECONDITION,
                "The Cloud Firestore API is not available for Firestore in Datastore Mode database "
                f"{name}.",
            )
        return database

    def create(self, name: str, resource: Message) -> None:
        """Create a database.

        Raises:
            RequestError: If it exists, or one of its name was deleted minutes ago.
        """
        with self.lock:
            if name in self._databases:
                raise RequestError(grpc.StatusCode.ALREADY_EXISTS, "Database already exists.")
            wait = self._dropped.get(name, 0) + REUSE - now_micros()
            if wait > 0:
                raise RequestError(
                    grpc.StatusCode.ALREADY_EXISTS,
                    f"Database ID of {name} is not available. "
                    f"Please retry in {wait // MICROS + 1} seconds.",
                )
            self.save(name, resource)

    def save(self, name: str, resource: Message) -> None:
        """Create a database, or change how it is described."""
        with self.lock:
            self._log.append(Record(DATABASE, name, resource.SerializeToString()))
            if name in self._databases:
                self._databases[name].resource = resource
            else:
                self._databases[name] = Database(name, resource, self.lock)

    def drop(self, name: str) -> None:
        """Delete a database and all that is in it."""
        with self.lock:
            self._log.append(Record(DROPPED, name, b""))
            del self._databases[name]
            self._dropped[name] = self.clock.now_micros()

    @contextmanager
    def writing(self, name: str) -> Iterator[Commit]:
        """Give a commit that lands when the block ends without an error.

        Args:
            name: The database.

        Raises:
            RequestError: As `of_documents`.
        """
        with self.lock:
            stamp = max(self.clock.now_micros(), self._stamps.get(name, 0) + 1)
            commit = Commit(self.of_documents(name), stamp)
            yield commit
            if commit.changes:
                self._log.append(Record(CHANGES, name, pack(commit.changes)))
            for change in commit.changes:
                commit.database.apply(change)
            self._stamped(name, commit.stamp)

    def now(self, name: str) -> int:
        """Return an instant after every commit to a database so far and before every later one."""
        with self.lock:
            return self._stamped(name, self.clock.now_micros())

    def _stamped(self, name: str, stamp: int) -> int:
        self._stamps[name] = max(self._stamps.get(name, 0), stamp)
        return self._stamps[name]

    def past(self, database: Database, stamp: int) -> int:
        """Return an instant to read at, once it is certain that it can be read.

        Args:
            database: The database to read.
            stamp: The instant, in microseconds since 1970.

        Raises:
            RequestError: If it is in the future, or no longer kept.
        """
        now = self.now(database.name)
        if stamp > now:
            raise invalid("The requested read_time cannot be in the future.")
        recoverable = database.resource.point_in_time_recovery_enablement == RECOVERABLE
        kept = recoverable and stamp % MINUTE == 0 and stamp >= now - WEEK
        if stamp < now - HOUR and not kept:
            raise RequestError(
                grpc.StatusCode.FAILED_PRECONDITION,
                "The requested read_time is too old.",
            )
        return stamp
