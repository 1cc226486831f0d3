"""Firestore spoken in raw messages, where the client library hides what matters."""

import uuid
from collections.abc import Mapping
from contextlib import suppress

import grpc
import pytest
from google.api_core import exceptions as google_errors
from google.cloud import firestore
from google.cloud.firestore_v1 import types
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from tests.cloud.sandbox import LABEL
from tests.contract import real
from tests.standin.firestore.creation import create_over

Value = types.Value.pb()
Write = types.Write.pb()
Document = types.Document.pb()
StructuredQuery = types.StructuredQuery.pb()
SERVICE = "/google.firestore.v1.Firestore"
# What the client library sends to an emulator, which asks for it in some methods.
OWNER = [("authorization", "Bearer owner")]
TIMEOUT_SECONDS = 240


class Wire:
    """A connection to one database of a Firestore, which is created if there is none.

    Attributes:
        database: The database's name.
        root: What the names of its documents begin with.
    """

    def __init__(
        self, host: str | grpc.Channel, database: str = "(default)", project: str | None = None
    ) -> None:
        self.project = project or f"p-{uuid.uuid4().hex[:10]}"
        self.database = f"projects/{self.project}/databases/{database}"
        self.root = f"{self.database}/documents"
        self.metadata = OWNER
        options = [("grpc.max_receive_message_length", -1)]
        self.channel = (
            grpc.insecure_channel(host, options=options) if isinstance(host, str) else host
        )
        if real.PROJECT:
            if (self.project, database.startswith(LABEL)) != (real.PROJECT, True):
                pytest.fail(f"nothing would remove {self.database}; mark the test local_only")
            return
        # The emulator has no administration, and needs none.
        with suppress(google_errors.MethodNotImplemented):
            create_over(self.channel, self.project, database)

    @classmethod
    def of(cls, client: firestore.Client) -> "Wire":
        """Return the line of a client, with its credentials."""
        channel = client._firestore_api.transport.grpc_channel  # noqa: SLF001 - nothing public gives it
        wire = cls(channel, client._database, client.project)  # noqa: SLF001 - nor the database's id
        wire.metadata = client._rpc_metadata  # noqa: SLF001 - it names the database
        return wire

    def name(self, path: str) -> str:
        """Return the full name of a path."""
        return f"{self.root}/{path}"

    def path(self, name: str) -> str:
        """Return the path of a full name."""
        return name.removeprefix(f"{self.root}/")

    def call(self, method: str, response: str | None = None, **request: object) -> Message:
        """Call a method that answers with one message."""
        answer = getattr(types, response or f"{method}Response").pb()
        call = self.channel.unary_unary(
            f"{SERVICE}/{method}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=answer.FromString,
        )
        message = getattr(types, f"{method}Request").pb()(**request)
        return call(message, timeout=TIMEOUT_SECONDS, metadata=self.metadata)

    def stream(self, method: str, **request: object) -> list[Message]:
        """Call a method that answers with a stream, and return all of it."""
        call = self.channel.unary_stream(
            f"{SERVICE}/{method}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=getattr(types, f"{method}Response").pb().FromString,
        )
        message = getattr(types, f"{method}Request").pb()(**request)
        return list(call(message, timeout=TIMEOUT_SECONDS, metadata=self.metadata))

    def commit(self, *writes: Message, **more: object) -> Message:
        """Commit writes."""
        return self.call("Commit", database=self.database, writes=writes, **more)

    def set(self, path: str, fields: Mapping[str, Message]) -> Timestamp:
        """Write a document and return the commit's time."""
        return self.commit(self.update(path, fields)).commit_time

    def update(self, path: str, fields: Mapping[str, Message], **more: object) -> Message:
        """Return a write that updates a document."""
        return Write(update={"name": self.name(path), "fields": dict(fields)}, **more)

    def delete(self, path: str, **more: object) -> Message:
        """Return a write that deletes a document."""
        return Write(delete=self.name(path), **more)

    def get(self, path: str, **more: object) -> Message:
        """Return a document."""
        return self.call("GetDocument", "Document", name=self.name(path), **more)

    def query(self, query: Mapping[str, object], parent: str = "", **more: object) -> list[Message]:
        """Return all answers of a query."""
        parent = self.name(parent) if parent else self.root
        return self.stream("RunQuery", parent=parent, structured_query=dict(query), **more)

    def paths(self, query: Mapping[str, object], parent: str = "", **more: object) -> list[str]:
        """Return the paths of a query's results."""
        answers = self.query(query, parent, **more)
        return [self.path(answer.document.name) for answer in answers if answer.document.name]


def ordered_by(*fields: str) -> list[dict[str, object]]:
    """Return the orders of fields; a minus sign before one makes it descend."""
    return [
        {
            "field": {"field_path": field.removeprefix("-")},
            "direction": StructuredQuery.DESCENDING
            if field.startswith("-")
            else StructuredQuery.ASCENDING,
        }
        for field in fields
    ]


def where(field: str, operator: str, value: Message) -> dict[str, object]:
    """Return a filter on a field."""
    op = StructuredQuery.FieldFilter.Operator.Value(operator)
    return {"field_filter": {"field": {"field_path": field}, "op": op, "value": value}}


def where_unary(field: str, operator: str) -> dict[str, object]:
    """Return a filter that needs no operand."""
    op = StructuredQuery.UnaryFilter.Operator.Value(operator)
    return {"unary_filter": {"field": {"field_path": field}, "op": op}}


def combined(operator: str, *filters: Mapping[str, object]) -> dict[str, object]:
    """Return filters combined by AND or OR."""
    op = StructuredQuery.CompositeFilter.Operator.Value(operator)
    return {"composite_filter": {"op": op, "filters": filters}}


def cursor(*values: Message, before: bool) -> dict[str, object]:
    """Return a cursor."""
    return {"values": values, "before": before}


def integer(number: int) -> Message:
    """Return an integer value."""
    return Value(integer_value=number)


def double(number: float) -> Message:
    """Return a double value."""
    return Value(double_value=number)


def text(content: str) -> Message:
    """Return a string value."""
    return Value(string_value=content)


def array(*items: Message) -> Message:
    """Return an array value."""
    return Value(array_value={"values": items})


def mapping(**fields: Message) -> Message:
    """Return a map value."""
    return Value(map_value={"fields": fields})


def vector(*numbers: float) -> Message:
    """Return a vector value."""
    return mapping(__type__=text("__vector__"), value=array(*map(double, numbers)))


def moment(seconds: int, nanos: int = 0) -> Message:
    """Return a timestamp value."""
    return Value(timestamp_value=Timestamp(seconds=seconds, nanos=nanos))
