"""The reading methods of the Firestore service, but for lists."""

import itertools
from collections.abc import Iterator

import grpc
from google.cloud.firestore_v1 import types
from google.protobuf.message import Message

from tests.standin.firestore import aggregations, fieldpaths, queries
from tests.standin.firestore.database import Stored
from tests.standin.firestore.filters import Candidate
from tests.standin.firestore.messages import (
    BatchGetDocumentsResponse,
    Document,
    RequestError,
    RunQueryResponse,
    document_answer,
    timestamp,
)
from tests.standin.firestore.paths import document_path, split_name
from tests.standin.firestore.views import View, Views

RunAggregationQueryResponse = types.RunAggregationQueryResponse.pb()


def _masked(view: View, path: str, body: bytes, request: Message) -> bytes:
    candidate = Candidate(view.database, Stored(path, body))
    if not request.HasField("mask"):
        return view.database.serialised(candidate.stored)
    paths = [fieldpaths.parse(text) for text in request.mask.field_paths]
    return queries.masked_bytes(candidate, paths)


def get_document(views: Views, request: Message) -> bytes:
    """Answer GetDocument.

    Raises:
        RequestError: NOT_FOUND, or the request is refused.
    """
    view = views.of(split_name(request.name)[0], request)
    path = document_path(view.database.name, request.name)
    view.note_document(path)
    if (body := view.database.get(path, view.stamp)) is None:
        raise RequestError(grpc.StatusCode.NOT_FOUND, f'Document "{request.name}" not found.')
    return _masked(view, path, body, request)


def batch_get_documents(views: Views, request: Message) -> Iterator[bytes]:
    """Answer BatchGetDocuments: one message per document.

    Raises:
        RequestError: If the request is refused.
    """
    view = views.of(request.database, request)
    time = BatchGetDocumentsResponse(read_time=timestamp(view.stamp)).SerializeToString()
    if view.begun:
        yield BatchGetDocumentsResponse(transaction=view.begun).SerializeToString()
    for name in dict.fromkeys(request.documents):
        path = document_path(view.database.name, name)
        view.note_document(path)
        body = view.database.get(path, view.stamp)
        if body is None:
            yield BatchGetDocumentsResponse(missing=name).SerializeToString() + time
        else:
            yield document_answer(_masked(view, path, body, request), time)


def run_query(views: Views, request: Message) -> Iterator[bytes]:
    """Answer RunQuery: one message per result, or one that tells only the read time.

    Raises:
        RequestError: If the query is refused.
    """
    view, parent = views.below(request.parent, request)
    query = request.structured_query
    view.note_query(parent, query)
    if view.begun:
        yield RunQueryResponse(transaction=view.begun).SerializeToString()
    results = queries.run(view.source(parent), query)
    skipped = sum(1 for _ in itertools.islice(results, query.offset))
    time = timestamp(view.stamp)
    rest = RunQueryResponse(read_time=time).SerializeToString()
    first = RunQueryResponse(read_time=time, skipped_results=skipped).SerializeToString()
    answered = False
    for candidate in queries.limited(query, results):
        yield document_answer(queries.result_bytes(candidate, query), rest if answered else first)
        answered = True
    if not answered:
        yield first


def run_aggregation_query(views: Views, request: Message) -> Iterator[Message]:
    """Answer RunAggregationQuery with its one result.

    Raises:
        RequestError: If the query is refused.
    """
    view, parent = views.below(request.parent, request)
    wanted = request.structured_aggregation_query
    aggregations.check(list(wanted.aggregations))
    query = aggregations.ordered(wanted.structured_query, list(wanted.aggregations))
    view.note_query(parent, query)
    if view.begun:
        yield RunAggregationQueryResponse(transaction=view.begun)
    results = queries.run(view.source(parent), query)
    results = queries.limited(query, itertools.islice(results, query.offset, None))
    fields = aggregations.aggregate(list(wanted.aggregations), results)
    yield RunAggregationQueryResponse(
        result={"aggregate_fields": fields}, read_time=timestamp(view.stamp)
    )


def missing_document(name: str) -> bytes:
    """Return what stands in a list for a document that has only subcollections."""
    return Document(name=name).SerializeToString()
