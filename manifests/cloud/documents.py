"""The documents of one Firestore database: read at one instant, counted, written in batches.

A stream that breaks is read again from the last name. The end of a stream proves nothing: a range
has ended when a query after its last document finds nothing.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from google.api_core import exceptions as google_errors
from google.cloud.firestore_v1 import types
from google.protobuf.message import Message

from manifests.cloud.firestore import Connection, firestore_errors, nanos_of, timestamp
from manifests.cloud.passes import Passes
from manifests.cloud.retry import calling, is_timed_out, is_transient
from manifests.documents import DocumentRecord
from manifests.errors import CloudError
from manifests.names import NameRange, Position

_NOT_CONTENT = ("name", "create_time", "update_time")

_Query: Any = types.StructuredQuery.pb()
_Write: Any = types.Write.pb()


class WriteStatus(NamedTuple):
    """What became of one write of a batch: a gRPC status code, 0 for done, and its message."""

    code: int
    message: str


class Documents:
    """One database's documents. Safe to share between threads."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._root = connection.root

    def read(
        self,
        names: NameRange,
        *,
        at_nanos: int | None = None,
        landmarks: Sequence[str] = (),
        only_names: bool = False,
    ) -> Iterator[DocumentRecord]:
        """Yield the documents of a range in name order, all at one instant.

        Args:
            names: The range.
            at_nanos: The instant, since 1970; the present when None.
            landmarks: Paths in name order that are or were in the range: where it is cut when
                Firestore takes too long to pass over what was deleted.
            only_names: Whether only their names and times are wanted (Firestore REST, StructuredQuery.select).

        Raises:
            SourceUnreadableError: The instant is too old, or the database does not exist.
            CloudError: Firestore could not be read to the end of the range.
        """
        request = types.RunQueryRequest.pb()(parent=self._root)
        if at_nanos is not None:
            request.read_time.CopyFrom(timestamp(at_nanos))
        passes = Passes(self.connection.database, names, landmarks)
        with firestore_errors(self.connection.database):
            while not passes.is_over:
                request.structured_query.CopyFrom(self.query(passes.rest))
                if only_names:
                    request.structured_query.select.fields.add(field_path="__name__")
                try:
                    yield from self._one_pass(request, passes)
                except google_errors.GoogleAPICallError as error:
                    if not is_transient(error):
                        raise
                    passes.fail(error)

    def _one_pass(self, request: Any, passes: Passes) -> Iterator[DocumentRecord]:  # noqa: ANN401 - a protobuf message
        answered = found = False
        for answer in self.connection.stream("RunQuery", request):
            answered = True
            if not request.HasField("read_time"):
                request.read_time.CopyFrom(answer.read_time)
            if answer.HasField("document"):
                found = True
                record = self._record(answer.document)
                passes.pass_by(record.path)
                yield record
        # Where there is no document, a message says so: a stream without any message has lost it.
        if not answered:
            passes.fail(ConnectionError("a stream of documents ended without an answer"))
        if answered and not found:
            passes.end_part()

    def _record(self, document: Any) -> DocumentRecord:  # noqa: ANN401 - a protobuf message
        path: str = document.name[len(self._root) + 1 :]
        if not document.HasField("update_time"):
            # Without its time a document that was overwritten would look unchanged.
            raise CloudError("Firestore did not say when it was written", subject=document.name)
        created, updated = nanos_of(document.create_time), nanos_of(document.update_time)
        for field in _NOT_CONTENT:
            document.ClearField(field)
        content: bytes = document.SerializeToString(deterministic=True)
        return DocumentRecord(path, content, created, updated)

    def count(
        self, names: NameRange, *, at_nanos: int | None = None, collection_id: str = ""
    ) -> int | None:
        """Count the documents of a range at an instant.

        None where Firestore does not count so, or not within the minute it takes for a query
        (Firestore, Aggregation queries, Limitations): another try would take as long.

        Args:
            names: The range.
            at_nanos: The instant, since 1970; the present when None.
            collection_id: Only those in collections with this id; all when empty.
        """
        request = types.RunAggregationQueryRequest.pb()(parent=self._root)
        if at_nanos is not None:
            request.read_time.CopyFrom(timestamp(at_nanos))
        query = request.structured_aggregation_query
        query.structured_query.CopyFrom(self.query(names, collection_id))
        query.aggregations.add(alias="count").count.SetInParent()

        def ask() -> int | None:
            try:
                for answer in self.connection.stream("RunAggregationQuery", request):
                    return int(answer.result.aggregate_fields["count"].integer_value)
            except google_errors.GoogleAPICallError as error:
                if is_timed_out(error):
                    return None
                raise
            message = "a count ended without an answer"
            raise ConnectionError(message)

        with firestore_errors(self.connection.database):
            try:
                return calling(ask)
            except (google_errors.InvalidArgument, google_errors.MethodNotImplemented):
                # The range is read as well, and that read raises every other error.
                return None

    def put(self, record: DocumentRecord, *, replaces_nanos: int | None) -> Message:
        """Return the write that makes a document what a record says.

        Args:
            record: The document.
            replaces_nanos: The update time of the version it may replace; None where there must
                be no document.
        """
        write = _Write()
        write.update.ParseFromString(record.fields)
        write.update.name = f"{self._root}/{record.path}"
        return _conditional(write, replaces_nanos)

    def remove(self, path: str, *, removes_nanos: int) -> Message:
        """Return the write that deletes a document if it is still the version that was read."""
        return _conditional(_Write(delete=f"{self._root}/{path}"), removes_nanos)

    def write(self, writes: Sequence[Message]) -> list[WriteStatus]:
        """Send one batch and return what became of each write.

        A call whose answer was lost is made again: a write that was done already is then refused
        by its precondition, so what became of it is known by reading only.

        Raises:
            CloudError: The batch was refused as a whole.
        """
        request = types.BatchWriteRequest.pb()(database=self.connection.database, writes=writes)
        with firestore_errors(self.connection.database):
            answer = self.connection.call("BatchWrite", request)
        return [WriteStatus(item.code, item.message) for item in answer.status]

    def query(self, names: NameRange, collection_id: str = "") -> Any:  # noqa: ANN401 - a protobuf message
        """Return the query for a range of names, in their order, at any depth."""
        selector = {"collection_id": collection_id, "all_descendants": True}
        query = _Query(
            from_=[selector],
            order_by=[{"field": {"field_path": "__name__"}, "direction": _Query.ASCENDING}],
        )
        if names.start is not None:
            query.start_at.CopyFrom(self._cursor(names.start))
        if names.end is not None:
            query.end_at.CopyFrom(self._cursor(names.end))
        return query

    def _cursor(self, position: Position) -> Message:
        # `before` means the same at both ends: just before the name, or just after it.
        reference = {"reference_value": f"{self._root}/{position.path}"}
        cursor: Message = types.Cursor.pb()(values=[reference], before=not position.after)
        return cursor


def _conditional(write: Any, version_nanos: int | None) -> Message:  # noqa: ANN401 - a protobuf message
    if version_nanos is None:
        write.current_document.exists = False
    else:
        write.current_document.update_time.CopyFrom(timestamp(version_nanos))
    conditional: Message = write
    return conditional
