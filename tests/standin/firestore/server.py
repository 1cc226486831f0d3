"""The gRPC server: requests parsed, faults enacted, refusals turned into statuses.

gRPC hides the connection from its handlers, so that a broken connection is shown as what a
client makes of one: UNAVAILABLE. A truncated stream ends early, with OK unless told otherwise,
which is how long reads of the real service have been seen to end.
"""

import time
from collections.abc import Callable, Iterator
from concurrent import futures
from typing import NamedTuple, NoReturn

import grpc
from google.protobuf.message import DecodeError, Message

from tests.standin.faults import STATUSES, Fault, Faults
from tests.standin.firestore.messages import RequestError, invalid

type Answer = bytes | Message

WORKERS = 48
# Of more than a thousand, the library would cancel some at random.
WAITING_CALLS_MOST = 1_000_000
LARGEST_REQUEST_BYTES = 10 * 1024 * 1024
# Larger than what is refused, so that the refusal is the service's and not the library's.
LARGEST_MESSAGE_BYTES = 64 * 1024 * 1024
RESOURCE_FIELDS = ("name", "database", "parent", "document")


class Method(NamedTuple):
    """One method of a service.

    Attributes:
        service: The full name of its service.
        namespace: How the ids of its operations begin, for faults.
        name: Its name.
        request_type: The class of its request.
        answer: Answers a request; an iterator of messages when it is a stream.
        is_stream: Whether it is one.
    """

    service: str
    namespace: str
    name: str
    request_type: type[Message]
    answer: Callable[[Message], Answer | Iterator[Answer]]
    is_stream: bool = False


def target(request: Message) -> str:
    """Return what a request is about, for faults that match only some."""
    names = request.DESCRIPTOR.fields_by_name
    found = [getattr(request, field) for field in RESOURCE_FIELDS if field in names]
    return next((name for name in found if isinstance(name, str)), "")


def _serialised(answer: Answer) -> bytes:
    return answer if isinstance(answer, bytes) else answer.SerializeToString()


def _status(fault: Fault) -> RequestError:
    name = fault.reason or STATUSES.get(fault.status, "UNKNOWN")
    code = getattr(grpc.StatusCode, name, grpc.StatusCode.UNKNOWN)
    return RequestError(code, f"{code.name} (injected)")


BROKEN = RequestError(grpc.StatusCode.UNAVAILABLE, "Connection reset (injected)")


def _half(answers: Iterator[Answer], fault: Fault) -> Iterator[Answer]:
    everything = list(answers)
    yield from everything[: len(everything) // 2]
    if fault.reason:
        raise _status(fault)


def _spoilt(fault: Fault, answers: Iterator[Answer], faults: Faults) -> Iterator[Answer]:
    """Enact a fault on the messages of an answer."""
    if fault.kind == "status":
        raise _status(fault)
    if fault.kind == "reset":
        raise BROKEN
    if fault.kind == "lost":
        list(answers)
        raise BROKEN
    if fault.kind == "truncate":
        return _half(answers, fault)
    faults.unclaim(fault)
    return answers


def called(method: Method, faults: Faults, request: Message) -> Answer:
    """Return the one answer of a method.

    Raises:
        RequestError: It is refused, or a fault keeps it from whoever asks.
    """
    answers = list(_answers(method, faults, request))
    if not answers:
        raise BROKEN
    return answers[0]


def _answers(method: Method, faults: Faults, request: Message) -> Iterator[Answer]:
    operation = f"{method.namespace}.{method.name}"
    answers = _work(method, request)
    for fault in faults.claim(operation, target(request)):
        if fault.kind == "latency":
            for pause_seconds in fault.pauses():
                time.sleep(pause_seconds)
        else:
            answers = _spoilt(fault, answers, faults)
    return answers


def _work(method: Method, request: Message) -> Iterator[Answer]:
    if method.is_stream:
        yield from method.answer(request)
    else:
        yield method.answer(request)


class _Handler:
    """Answers one method."""

    def __init__(self, method: Method, faults: Faults) -> None:
        self._method = method
        self._faults = faults

    def _request(self, data: bytes) -> Message:
        if len(data) > LARGEST_REQUEST_BYTES:
            raise invalid(f"Request payload size exceeds the limit: {LARGEST_REQUEST_BYTES} bytes.")
        try:
            return self._method.request_type.FromString(data)
        except DecodeError as error:
            raise invalid("The request cannot be parsed.") from error

    def unary(self, data: bytes, context: grpc.ServicerContext) -> bytes:
        """Answer with one message."""
        try:
            answer = called(self._method, self._faults, self._request(data))
        except RequestError as error:
            _abort(context, error)
        return _serialised(answer)

    def stream(self, data: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
        """Answer with a stream of messages."""
        try:
            for answer in _answers(self._method, self._faults, self._request(data)):
                yield _serialised(answer)
        except RequestError as error:
            _abort(context, error)


def _abort(context: grpc.ServicerContext, error: RequestError) -> NoReturn:
    context.abort(error.code, error.message)
    raise error


def start(methods: list[Method], faults: Faults, address: str) -> tuple[grpc.Server, int]:
    """Start a server and return it with its port.

    Args:
        methods: What it serves.
        faults: The faults that are enacted.
        address: Where it listens, as HOST:PORT; port 0 takes a free one.

    Raises:
        RuntimeError: If the port is taken.
    """
    server = grpc.server(
        futures.ThreadPoolExecutor(WORKERS),
        options=[
            ("grpc.max_receive_message_length", LARGEST_MESSAGE_BYTES),
            ("grpc.max_send_message_length", -1),
            ("grpc.so_reuseport", 0),
            ("grpc.server.max_pending_requests", WAITING_CALLS_MOST),
            ("grpc.server.max_pending_requests_hard_limit", WAITING_CALLS_MOST),
        ],
    )
    services: dict[str, dict[str, grpc.RpcMethodHandler]] = {}
    for method in methods:
        handler = _Handler(method, faults)
        services.setdefault(method.service, {})[method.name] = (
            grpc.unary_stream_rpc_method_handler(handler.stream)
            if method.is_stream
            else grpc.unary_unary_rpc_method_handler(handler.unary)
        )
    for service, handlers in services.items():
        server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(service, handlers)])
    port = server.add_insecure_port(address)
    server.start()
    return server, port
