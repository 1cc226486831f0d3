"""Long-running operations of the admin API, run by threads and followed by clients."""

import secrets
import threading
from collections.abc import Callable

import grpc
from google.longrunning import operations_pb2
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message

from tests.standin.firestore.messages import RequestError
from tests.standin.firestore.server import Method

SERVICE = "google.longrunning.Operations"
NAMESPACE = "firestore.operations"
Operation = operations_pb2.Operation


class Cancelled(Exception):  # noqa: N818 - an order, not an error
    """The client cancelled the operation."""


class Running:
    """A running operation, as its work sees it."""

    def __init__(self, name: str) -> None:
        self.operation = Operation(name=name)
        self.cancelled = threading.Event()
        self.lock = threading.Lock()

    def describe(self, metadata: Message) -> None:
        """Tell how far the work is.

        Raises:
            Cancelled: If it is to stop.
        """
        with self.lock:
            self.operation.metadata.Pack(metadata)
        if self.cancelled.is_set():
            raise Cancelled

    def finish(self, response: Message | None, error: RequestError | None = None) -> None:
        """End the operation."""
        with self.lock:
            if error is not None:
                self.operation.error.code = error.code.value[0]
                self.operation.error.message = error.message
            elif response is not None:
                self.operation.response.Pack(response)
            self.operation.done = True

    def snapshot(self) -> Message:
        """Return how the operation stands."""
        with self.lock:
            return Operation.FromString(self.operation.SerializeToString())


class Operations:
    """The operations of a server; a restart forgets them."""

    def __init__(self) -> None:
        self._operations: dict[str, Running] = {}

    def start(self, database: str, work: Callable[[Running], Message], first: Message) -> Message:
        """Start work in a thread and return its operation.

        Args:
            database: The database that it is about.
            work: Returns the response; it raises RequestError to fail.
            first: The metadata that it begins with.
        """
        running = Running(f"{database}/operations/{secrets.token_urlsafe(16)}")
        running.describe(first)
        self._operations[running.operation.name] = running

        def run() -> None:
            try:
                running.finish(work(running))
            except RequestError as error:
                running.finish(None, error)
            except Cancelled:
                running.finish(None, RequestError(grpc.StatusCode.CANCELLED, "Cancelled."))

        threading.Thread(target=run, name="operation", daemon=True).start()
        return running.snapshot()

    def done(self, database: str, response: Message, metadata: Message) -> Message:
        """Return an operation that ended at once."""
        running = Running(f"{database}/operations/{secrets.token_urlsafe(16)}")
        running.describe(metadata)
        running.finish(response)
        self._operations[running.operation.name] = running
        return running.snapshot()

    def _find(self, name: str) -> Running:
        if name not in self._operations:
            raise RequestError(grpc.StatusCode.NOT_FOUND, f'Operation "{name}" not found.')
        return self._operations[name]

    def get(self, request: Message) -> Message:
        """Answer GetOperation."""
        return self._find(request.name).snapshot()

    def list(self, request: Message) -> Message:
        """Answer ListOperations: those of one database."""
        prefix = f"{request.name}/operations/"
        found = [item for name, item in self._operations.items() if name.startswith(prefix)]
        answer = operations_pb2.ListOperationsResponse()
        answer.operations.extend(item.snapshot() for item in found)
        return answer

    def cancel(self, request: Message) -> Message:
        """Answer CancelOperation: the work stops at its next step."""
        self._find(request.name).cancelled.set()
        return Empty()

    def delete(self, request: Message) -> Message:
        """Answer DeleteOperation."""
        self._find(request.name)
        del self._operations[request.name]
        return Empty()

    def methods(self) -> "list[Method]":
        """Return the methods of the service."""
        table = {"Get": self.get, "List": self.list, "Cancel": self.cancel, "Delete": self.delete}
        names = {"Get": "Operation", "List": "Operations"}
        return [
            Method(
                SERVICE,
                NAMESPACE,
                verb + names.get(verb, "Operation"),
                getattr(operations_pb2, f"{verb}{names.get(verb, 'Operation')}Request"),
                answer,
            )
            for verb, answer in table.items()
        ]
