"""What Firestore does with values: their order and their size."""

import math

import grpc
from google.protobuf.message import Message

from tests.standin.firestore.messages import RequestError, invalid
from tests.standin.firestore.paths import path_key

type SortKey = tuple[object, ...]

NULL, BOOLEAN, NAN, NUMBER, TIME, STRING, BYTES, REFERENCE, POINT, ARRAY, VECTOR, MAP = range(12)
LARGEST_DOCUMENT_BYTES = 1 << 20
MOST_INDEX_ENTRIES = 40_000
VECTOR_TYPE = "__vector__"


def is_vector(value: Message) -> bool:
    """Return whether a map value stands for a vector."""
    fields = value.map_value.fields
    return "__type__" in fields and fields["__type__"].string_value == VECTOR_TYPE


def reference_key(name: str) -> SortKey:
    """Return the sort key of a document's resource name."""
    head, _, path = name.partition("/documents/")
    return (REFERENCE, *head.split("/"), *path_key(path))


def _number_key(value: Message) -> SortKey:
    number = value.double_value
    return (NAN,) if math.isnan(number) else (NUMBER, number)


def _time_key(value: Message) -> SortKey:
    return (TIME, value.timestamp_value.seconds, value.timestamp_value.nanos)


def _point_key(value: Message) -> SortKey:
    point = value.geo_point_value
    return (POINT, point.latitude, point.longitude)


def _array_key(value: Message) -> SortKey:
    return (ARRAY, *(sort_key(item) for item in value.array_value.values))


def _map_key(value: Message) -> SortKey:
    fields = value.map_value.fields
    if is_vector(value):
        items = fields["value"].array_value.values
        return (VECTOR, len(items), *(sort_key(item) for item in items))
    return (MAP, *((name, sort_key(fields[name])) for name in sorted(fields)))


KEYS = {
    "null_value": lambda _: (NULL,),
    "boolean_value": lambda value: (BOOLEAN, value.boolean_value),
    "integer_value": lambda value: (NUMBER, value.integer_value),
    "double_value": _number_key,
    "timestamp_value": _time_key,
    "string_value": lambda value: (STRING, value.string_value),
    "bytes_value": lambda value: (BYTES, value.bytes_value),
    "reference_value": lambda value: reference_key(value.reference_value),
    "geo_point_value": _point_key,
    "array_value": _array_key,
    "map_value": _map_key,
}


def sort_key(value: Message) -> SortKey:
    """Return what sorts values of all types as Firestore does.

    Raises:
        RequestError: If the value has no type or one that is only for pipelines.
    """
    kind = value.WhichOneof("value_type")
    if kind not in KEYS:
        raise invalid(f"Value has no type that can be stored: {kind}.")
    return KEYS[kind](value)


def text_size(text: str) -> int:
    """Return the bytes that Firestore counts for a string."""
    return len(text.encode()) + 1


def name_size(path: str) -> int:
    """Return the bytes that Firestore counts for a document's name."""
    return sum(text_size(segment) for segment in path.split("/")) + 16


SIZES = {
    "null_value": lambda _: 1,
    "boolean_value": lambda _: 1,
    "integer_value": lambda _: 8,
    "double_value": lambda _: 8,
    "timestamp_value": lambda _: 8,
    "geo_point_value": lambda _: 16,
    "string_value": lambda value: text_size(value.string_value),
    "bytes_value": lambda value: len(value.bytes_value),
    "reference_value": lambda value: name_size(value.reference_value.partition("/documents/")[2]),
    "array_value": lambda value: sum(map(size, value.array_value.values)),
    "map_value": lambda value: fields_size(value.map_value.fields),
}


def size(value: Message) -> int:
    """Return the bytes that Firestore counts for a value."""
    return SIZES[value.WhichOneof("value_type")](value)


def fields_size(fields: dict[str, Message]) -> int:
    """Return the bytes that Firestore counts for a document's or map's fields."""
    return sum(text_size(name) + size(value) for name, value in fields.items())


def check_size(path: str, document: Message) -> None:
    """Refuse a document larger than a mebibyte, counted by Firestore's rules.

    Raises:
        RequestError: If it is too large.
    """
    # No value counts for more than twice what it takes in a protocol buffer.
    if document.ByteSize() * 2 < LARGEST_DOCUMENT_BYTES:
        return
    counted = name_size(path) + fields_size(document.fields) + 32
    if counted > LARGEST_DOCUMENT_BYTES:
        raise invalid(
            f"Document '{path}' cannot be written because its size ({counted:,} bytes)"
            f" exceeds the maximum allowed size of {LARGEST_DOCUMENT_BYTES:,} bytes."
        )


def _index_entries(value: Message) -> int:
    """Return how many entries a field has in the indexes that Firestore makes by itself.

    Each field is indexed upwards and downwards, a map field by field as well, and an array's items
    once each (Firestore, Index types, Automatic indexing).
    """
    kind = value.WhichOneof("value_type")
    if kind == "array_value":
        return 2 + len(value.array_value.values)
    if kind == "map_value" and not is_vector(value):
        return 2 + sum(map(_index_entries, value.map_value.fields.values()))
    return 2


def check_index_entries(document: Message) -> None:
    """Refuse a document with too many index entries; no field is exempt here.

    Raises:
        RequestError: If it has more than 40,000 (Firestore, Quotas and limits).
    """
    # An entry takes at least three bytes of the message that causes it.
    if document.ByteSize() < MOST_INDEX_ENTRIES:
        return
    if sum(map(_index_entries, document.fields.values())) > MOST_INDEX_ENTRIES:
        raise RequestError(grpc.StatusCode.FAILED_PRECONDITION, "too many index entries for entity")
