"""What a request may read: which database, at which instant, for which transaction."""

from dataclasses import dataclass

from google.protobuf.message import Message

from tests.standin.firestore.database import Database
from tests.standin.firestore.messages import invalid, micros_of
from tests.standin.firestore.paths import split_name
from tests.standin.firestore.queries import Source
from tests.standin.firestore.store import Store
from tests.standin.firestore.transactions import Transaction, Transactions


@dataclass(frozen=True)
class View:
    """One request's view of a database.

    Attributes:
        database: The database.
        stamp: The instant that is read, in microseconds since 1970.
        transaction: The transaction that reads, if one does.
        begun: The id of a transaction that this request began, or nothing.
    """

    database: Database
    stamp: int
    transaction: Transaction | None = None
    begun: bytes = b""

    def source(self, parent: str) -> Source:
        """Return what a query below a parent reads."""
        return Source(self.database, parent, self.stamp)

    def note_document(self, path: str) -> None:
        """Remember for the transaction that a document was read."""
        if self.transaction:
            self.transaction.documents.add(path)

    def note_query(self, parent: str, query: Message) -> None:
        """Remember for the transaction what was queried."""
        if self.transaction:
            selector = query.from_[0] if query.from_ else None
            single = selector and selector.collection_id and not selector.all_descendants
            path = f"{parent}/{selector.collection_id}".lstrip("/") if single else ""
            self.transaction.collections.add(path)


class Views:
    """Makes views of a server's databases."""

    def __init__(self, store: Store, transactions: Transactions) -> None:
        self._store = store
        self._transactions = transactions

    def of(self, database_name: str, request: Message) -> View:
        """Return the view that a request asks for.

        Raises:
            RequestError: If its read time or its transaction is not valid.
        """
        database = self._store.of_documents(database_name)
        kind = request.WhichOneof("consistency_selector")
        if kind == "read_time":
            if request.read_time.nanos % 1000:
                raise invalid("timestamp cannot have more than microseconds precision")
            return View(database, self._store.past(database, micros_of(request.read_time)))
        if kind == "transaction":
            transaction = self._transactions.find(request.transaction)
            return View(database, transaction.stamp, transaction)
        if kind == "new_transaction":
            key, transaction = self._transactions.begin(database, request.new_transaction)
            return View(database, transaction.stamp, transaction, key)
        return View(database, self._store.now(database.name))

    def below(self, parent: str, request: Message) -> tuple[View, str]:
        """Return the view of the database that a parent is in, and the parent's path."""
        name, path = split_name(parent)
        return self.of(name, request), path
