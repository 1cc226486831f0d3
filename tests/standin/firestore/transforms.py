"""What a write can compute from a document's old value: the field transforms."""

import math
from collections.abc import Callable

from google.protobuf.message import Message

from tests.standin.firestore import fieldpaths
from tests.standin.firestore.checks import normalise
from tests.standin.firestore.messages import Value, invalid, timestamp
from tests.standin.firestore.values import sort_key

LARGEST, SMALLEST = 2**63 - 1, -(2**63)
NULL = Value(null_value=0)


def _number(value: Message | None) -> float | int | None:
    kind = value.WhichOneof("value_type") if value is not None else None
    return getattr(value, kind) if kind in {"integer_value", "double_value"} else None


def _increment(old: Message | None, operand: Message) -> Message:
    if (by := _number(operand)) is None:
        raise invalid("FieldTransform operand is not a number.")
    if (number := _number(old)) is None:
        return operand
    total = number + by
    if isinstance(total, int):
        return Value(integer_value=max(SMALLEST, min(LARGEST, total)))
    return Value(double_value=total)


def _extreme(*, larger: bool) -> Callable[[Message | None, Message], Message]:
    def choose(old: Message | None, operand: Message) -> Message:
        if (by := _number(operand)) is None:
            raise invalid("FieldTransform operand is not a number.")
        number = _number(old)
        if number is None or math.isnan(by):
            return operand
        if math.isnan(number) or number == by or (number > by) == larger:
            return old
        return operand

    return choose


def _items(old: Message | None) -> list[Message]:
    return list(old.array_value.values) if old is not None else []


def _union(old: Message | None, operand: Message) -> Message:
    result = Value(array_value={"values": _items(old)})
    present = {sort_key(item) for item in result.array_value.values}
    for item in operand.values:
        if sort_key(item) not in present:
            present.add(sort_key(item))
            result.array_value.values.append(item)
    return result


def _difference(old: Message | None, operand: Message) -> Message:
    removed = {sort_key(item) for item in operand.values}
    kept = [item for item in _items(old) if sort_key(item) not in removed]
    return Value(array_value={"values": kept})


TRANSFORMS = {
    "increment": _increment,
    "maximum": _extreme(larger=True),
    "minimum": _extreme(larger=False),
    "append_missing_elements": _union,
    "remove_all_from_array": _difference,
}
ARRAYS = {"append_missing_elements", "remove_all_from_array"}


def apply(fields: fieldpaths.Fields, transforms: list[Message], stamp: int) -> list[Message]:
    """Apply transforms to a document's fields, in order.

    Args:
        fields: The fields, changed in place.
        transforms: The field transforms of a write.
        stamp: The commit time, in microseconds since 1970.

    Returns:
        The result of each, as a write's answer tells it.

    Raises:
        RequestError: If a transform is none or its operand does not fit.
    """
    results: list[Message] = []
    for transform in transforms:
        path = fieldpaths.parse(transform.field_path)
        kind = transform.WhichOneof("transform_type")
        if kind == "set_to_server_value":
            # Firestore promises the request's time with millisecond precision.
            result = shown = Value(timestamp_value=timestamp(stamp - stamp % 1000))
        elif kind in TRANSFORMS:
            operand = getattr(transform, kind)
            result = TRANSFORMS[kind](fieldpaths.get(fields, path), operand)
            normalise(result)
            shown = NULL if kind in ARRAYS else result
        else:
            raise invalid(f'Transform of "{transform.field_path}" has no type.')
        fieldpaths.put(fields, path, result)
        results.append(Value.FromString(shown.SerializeToString()))
    return results
