"""Filters of structured queries, compiled to predicates over sort keys."""

import operator
from collections.abc import Callable, Iterator

from google.protobuf.message import Message

from tests.standin.firestore import fieldpaths, values
from tests.standin.firestore.database import Database, Stored
from tests.standin.firestore.messages import StructuredQuery, invalid, parsed
from tests.standin.firestore.values import SortKey, sort_key

FieldFilter = StructuredQuery.FieldFilter
UnaryFilter = StructuredQuery.UnaryFilter
CompositeFilter = StructuredQuery.CompositeFilter


class Candidate:
    """A stored document that a query looks at; it is parsed when its fields are asked for."""

    __slots__ = ("_message", "database", "stored")

    def __init__(self, database: Database, stored: Stored) -> None:
        self.database = database
        self.stored = stored
        self._message: Message | None = None

    @property
    def message(self) -> Message:
        """Return the parsed document, without a name."""
        if self._message is None:
            self._message = parsed(self.stored.body)
        return self._message

    def forget(self) -> None:
        """Free the parsed document; it is parsed again when it is asked for."""
        self._message = None

    def key(self, path: fieldpaths.FieldPath) -> SortKey | None:
        """Return the sort key of a field, or nothing when it is missing."""
        if path == fieldpaths.NAME:
            return values.reference_key(self.database.document_name(self.stored.path))
        value = fieldpaths.get(self.message.fields, path)
        return None if value is None else sort_key(value)

    def items(self, path: fieldpaths.FieldPath) -> set[SortKey]:
        """Return the sort keys of an array's items."""
        value = fieldpaths.get(self.message.fields, path)
        return set() if value is None else set(map(sort_key, value.array_value.values))


type Predicate = Callable[[Candidate], bool]

COMPARISONS = {
    FieldFilter.LESS_THAN: operator.lt,
    FieldFilter.LESS_THAN_OR_EQUAL: operator.le,
    FieldFilter.GREATER_THAN: operator.gt,
    FieldFilter.GREATER_THAN_OR_EQUAL: operator.ge,
    FieldFilter.EQUAL: operator.eq,
}
UNEQUAL = {*COMPARISONS, FieldFilter.NOT_EQUAL, FieldFilter.NOT_IN} - {FieldFilter.EQUAL}
UNARY: dict[int, Callable[[SortKey | None], bool]] = {
    UnaryFilter.IS_NAN: lambda key: key == (values.NAN,),
    UnaryFilter.IS_NULL: lambda key: key == (values.NULL,),
    UnaryFilter.IS_NOT_NAN: lambda key: key not in {None, (values.NAN,), (values.NULL,)},
    UnaryFilter.IS_NOT_NULL: lambda key: key not in {None, (values.NULL,)},
}
UNARY_UNEQUAL = {UnaryFilter.IS_NOT_NAN, UnaryFilter.IS_NOT_NULL}


NULL = (values.NULL,)
# Only unary filters find these two; as an operand they equal nothing.
NEVER_EQUAL = {NULL, (values.NAN,)}


def _comparison(path: fieldpaths.FieldPath, compare: Callable, operand: SortKey) -> Predicate:
    def matches(candidate: Candidate) -> bool:
        key = candidate.key(path)
        return key is not None and key[0] == operand[0] and compare(key, operand)

    return (lambda _: False) if operand in NEVER_EQUAL else matches


def _exclusion(path: fieldpaths.FieldPath, operands: set[SortKey]) -> Predicate:
    if NULL in operands:
        return lambda _: False
    refused = {None, NULL, *(operands - NEVER_EQUAL)}
    return lambda candidate: candidate.key(path) not in refused


def _field(wanted: Message) -> Predicate:
    path, op = fieldpaths.parse(wanted.field.field_path), wanted.op
    if op in COMPARISONS:
        return _comparison(path, COMPARISONS[op], sort_key(wanted.value))
    operands = [wanted.value]
    if op in {FieldFilter.IN, FieldFilter.NOT_IN, FieldFilter.ARRAY_CONTAINS_ANY}:
        operands = wanted.value.array_value.values
        if not operands:
            name = FieldFilter.Operator.Name(op)
            raise invalid(f"'{name}' requires an non-empty ArrayValue.")
    keys = set(map(sort_key, operands))
    if op in {FieldFilter.NOT_EQUAL, FieldFilter.NOT_IN}:
        return _exclusion(path, keys)
    keys -= NEVER_EQUAL
    if op == FieldFilter.IN:
        return lambda candidate: candidate.key(path) in keys
    if op in {FieldFilter.ARRAY_CONTAINS, FieldFilter.ARRAY_CONTAINS_ANY}:
        return lambda candidate: not keys.isdisjoint(candidate.items(path))
    raise invalid("A field filter has no operator.")


def predicate(wanted: Message) -> Predicate:
    """Return the predicate of a filter.

    Raises:
        RequestError: If the filter is malformed.
    """
    kind = wanted.WhichOneof("filter_type")
    if kind == "field_filter":
        return _field(wanted.field_filter)
    if kind == "unary_filter":
        path = fieldpaths.parse(wanted.unary_filter.field.field_path)
        test = UNARY.get(wanted.unary_filter.op)
        if test is None:
            raise invalid("A unary filter has no operator.")
        return lambda candidate: test(candidate.key(path))
    parts = [predicate(part) for part in wanted.composite_filter.filters]
    if not parts:
        raise invalid("A composite filter has no filters.")
    decide = any if wanted.composite_filter.op == CompositeFilter.OR else all
    return lambda candidate: decide(part(candidate) for part in parts)


def leaves(wanted: Message) -> Iterator[Message]:
    """Yield the field filters and unary filters inside a filter."""
    kind = wanted.WhichOneof("filter_type")
    if kind == "composite_filter":
        for part in wanted.composite_filter.filters:
            yield from leaves(part)
    elif kind is not None:
        yield getattr(wanted, kind)


def unequal_fields(wanted: Message) -> list[fieldpaths.FieldPath]:
    """Return the fields that inequalities are about: a query is ordered by them."""
    return sorted(
        {
            fieldpaths.parse(leaf.field.field_path)
            for leaf in leaves(wanted)
            if leaf.op in (UNARY_UNEQUAL if isinstance(leaf, UnaryFilter) else UNEQUAL)
        }
    )


def name_bounds(wanted: Message) -> Iterator[tuple[int, str]]:
    """Yield operator and operand of each comparison of names that every result must pass."""
    if wanted.WhichOneof("filter_type") == "composite_filter":
        if wanted.composite_filter.op == CompositeFilter.AND:
            for part in wanted.composite_filter.filters:
                yield from name_bounds(part)
    elif wanted.field_filter.field.field_path == "__name__":
        yield wanted.field_filter.op, wanted.field_filter.value.reference_value
