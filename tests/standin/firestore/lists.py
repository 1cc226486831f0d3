"""The listing methods of the Firestore service: in pages, each told by a token."""

import base64
import binascii
import itertools
from collections.abc import Iterator

from google.cloud.firestore_v1 import types
from google.protobuf.message import Message

from tests.standin.firestore import fieldpaths, queries
from tests.standin.firestore.database import Stored
from tests.standin.firestore.filters import Candidate
from tests.standin.firestore.messages import StructuredQuery, Value, document_answer, invalid
from tests.standin.firestore.paths import id_of, path_key
from tests.standin.firestore.reads import missing_document
from tests.standin.firestore.views import View, Views

ListDocumentsResponse = types.ListDocumentsResponse.pb()
ListCollectionIdsResponse = types.ListCollectionIdsResponse.pb()
PartitionQueryResponse = types.PartitionQueryResponse.pb()
Cursor = types.Cursor.pb()
MOST_DOCUMENTS = 300
USUAL_DOCUMENTS = 30
MOST_COLLECTION_IDS = 300
MOST_PARTITIONS = 1000


def _token(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


def _untoken(token: str) -> str:
    try:
        return base64.b64decode(token, altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise invalid("Invalid page token.") from error


def _page_size(asked: int, most: int) -> int:
    # Google's Node.js client asks for 2**32 - 1, which arrives as -1, and means as many as may be.
    return min(asked, most) if asked > 0 else most


def _by_name(view: View, path: str, request: Message) -> Iterator[tuple[str, bytes]]:
    """Yield a collection's documents from the page token on: each with the next token's text."""
    after = _untoken(request.page_token) if request.page_token else None
    database = view.database
    for key in database.collection_keys(path, after):
        if key == after:
            continue
        document = f"{path}/{id_of(key)}"
        if (body := database.get(document, view.stamp)) is not None:
            yield key, _listed(view, Stored(document, body), request)
        elif request.show_missing and database.has_descendants(document, view.stamp):
            yield key, missing_document(database.document_name(document))


def _listed(view: View, stored: Stored, request: Message) -> bytes:
    if not request.HasField("mask"):
        return view.database.serialised(stored)
    paths = [fieldpaths.parse(text) for text in request.mask.field_paths]
    return queries.masked_bytes(Candidate(view.database, stored), paths)


def _order(text: str) -> Message:
    """Return the order of one part of `order_by`, such as `population desc`."""
    field, _, direction = text.strip().rpartition(" ")
    if direction.lower() not in {"asc", "desc"}:
        field, direction = text.strip(), "asc"
    return StructuredQuery.Order(
        field={"field_path": field},
        direction=StructuredQuery.DESCENDING
        if direction.lower() == "desc"
        else StructuredQuery.ASCENDING,
    )


def _by_fields(view: View, parent: str, request: Message) -> Iterator[tuple[str, bytes]]:
    """Yield documents as a query orders them: each with the next token's text."""
    query = StructuredQuery(from_=[{"collection_id": request.collection_id}])
    query.order_by.extend(_order(text) for text in request.order_by.split(",") if text)
    begin = int(_untoken(request.page_token)) if request.page_token else 0
    results = queries.run(view.source(parent), query)
    for number, item in enumerate(itertools.islice(results, begin, None), start=begin + 1):
        yield str(number), _listed(view, item.stored, request)


def list_documents(views: Views, request: Message) -> bytes:
    """Answer ListDocuments.

    Raises:
        RequestError: If the request is refused.
    """
    view, parent = views.below(request.parent, request)
    if request.show_missing and request.order_by:
        raise invalid("show_missing cannot be combined with order_by.")
    if request.order_by or not request.collection_id:
        found = _by_fields(view, parent, request)
    else:
        path = f"{parent}/{request.collection_id}" if parent else request.collection_id
        found = _by_name(view, path, request)
    size = _page_size(request.page_size or USUAL_DOCUMENTS, MOST_DOCUMENTS)
    page = list(itertools.islice(found, size + 1))
    answer = b"".join(document_answer(document, b"") for _, document in page[:size])
    if len(page) > size:
        token = _token(page[size - 1][0])
        answer += ListDocumentsResponse(next_page_token=token).SerializeToString()
    return answer


def list_collection_ids(views: Views, request: Message) -> Message:
    """Answer ListCollectionIds.

    Raises:
        RequestError: If the request is refused.
    """
    view, parent = views.below(request.parent, request)
    size = _page_size(request.page_size, MOST_COLLECTION_IDS)
    begin = int(_untoken(request.page_token)) if request.page_token else 0
    found = view.database.collection_ids(parent, view.stamp)
    answer = ListCollectionIdsResponse(collection_ids=found[begin : begin + size])
    if begin + size < len(found):
        answer.next_page_token = _token(str(begin + size))
    return answer


def _check_partitioned(request: Message) -> None:
    query = request.structured_query
    if len(query.from_) != 1 or not query.from_[0].all_descendants:
        raise invalid("Only collection group queries can be partitioned.")
    if queries.orders_of(query) != queries.BY_NAME or query.HasField("where"):
        raise invalid("A partitioned query is ordered by name and has no filters.")
    if request.partition_count <= 0:
        raise invalid("partition_count must be positive.")


def partition_query(views: Views, request: Message) -> Message:
    """Answer PartitionQuery with names that split the results evenly.

    Raises:
        RequestError: If the query cannot be partitioned.
    """
    view, parent = views.below(request.parent, request)
    _check_partitioned(request)
    results = queries.run(view.source(parent), request.structured_query)
    paths = sorted((item.stored.path for item in results), key=path_key)
    count = min(request.partition_count, len(paths))
    names = [
        view.database.document_name(paths[number * len(paths) // (count + 1)])
        for number in range(1, count + 1)
    ]
    begin = int(_untoken(request.page_token)) if request.page_token else 0
    size = _page_size(request.page_size, MOST_PARTITIONS)
    answer = PartitionQueryResponse(
        partitions=[
            Cursor(values=[Value(reference_value=name)], before=True)
            for name in dict.fromkeys(names[begin : begin + size])
        ]
    )
    if begin + size < len(names):
        answer.next_page_token = _token(str(begin + size))
    return answer
