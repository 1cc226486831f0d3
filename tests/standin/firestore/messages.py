"""Raw protocol buffers of the Firestore API, and the little that is added to them.

The client library wraps its messages in classes that are slow and that refuse
references to other projects. The server uses what is below them. Answers that
carry a document are put together from stored bytes: concatenated protocol
buffers merge, so that a stored document is never parsed only to be sent.
"""

import time

import grpc
from google.cloud.firestore_v1 import types
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

Document = types.Document.pb()
Value = types.Value.pb()
ArrayValue = types.ArrayValue.pb()
Write = types.Write.pb()
WriteResult = types.WriteResult.pb()
StructuredQuery = types.StructuredQuery.pb()
RunQueryResponse = types.RunQueryResponse.pb()
BatchGetDocumentsResponse = types.BatchGetDocumentsResponse.pb()

MICROS = 1_000_000
DOCUMENT_TAG = b"\x0a"
NAME_TAG = b"\x0a"


class RequestError(Exception):
    """A request that is refused, with the status that says why."""

    def __init__(self, code: grpc.StatusCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def invalid(message: str) -> RequestError:
    """Return the refusal of a request that can never succeed."""
    return RequestError(grpc.StatusCode.INVALID_ARGUMENT, message)


def timestamp(micros: int) -> Timestamp:
    """Return a point in time, given in microseconds since 1970, as a message."""
    seconds, rest = divmod(micros, MICROS)
    return Timestamp(seconds=seconds, nanos=rest * 1000)


def micros_of(moment: Timestamp) -> int:
    """Return a message's point in time in whole microseconds since 1970, rounded down."""
    return moment.seconds * MICROS + moment.nanos // 1000


def now_micros() -> int:
    """Return the wall clock in microseconds since 1970."""
    return time.time_ns() // 1000


def varint(number: int) -> bytes:
    """Return a length as protocol buffers write it."""
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def document_bytes(name: str, body: bytes) -> bytes:
    """Return the serialised document of a name and a stored body."""
    encoded = name.encode()
    return NAME_TAG + varint(len(encoded)) + encoded + body


def document_answer(document: bytes, rest: bytes) -> bytes:
    """Return a serialised answer whose field 1 is a document.

    Args:
        document: The serialised document.
        rest: The answer's other fields, serialised.
    """
    return DOCUMENT_TAG + varint(len(document)) + document + rest


def parsed(body: bytes) -> Message:
    """Return the document of a stored body; its name is not set."""
    return Document.FromString(body)
