import threading
from collections.abc import Callable

from google.cloud import firestore
from google.cloud.firestore_v1.base_query import FieldFilter

from tests.contract.firestore.wire import Wire, integer


def begin(wire: Wire, **options: object) -> bytes:
    """Begin a transaction and return its id."""
    return wire.call("BeginTransaction", database=wire.database, options=options).transaction


def test_concurrent_transactions_lose_nothing(client: firestore.Client):
    """Increments by concurrent transactions all count."""
    document = client.document("c/counter")
    document.set({"n": 0})

    @firestore.transactional
    def increment(transaction: firestore.Transaction) -> None:
        number = document.get(transaction=transaction).get("n")
        transaction.update(document, {"n": number + 1})

    def work() -> None:
        for _ in range(3):
            increment(client.transaction(max_attempts=50))

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert document.get().get("n") == 6


def test_transaction_with_a_query(client: firestore.Client):
    """A transaction reads by query and writes what it read."""
    for number in range(3):
        client.document(f"c/{number}").set({"state": "old"})

    @firestore.transactional
    def change(transaction: firestore.Transaction) -> int:
        query = client.collection("c").where(filter=FieldFilter("state", "==", "old"))
        found = list(query.stream(transaction=transaction))
        for document in found:
            transaction.update(document.reference, {"state": "new"})
        return len(found)

    assert change(client.transaction()) == 3
    assert {document.get("state") for document in client.collection("c").stream()} == {"new"}


def test_read_only_transaction_at_a_time(wire: Wire, refused: Callable):
    """A read-only transaction reads one instant and cannot write."""
    at = wire.set("c/d", {"n": integer(1)})
    wire.set("c/d", {"n": integer(2)})
    transaction = begin(wire, read_only={"read_time": at})
    assert wire.get("c/d", transaction=transaction).fields["n"] == integer(1)
    with refused("INVALID_ARGUMENT"):
        wire.commit(wire.delete("c/d"), transaction=transaction)


def test_transaction_ends_once(wire: Wire, refused: Callable):
    """A transaction that was committed or rolled back cannot be used again."""
    committed, rolled_back = begin(wire), begin(wire)
    wire.commit(wire.update("c/d", {}), transaction=committed)
    wire.call("Rollback", "Document", database=wire.database, transaction=rolled_back)
    for transaction in (committed, rolled_back, b"unknown"):
        with refused("INVALID_ARGUMENT"):
            wire.commit(transaction=transaction)


def test_new_transaction_with_a_read(wire: Wire):
    """A read can begin a transaction and tell its id before its results."""
    wire.set("c/d", {"n": integer(1)})
    answers = wire.query({"from_": [{"collection_id": "c"}]}, new_transaction={"read_write": {}})
    transaction = next(answer.transaction for answer in answers if answer.transaction)
    wire.commit(wire.update("c/d", {"n": integer(2)}), transaction=transaction)
    assert wire.get("c/d").fields["n"] == integer(2)
