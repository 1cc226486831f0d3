"""Where a Firestore database can be cut, so that its ranges are read at the same time."""

from collections.abc import Iterable
from typing import Any

from google.api_core import exceptions as google_errors
from google.cloud.firestore_v1 import types

from manifests.cloud.documents import Documents
from manifests.cloud.firestore import Connection, firestore_errors, timestamp
from manifests.names import EVERYTHING

RANGE_DOCUMENTS = 10_000
"""About as many documents are in one range; a stream of this length takes a second or so."""
_MOST_RANGES = 500


def find_cuts(documents: Documents, *, at_nanos: int, nested: Iterable[str] = ()) -> list[str]:
    """Return the paths at which a database is cut into ranges that can be read at the same time.

    PartitionQuery cuts all large collections with one id, wherever they are. Firestore lists the
    ids of top-level collections only: those of nested ones have to be known from elsewhere. Where
    it takes too long for one or the other, ranges are fewer and larger, and hold the same documents.

    Args:
        documents: The database's documents.
        at_nanos: The instant they are read at, since 1970.
        nested: Ids of collections below documents that may be large.

    Raises:
        SourceUnreadableError: The instant is too old, or the database does not exist.
    """
    connection = documents.connection
    cuts: list[str] = []
    with firestore_errors(connection.database):
        for collection_id in dict.fromkeys((*_collection_ids(connection, at_nanos), *nested)):
            total = documents.count(EVERYTHING, at_nanos=at_nanos, collection_id=collection_id)
            # What cannot be counted in time is large.
            ranges = _MOST_RANGES if total is None else total // RANGE_DOCUMENTS
            if ranges > 1:
                request = types.PartitionQueryRequest.pb()(
                    parent=connection.root,
                    structured_query=documents.query(EVERYTHING, collection_id),
                    partition_count=ranges - 1,
                    read_time=timestamp(at_nanos),
                )
                cuts += _cursors(connection, request)
    return cuts


def _collection_ids(connection: Connection, at_nanos: int) -> list[str]:
    request = types.ListCollectionIdsRequest.pb()(
        parent=connection.root, read_time=timestamp(at_nanos)
    )
    found: list[str] = []
    while True:
        answer = connection.call_in_time("ListCollectionIds", request)
        if answer is None:
            return found
        found += answer.collection_ids
        request.page_token = answer.next_page_token
        if not request.page_token:
            return found


def _cursors(connection: Connection, request: Any) -> list[str]:  # noqa: ANN401 - a protobuf message
    found: list[str] = []
    while True:
        try:
            answer = connection.call_in_time("PartitionQuery", request)
        except google_errors.MethodNotImplemented:
            return []
        if answer is None:
            return found
        names = [cursor.values[0].reference_value for cursor in answer.partitions]
        found += [name.removeprefix(f"{connection.root}/") for name in names]
        request.page_token = answer.next_page_token
        if not request.page_token:
            return found
