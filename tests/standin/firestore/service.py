"""The Firestore service: the table of its methods, and those that write."""

import secrets

from google.cloud.firestore_v1 import types
from google.protobuf.message import Message

from tests.standin.firestore import lists, reads, writes
from tests.standin.firestore.messages import (
    RequestError,
    Write,
    WriteResult,
    invalid,
    timestamp,
)
from tests.standin.firestore.paths import document_path, split_name
from tests.standin.firestore.server import Method
from tests.standin.firestore.store import Store
from tests.standin.firestore.transactions import Transactions
from tests.standin.firestore.views import Views

SERVICE = "google.firestore.v1.Firestore"
NAMESPACE = "firestore"
AUTO_ID = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
AUTO_ID_LENGTH = 20
BeginTransactionResponse = types.BeginTransactionResponse.pb()
CommitResponse = types.CommitResponse.pb()
BatchWriteResponse = types.BatchWriteResponse.pb()


class Firestore:
    """The methods that write, over one store."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.transactions = Transactions(store)
        self.views = Views(store, self.transactions)

    def begin_transaction(self, request: Message) -> Message:
        """Answer BeginTransaction."""
        database = self.store.of_documents(request.database)
        key, _ = self.transactions.begin(database, request.options)
        return BeginTransactionResponse(transaction=key)

    def rollback(self, request: Message) -> bytes:
        """Answer Rollback."""
        self.transactions.end(request.transaction)
        return b""

    def commit(self, request: Message) -> Message:
        """Answer Commit: all writes or none.

        Raises:
            RequestError: If a write is refused, or the transaction cannot commit.
        """
        with self.store.writing(request.database) as commit:
            if request.transaction:
                transaction = self.transactions.find(request.transaction)
                self.transactions.end(request.transaction)
                if transaction.read_only and request.writes:
                    raise invalid("Cannot modify entities in a read-only transaction.")
                if not transaction.read_only:
                    transaction.check(commit.database)
            results = [writes.apply(commit, write) for write in request.writes]
            return CommitResponse(write_results=results, commit_time=timestamp(commit.stamp))

    def batch_write(self, request: Message) -> Message:
        """Answer BatchWrite: each write by itself, with its own commit time and status.

        Raises:
            RequestError: If a name is invalid, or two writes are to one document.
        """
        names = [document_path(request.database, writes.target(write)) for write in request.writes]
        if len(set(names)) < len(names):
            raise invalid("Cannot write to the same document twice in one batch.")
        answer = BatchWriteResponse()
        with self.store.writing(request.database) as commit:
            for write in request.writes:
                try:
                    commit.database.contend()
                    result = writes.apply(commit, write)
                except RequestError as error:
                    result = WriteResult()
                    answer.status.add(code=error.code.value[0], message=error.message)
                else:
                    answer.status.add()
                answer.write_results.append(result)
                commit.stamp += 1
        return answer

    def _write(self, database: str, write: Message) -> Message:
        with self.store.writing(database) as commit:
            writes.apply(commit, write)
        return commit

    def create_document(self, request: Message) -> bytes:
        """Answer CreateDocument; an id is made when none is given."""
        document_id = request.document_id or "".join(
            secrets.choice(AUTO_ID) for _ in range(AUTO_ID_LENGTH)
        )
        name = f"{request.parent}/{request.collection_id}/{document_id}"
        write = Write(update=request.document, current_document={"exists": False})
        write.update.name = name
        return self._written(write, request)

    def update_document(self, request: Message) -> bytes:
        """Answer UpdateDocument."""
        write = Write(update=request.document)
        if request.HasField("update_mask"):
            write.update_mask.CopyFrom(request.update_mask)
        if request.HasField("current_document"):
            write.current_document.CopyFrom(request.current_document)
        return self._written(write, request)

    def _written(self, write: Message, request: Message) -> bytes:
        self._write(split_name(write.update.name)[0], write)
        read = types.GetDocumentRequest.pb()(name=write.update.name)
        if request.HasField("mask"):
            read.mask.CopyFrom(request.mask)
        return reads.get_document(self.views, read)

    def delete_document(self, request: Message) -> bytes:
        """Answer DeleteDocument."""
        write = Write(delete=request.name)
        if request.HasField("current_document"):
            write.current_document.CopyFrom(request.current_document)
        self._write(split_name(request.name)[0], write)
        return b""


def methods(store: Store) -> list[Method]:
    """Return the methods of the service over a store."""
    service = Firestore(store)
    views = service.views
    unary = {
        "GetDocument": lambda request: reads.get_document(views, request),
        "ListDocuments": lambda request: lists.list_documents(views, request),
        "ListCollectionIds": lambda request: lists.list_collection_ids(views, request),
        "PartitionQuery": lambda request: lists.partition_query(views, request),
        "CreateDocument": service.create_document,
        "UpdateDocument": service.update_document,
        "DeleteDocument": service.delete_document,
        "BeginTransaction": service.begin_transaction,
        "Commit": service.commit,
        "Rollback": service.rollback,
        "BatchWrite": service.batch_write,
    }
    streams = {
        "BatchGetDocuments": lambda request: reads.batch_get_documents(views, request),
        "RunQuery": lambda request: reads.run_query(views, request),
        "RunAggregationQuery": lambda request: reads.run_aggregation_query(views, request),
    }
    return [
        Method(SERVICE, NAMESPACE, name, getattr(types, f"{name}Request").pb(), answer, is_stream)
        for table, is_stream in ((unary, False), (streams, True))
        for name, answer in table.items()
    ]
