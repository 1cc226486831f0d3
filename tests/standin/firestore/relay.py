"""Google's own emulator behind the stand-in's address.

Documents are the emulator's. What it lacks is the stand-in's: the administration of databases and
what follows from it (which exist, how far back they can be read), faults, and the clock that lets a
test write what was written before: the emulator's times are moved on their way in and out.
"""

from collections.abc import Callable, Iterator

import grpc
import requests
from google.cloud.firestore_v1 import types
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from tests.standin.firestore import admin, service
from tests.standin.firestore.messages import RequestError, micros_of, timestamp
from tests.standin.firestore.paths import split_name
from tests.standin.firestore.server import Method, target
from tests.standin.firestore.store import Store

# Without it the emulator answers 403 to the calls that ask for the owner, as ListCollectionIds.
OWNER = (("authorization", "Bearer owner"),)
STREAMS = ("BatchGetDocuments", "RunQuery", "RunAggregationQuery")
ANSWERS = {
    "GetDocument": types.Document.pb(),
    "CreateDocument": types.Document.pb(),
    "UpdateDocument": types.Document.pb(),
    "DeleteDocument": Empty,
    "Rollback": Empty,
}
CALL_SECONDS = 60


class Relay:
    """The emulator, as one more keeper of the store's databases.

    Args:
        store: Knows which databases exist, and has the clock.
        host: Where the emulator answers.
    """

    def __init__(self, store: Store, host: str) -> None:
        self._store = store
        self._host = host
        self._channel = grpc.insecure_channel(host, [("grpc.max_receive_message_length", -1)])

    def method(self, name: str) -> Method:
        """Return a method of the Firestore service that the emulator answers."""
        is_stream = name in STREAMS
        forms = {
            "request_serializer": lambda message: message.SerializeToString(),
            "response_deserializer": (
                ANSWERS.get(name) or getattr(types, f"{name}Response").pb()
            ).FromString,
        }
        kind = self._channel.unary_stream if is_stream else self._channel.unary_unary
        call = kind(f"/{service.SERVICE}/{name}", **forms)
        request_type = getattr(types, f"{name}Request").pb()
        answer = self._stream(call) if is_stream else self._single(call)
        return Method(service.SERVICE, service.NAMESPACE, name, request_type, answer, is_stream)

    def forget(self, database: str) -> None:
        """Remove every document of a database that is deleted."""
        url = f"http://{self._host}/emulator/v1/{database}/documents"
        requests.delete(url, timeout=CALL_SECONDS).raise_for_status()

    def _single(self, call: Callable[..., Message]) -> Callable[[Message], Message]:
        def answer(request: Message) -> Message:
            self._prepare(request)
            try:
                found = call(request, metadata=OWNER, timeout=CALL_SECONDS)
            except grpc.RpcError as error:
                raise RequestError(error.code(), error.details()) from error
            return self._moved(found)

        return answer

    def _stream(self, call: Callable[..., Iterator[Message]]) -> Callable[..., Iterator[Message]]:
        def answer(request: Message) -> Iterator[Message]:
            self._prepare(request)
            try:
                for found in call(request, metadata=OWNER, timeout=CALL_SECONDS):
                    yield self._moved(found)
            except grpc.RpcError as error:
                raise RequestError(error.code(), error.details()) from error

        return answer

    def _prepare(self, request: Message) -> None:
        name = target(request)
        database = self._store.of_documents(
            name if "/documents" not in name else split_name(name)[0]
        )
        if "read_time" in request.DESCRIPTOR.fields_by_name and request.HasField("read_time"):
            self._store.past(database, micros_of(request.read_time))
        _move(request, self._store.clock.real)

    def _moved(self, answer: Message) -> Message:
        _move(answer, self._store.clock.moved)
        return answer


def _move(message: Message, moved: Callable[[int], int]) -> None:
    """Move every time of a message but those that are values of documents."""
    for field, value in message.ListFields():
        kind = field.message_type
        if kind is None or kind.GetOptions().map_entry or kind is types.Value.pb().DESCRIPTOR:
            continue
        for item in value if field.is_repeated else [value]:
            if isinstance(item, Timestamp):
                item.CopyFrom(timestamp(moved(micros_of(item))))
            else:
                _move(item, moved)


def methods(store: Store, storage: str | None, host: str) -> list[Method]:
    """Return the methods of both services, with the documents of an emulator.

    Args:
        store: The databases, as the admin API knows them.
        storage: URL of the Cloud Storage for exports, which are not of the emulator's documents.
        host: Where the emulator answers.
    """
    relay = Relay(store, host)
    documents = [relay.method(item.name) for item in service.methods(store)]
    return documents + [
        _then(item, relay.forget) if item.name == "DeleteDatabase" else item
        for item in admin.methods(store, storage)
    ]


def _then(method: Method, forget: Callable[[str], None]) -> Method:
    def answer(request: Message) -> Message:
        found = method.answer(request)
        forget(request.name)
        return found

    return method._replace(answer=answer)
