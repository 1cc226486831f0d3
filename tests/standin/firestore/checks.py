"""Values on their way in: what Firestore refuses, and what it rounds."""

import math
import re

from google.protobuf.message import Message

from tests.standin.firestore.messages import invalid
from tests.standin.firestore.paths import split_name
from tests.standin.firestore.values import KEYS, is_vector

DEEPEST = 20
LONGEST_VALUE_BYTES = (1 << 20) - 89
FIRST_SECOND, LAST_SECOND = -62135596800, 253402300799
RESERVED_FIELD = re.compile(r"__.*__", re.DOTALL)


def _check_text(value: Message) -> None:
    if len(value.string_value) * 4 > LONGEST_VALUE_BYTES:
        _check_length(len(value.string_value.encode()))


def _check_length(length: int) -> None:
    if length > LONGEST_VALUE_BYTES:
        raise invalid(f"The value of a property is longer than {LONGEST_VALUE_BYTES} bytes.")


def _round_time(value: Message) -> None:
    moment = value.timestamp_value
    if not FIRST_SECOND <= moment.seconds <= LAST_SECOND:
        raise invalid("Timestamp seconds exceeds limit for field.")
    moment.nanos -= moment.nanos % 1000


def _check_point(value: Message) -> None:
    point = value.geo_point_value
    if not (-90 <= point.latitude <= 90 and -180 <= point.longitude <= 180):
        raise invalid("Geo point is outside of the permitted range.")


def _plain_number(value: Message) -> None:
    """Drop the sign of a zero and what else a NaN carries, as the emulator does of a NaN."""
    if value.double_value == 0:
        value.double_value = 0.0
    elif math.isnan(value.double_value):
        value.double_value = math.nan


LEAVES = {
    "double_value": _plain_number,
    "string_value": _check_text,
    "bytes_value": lambda value: _check_length(len(value.bytes_value)),
    "timestamp_value": _round_time,
    "geo_point_value": _check_point,
    "reference_value": lambda value: split_name(value.reference_value),
}


def _check_vector(value: Message) -> None:
    fields = value.map_value.fields
    items = fields["value"].array_value.values
    if set(fields) != {"__type__", "value"} or not all(map(_is_double, items)):
        raise invalid("Vector must only contain values of type 'double'")
    if not items:
        raise invalid("Cannot have a zero length vector.")
    if any(math.isnan(item.double_value) for item in items):
        raise invalid("Vector cannot contain NaN values.")
    for item in items:
        _plain_number(item)


def _is_double(value: Message) -> bool:
    return value.HasField("double_value")


def _normalise_array(value: Message, depth: int) -> None:
    for item in value.array_value.values:
        if item.HasField("array_value"):
            raise invalid("Cannot convert an array value in an array value.")
        if is_vector(item):
            raise invalid("Cannot convert a vector value in an array value.")
        normalise(item, depth + 1)


def normalise(value: Message, depth: int = 1) -> None:
    """Keep of a value what Firestore keeps, and refuse what it refuses.

    Timestamps are rounded down to microseconds, and a zero loses its sign.

    Raises:
        RequestError: If the value cannot be stored.
    """
    kind = value.WhichOneof("value_type")
    if kind in LEAVES:
        LEAVES[kind](value)
    elif kind not in KEYS:
        raise invalid(f"Cannot convert a value with type {kind or 'unset'}.")
    elif kind in {"array_value", "map_value"}:
        if depth > DEEPEST:
            raise invalid(f"Values are nested more than {DEEPEST} levels deep.")
        if kind == "array_value":
            _normalise_array(value, depth)
        elif is_vector(value):
            _check_vector(value)
        else:
            normalise_fields(value.map_value.fields, depth + 1)


def normalise_fields(fields: dict[str, Message], depth: int = 1) -> None:
    """Normalise the fields of a document or map, and refuse names that it cannot have.

    Raises:
        RequestError: If a name or a value cannot be stored.
    """
    for name, value in fields.items():
        if not name:
            raise invalid("The property.name is the empty string.")
        if name.startswith("__") and RESERVED_FIELD.fullmatch(name):
            raise invalid(f"field name '{name}' is reserved.")
        normalise(value, depth)
