"""Structured queries: where candidates come from, in which order, from where to where."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from google.protobuf.message import Message

from tests.standin.firestore import fieldpaths, filters
from tests.standin.firestore.database import Database, Deleted, Stored
from tests.standin.firestore.filters import Candidate, FieldFilter
from tests.standin.firestore.messages import Document, StructuredQuery, invalid
from tests.standin.firestore.paths import path_key, split_name
from tests.standin.firestore.values import SortKey, sort_key

type Orders = list[tuple[fieldpaths.FieldPath, bool]]

LOWER = {FieldFilter.GREATER_THAN, FieldFilter.GREATER_THAN_OR_EQUAL, FieldFilter.EQUAL}
UPPER = {FieldFilter.LESS_THAN, FieldFilter.LESS_THAN_OR_EQUAL, FieldFilter.EQUAL}
BY_NAME: Orders = [(fieldpaths.NAME, False)]


@dataclass(frozen=True)
class Source:
    """What a query reads: documents below a parent, at an instant.

    Attributes:
        database: The database.
        parent: The path of a document, or "" for the root.
        stamp: The instant, in microseconds since 1970.
    """

    database: Database
    parent: str
    stamp: int


def orders_of(query: Message) -> Orders:
    """Return the whole ordering of a query: fields, each with whether it descends."""
    descending = StructuredQuery.DESCENDING
    orders = [
        (fieldpaths.parse(order.field.field_path), order.direction == descending)
        for order in query.order_by
    ]
    direction = orders[-1][1] if orders else False
    named = {path for path, _ in orders}
    implied = filters.unequal_fields(query.where) if query.HasField("where") else []
    # Names always come last, also when an inequality is about them.
    fields = [path for path in implied if path != fieldpaths.NAME]
    rest = [path for path in [*fields, fieldpaths.NAME] if path not in named]
    return orders + [(path, direction) for path in rest]


def _ordered(candidates: Iterator[Candidate], orders: Orders) -> Iterator[Candidate]:
    """Sort candidates, which come in name order, and leave out those that lack a field."""
    fields = [order for order in orders if order[0] != fieldpaths.NAME]
    placed: list[tuple[list[SortKey], Candidate]] = []
    for candidate in candidates:
        keys = [candidate.key(path) for path, _ in fields]
        candidate.forget()
        if None not in keys:
            placed.append((keys, candidate))
    if orders[-1] == (fieldpaths.NAME, True):
        placed.reverse()
    for index in reversed(range(len(fields))):
        placed.sort(key=lambda pair: pair[0][index], reverse=fields[index][1])
    return (candidate for _, candidate in placed)


def _side(candidate: Candidate, keys: list[SortKey], orders: Orders) -> int:
    """Return whether a candidate is before (-1), at (0) or after (1) a cursor."""
    for wanted, (path, descending) in zip(keys, orders, strict=False):
        key = candidate.key(path)
        if key != wanted:
            return 1 if (key > wanted) != descending else -1
    return 0


def _between(
    query: Message, orders: Orders, candidates: Iterator[Candidate]
) -> Iterator[Candidate]:
    if query.HasField("start_at"):
        start = [sort_key(value) for value in query.start_at.values]
        first = 0 if query.start_at.before else 1
        candidates = itertools.dropwhile(
            lambda item: _side(item, start, orders) < first, candidates
        )
    if query.HasField("end_at"):
        end = [sort_key(value) for value in query.end_at.values]
        last = -1 if query.end_at.before else 0
        candidates = itertools.takewhile(lambda item: _side(item, end, orders) <= last, candidates)
    return candidates


def _lower_bound(source: Source, query: Message, orders: Orders) -> tuple[str, ...]:
    """Return the sort keys, below the parent, of a name that no result is before."""
    names = [name for op, name in filters.name_bounds(query.where) if op in LOWER]
    if orders == BY_NAME and query.start_at.values:
        names.append(query.start_at.values[0].reference_value)
    own = path_key(source.parent)
    keys = [path_key(split_name(name)[1]) for name in names]
    return max((key[len(own) :] for key in keys if key[: len(own)] == own), default=())


def _upper_bound(query: Message) -> tuple[str, ...] | None:
    names = [name for op, name in filters.name_bounds(query.where) if op in UPPER]
    return min((path_key(split_name(name)[1]) for name in names), default=None)


def _stored(source: Source, query: Message, orders: Orders) -> Iterator[Stored]:
    database, parent, stamp = source.database, source.parent, source.stamp
    selector = query.from_[0] if query.from_ else StructuredQuery.CollectionSelector()
    collection, start = selector.collection_id, _lower_bound(source, query, orders)
    if selector.all_descendants:
        found = database.pass_through(parent, stamp, collection or None, start)
        is_ended = orders == BY_NAME and bool(query.end_at.values)
        return _patiently(found, database, query.end_at if is_ended else None)
    if not collection:
        return _children(source)
    path = f"{parent}/{collection}" if parent else collection
    if orders == [(fieldpaths.NAME, True)]:
        return database.scan_backwards(path, stamp)
    below = start[1:] if start[:1] == path_key(path)[-1:] else ()
    return database.scan(path, stamp, below)


def _patiently(
    found: Iterator[Stored | Deleted], database: Database, end: Message | None
) -> Iterator[Stored]:
    """Yield documents until too many deleted ones were passed over.

    Args:
        found: What there is and was, in name order.
        database: Whose patience it is.
        end: The cursor that the query ends at; None for none.

    Raises:
        RequestError: As Firestore ends a query after a minute, whatever it found until then.
    """
    if database.patience is None:
        yield from (item for item in found if isinstance(item, Stored))
        return
    passed = 0
    last = None if end is None else path_key(split_name(end.values[0].reference_value)[1])
    for item in found:
        key = path_key(item.path)
        if end is not None and last is not None and (key > last or (end.before and key == last)):
            return
        if isinstance(item, Stored):
            yield item
            continue
        passed += 1
        database.check_patience(passed)


def _children(source: Source) -> Iterator[Stored]:
    """Yield the documents of all collections directly below the parent."""
    prefix = f"{source.parent}/" if source.parent else ""
    for collection in source.database.collection_ids(source.parent, source.stamp):
        yield from source.database.scan(prefix + collection, source.stamp)


def _capped(documents: Iterator[Stored], bound: tuple[str, ...] | None) -> Iterator[Stored]:
    if bound is None:
        return documents
    return itertools.takewhile(lambda document: path_key(document.path) <= bound, documents)


def _check_cursor(cursor: Message, query: Message, orders: Orders) -> None:
    if len(cursor.values) > (len(query.order_by) or len(orders)):
        raise invalid("Cursor has too many values.")
    for value, (path, _) in zip(cursor.values, orders, strict=False):
        if path == fieldpaths.NAME and not value.HasField("reference_value"):
            raise invalid("Cursor __key__ value is not a document reference.")


def check(query: Message, orders: Orders) -> None:
    """Refuse queries that Firestore refuses.

    Raises:
        RequestError: If it is one.
    """
    if query.HasField("find_nearest"):
        raise invalid("find_nearest is not supported here.")
    if len(query.from_) > 1:
        raise invalid("A query cannot have more than one collection selector.")
    if query.limit.value < 0 or query.offset < 0:
        raise invalid(f"{'limit' if query.limit.value < 0 else 'offset'} is negative")
    if any(path == fieldpaths.NAME for path, _ in orders[:-1]):
        raise invalid("order by clause cannot contain more fields after the key")
    if len({path for path, _ in orders}) < len(orders):
        raise invalid("order by clause cannot contain duplicate fields")
    for cursor in (query.start_at, query.end_at):
        _check_cursor(cursor, query, orders)
    if not any(item.collection_id for item in query.from_):
        _check_kindless(query, orders)


def _check_kindless(query: Message, orders: Orders) -> None:
    if orders != BY_NAME:
        raise invalid("kind is required for all orders except __key__ ascending")
    for leaf in filters.leaves(query.where):
        if leaf.field.field_path != "__name__":
            raise invalid(f"kind is required for filter: {leaf.field.field_path}")


def run(source: Source, query: Message) -> Iterator[Candidate]:
    """Yield the results of a query; its offset and its limit are left to the caller.

    Raises:
        RequestError: If the query is malformed.
    """
    orders = orders_of(query)
    check(query, orders)
    stored = _stored(source, query, orders)
    in_name_order = orders == BY_NAME
    if in_name_order:
        stored = _capped(stored, _upper_bound(query))
    candidates = (Candidate(source.database, document) for document in stored)
    if query.HasField("where"):
        candidates = filter(filters.predicate(query.where), candidates)
    scanned_backwards = orders == [(fieldpaths.NAME, True)] and _is_one_collection(query)
    if not in_name_order and not scanned_backwards:
        candidates = _ordered(candidates, orders)
    return _between(query, orders, candidates)


def _is_one_collection(query: Message) -> bool:
    return any(item.collection_id and not item.all_descendants for item in query.from_)


def limited(query: Message, results: Iterator[Candidate]) -> Iterator[Candidate]:
    """Leave out what a query's limit cuts off."""
    return itertools.islice(results, query.limit.value) if query.HasField("limit") else results


def result_bytes(candidate: Candidate, query: Message) -> bytes:
    """Return a result as a serialised document, with the fields that the query selects."""
    if not query.HasField("select") or not query.select.fields:
        return candidate.database.serialised(candidate.stored)
    paths = [fieldpaths.parse(field.field_path) for field in query.select.fields]
    return masked_bytes(candidate, [path for path in paths if path != fieldpaths.NAME])


def masked_bytes(candidate: Candidate, paths: list[fieldpaths.FieldPath]) -> bytes:
    """Return a document serialised with only the fields at some paths."""
    message = candidate.message
    answer = Document(
        name=candidate.database.document_name(candidate.stored.path),
        create_time=message.create_time,
        update_time=message.update_time,
    )
    fieldpaths.projected(message.fields, paths, answer.fields)
    return answer.SerializeToString()
