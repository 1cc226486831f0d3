"""The connection to one Firestore database: it carries raw messages and translates errors.

The high-level client decodes every value, which is slow, drops what it does not know and refuses a
reference into another project; so requests and answers are the protocol's own messages.
"""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import grpc
from google.api_core import exceptions as google_errors
from google.api_core.gapic_v1.routing_header import to_grpc_metadata
from google.api_core.grpc_helpers import wrap_errors
from google.cloud import firestore
from google.cloud.firestore_v1 import types
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from manifests.cloud.clients import CALL_SECONDS
from manifests.cloud.retry import asked_again, calling, cloud_errors, is_timed_out
from manifests.errors import PointLostError, SourceUnreadableError

_NANOS = 1_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SERVICE = "/google.firestore.v1.Firestore"
_STREAM_SECONDS = 600
_TOO_OLD = ("read_time", "read time", "snapshot version is too old")
_STREAMS = {
    "RunQuery": types.RunQueryResponse.pb(),
    "RunAggregationQuery": types.RunAggregationQueryResponse.pb(),
}
_CALLS = {
    "BatchWrite": types.BatchWriteResponse.pb(),
    "ListCollectionIds": types.ListCollectionIdsResponse.pb(),
    "PartitionQuery": types.PartitionQueryResponse.pb(),
}


class Connection:
    """The calls of one database. Safe to share between threads.

    Args:
        project: The project.
        database_id: `(default)` or the id of a named database.
    """

    def __init__(self, project: str, database_id: str) -> None:
        client = firestore.Client(project=project, database=database_id)
        self.project = project
        self.database_id = database_id
        self.database = f"projects/{project}/databases/{database_id}"
        self.root = f"{self.database}/documents"
        # The client knows where Firestore answers and with which credentials; its channel serves
        # the raw messages and the administration alike.
        transport = client._firestore_api.transport  # noqa: SLF001 - nothing public gives the channel
        self.channel: grpc.Channel = transport.grpc_channel
        self.endpoint = str(transport.host)
        self._metadata = (
            ("google-cloud-resource-prefix", self.database),
            to_grpc_metadata((("project_id", project), ("database_id", database_id))),
        )
        self._streams = {
            method: wrap_errors(self.channel.unary_stream(f"{_SERVICE}/{method}", *_forms(answer)))
            for method, answer in _STREAMS.items()
        }
        self._calls = {
            method: wrap_errors(self.channel.unary_unary(f"{_SERVICE}/{method}", *_forms(answer)))
            for method, answer in _CALLS.items()
        }

    def connects(self, *, within_seconds: float) -> bool:
        """Whether the service can be reached; a call alone is tried again for minutes."""
        try:
            grpc.channel_ready_future(self.channel).result(timeout=within_seconds)
        except grpc.FutureTimeoutError:
            return False
        return True

    def stream(self, method: str, request: Message) -> Iterator[Any]:
        """Yield the answers of one streaming call, made once, or twice where there is no such database."""
        stream = self._streams[method]
        ask = partial(stream, request, metadata=self._metadata, timeout=_STREAM_SECONDS)
        # The first answer has come when the call returns.
        answers: Iterator[Any] = asked_again(ask, google_errors.NotFound)
        return answers

    def call(self, method: str, request: Message) -> Any:  # noqa: ANN401 - a protobuf message
        """Return the answer of a call, made again while its failure is transient."""
        return calling(lambda: self._call(method, request))

    def call_in_time(self, method: str, request: Message) -> Any | None:  # noqa: ANN401 - a protobuf message
        """Return the answer of a call as `call` does, or None where Firestore takes too long for it."""

        def ask() -> Any | None:  # noqa: ANN401 - a protobuf message
            try:
                return self._call(method, request)
            except google_errors.GoogleAPICallError as error:
                if is_timed_out(error):
                    return None
                raise

        return calling(ask)

    def _call(self, method: str, request: Message) -> Any:  # noqa: ANN401 - a protobuf message
        ask = partial(self._calls[method], request, metadata=self._metadata, timeout=CALL_SECONDS)
        return asked_again(ask, google_errors.NotFound)


@contextmanager
def firestore_errors(database: str) -> Generator[None]:
    """Turn Firestore's errors into ours, with a hint where the cause is known.

    Raises:
        SourceUnreadableError: The database does not exist, keeps no documents, or no version that
            old.
        CloudError: Anything else.
    """
    with cloud_errors(database):
        try:
            yield
        except google_errors.NotFound as error:
            raise SourceUnreadableError(
                "the database does not exist",
                subject=database,
                hint="`gcloud firestore databases list` shows what there is",
            ) from error
        except google_errors.BadRequest as error:
            text = str(error)
            if "Datastore" in text:
                raise SourceUnreadableError(
                    "it is in Datastore mode: it keeps entities, and no documents",
                    subject=database,
                    hint="take it out of the catalog; managed exports protect such a database",
                ) from error
            if not any(phrase in text for phrase in _TOO_OLD):
                raise
            raise too_old(database, error.message) from error


def too_old(database: str, reason: str) -> PointLostError:
    """Return the error for an instant that is older than what a database keeps of its past."""
    return PointLostError(
        "it cannot be read at that time any more: without point-in-time recovery "
        f"Firestore keeps one hour ({reason})",
        subject=database,
        hint="`gcloud firestore databases update --enable-pitr` keeps 7 days",
    )


def timestamp(nanos: int) -> Timestamp:
    """Return the message for an instant, in nanoseconds since 1970."""
    seconds, rest = divmod(nanos, _NANOS)
    return Timestamp(seconds=seconds, nanos=rest)


def nanos_of(moment: Any) -> int:  # noqa: ANN401 - a protobuf message
    """Return the nanoseconds since 1970 of a timestamp message."""
    return int(moment.seconds) * _NANOS + int(moment.nanos)


def nanos_at(moment: datetime) -> int:
    """Return the nanoseconds since 1970 of an instant."""
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1000


def _forms(answer: Any) -> tuple[Any, Any]:  # noqa: ANN401 - a protobuf class
    return lambda request: request.SerializeToString(), answer.FromString
