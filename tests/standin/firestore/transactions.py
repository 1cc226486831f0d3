"""Transactions, kept by optimistic concurrency: what was read must not have changed."""

import itertools
import secrets
import threading
from dataclasses import dataclass, field

import grpc
from google.protobuf.message import Message

from tests.standin.firestore.database import Database
from tests.standin.firestore.messages import MICROS, RequestError, invalid, micros_of, now_micros
from tests.standin.firestore.store import Store

LONGEST = 270 * MICROS


@dataclass
class Transaction:
    """A transaction that has begun.

    Attributes:
        stamp: The instant that it reads, in microseconds since 1970.
        read_only: Whether it may not write.
        documents: The paths it read.
        collections: The collections it queried; "" stands for the whole database.
    """

    stamp: int
    read_only: bool
    began_at: int
    documents: set[str] = field(default_factory=set)
    collections: set[str] = field(default_factory=set)

    def check(self, database: Database) -> None:
        """Refuse to commit when something that was read has changed since.

        Raises:
            RequestError: ABORTED, so that clients start again.
        """
        newest = [version for path in self.documents if (version := database.newest(path))]
        changes = [version.stamp for version in newest]
        changes += [database.collection_changed_at(path) for path in self.collections if path]
        if "" in self.collections:
            changes.append(database.changed_at)
        if any(stamp > self.stamp for stamp in changes):
            raise RequestError(
                grpc.StatusCode.ABORTED, "Transaction lock timeout: what was read has changed."
            )


class Transactions:
    """The open transactions of a server."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._open: dict[bytes, Transaction] = {}
        self._numbers = itertools.count(1)

    def begin(self, database: Database, options: Message) -> tuple[bytes, Transaction]:
        """Begin a transaction and return its id with it.

        Raises:
            RequestError: If its read time cannot be read.
        """
        stamp = self._store.now(database.name)
        if options.read_only.HasField("read_time"):
            stamp = self._store.past(database, micros_of(options.read_only.read_time))
        transaction = Transaction(stamp, options.HasField("read_only"), now_micros())
        key = next(self._numbers).to_bytes(8) + secrets.token_bytes(8)
        with self._lock:
            self._open[key] = transaction
        return key, transaction

    def find(self, key: bytes) -> Transaction:
        """Return an open transaction.

        Raises:
            RequestError: If there is none of that id, or it is too old.
        """
        with self._lock:
            transaction = self._open.get(key)
        if transaction is None:
            raise invalid("Invalid transaction.")
        if now_micros() - transaction.began_at > LONGEST:
            self.end(key)
            raise RequestError(grpc.StatusCode.ABORTED, "The transaction has expired.")
        return transaction

    def end(self, key: bytes) -> None:
        """Forget a transaction.

        Raises:
            RequestError: If there is none of that id.
        """
        with self._lock:
            if self._open.pop(key, None) is None:
                raise invalid("The referenced transaction has expired or is no longer valid.")
