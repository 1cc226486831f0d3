"""Converts values between the form of Firestore's REST API, as in a plan, and stored bytes."""

import struct
from typing import Any

from google.cloud.firestore_v1 import types
from google.protobuf.json_format import ParseDict

_MINUS_ZERO = struct.pack("<d", -0.0)
_Document: Any = types.Document.pb()


def to_bytes(fields: dict[str, dict[str, Any]]) -> bytes:
    """Return fields as a backup stores them."""
    document = ParseDict({"fields": fields}, _Document())
    content: bytes = document.SerializeToString(deterministic=True)
    return content


def same_content(left: bytes, right: bytes) -> bool:
    """Whether fields are the same as far as Firestore tells them apart.

    Firestore keeps no sign of a zero, so a negative zero cannot be restored: documents that differ
    in that alone are equal.
    """
    if left == right:
        return True
    if _MINUS_ZERO not in left and _MINUS_ZERO not in right:
        return False
    return not differing_fields(left, right)


def differing_fields(left: bytes, right: bytes) -> tuple[str, ...]:
    """Return the names of the fields that are not equal in both, missing ones included."""
    was, now = _Document.FromString(left).fields, _Document.FromString(right).fields
    return tuple(
        name
        for name in sorted({*was, *now})
        if name not in was or name not in now or _bytes(was[name]) != _bytes(now[name])
    )


def refers(fields: bytes, database: str) -> bool:
    """Whether a document refers to documents of a database, `projects/p/databases/d`."""
    folder = f"{database}/"
    if folder.encode() not in fields:
        return False
    return rewritten(fields, database, "") != rewritten(fields, database, database)


def rewritten(fields: bytes, original: str, copy: str) -> bytes:
    """Return fields whose references to one database refer to another instead."""
    if f"{original}/".encode() not in fields:
        return fields
    document = _Document.FromString(fields)
    for value in document.fields.values():
        _refer(value, f"{original}/", f"{copy}/")
    content: bytes = document.SerializeToString(deterministic=True)
    return content


def _refer(value: Any, original: str, copy: str) -> None:  # noqa: ANN401 - a protobuf message
    kind = value.WhichOneof("value_type")
    if kind == "reference_value" and value.reference_value.startswith(original):
        value.reference_value = copy + value.reference_value.removeprefix(original)
    elif kind == "array_value":
        for item in value.array_value.values:
            _refer(item, original, copy)
    elif kind == "map_value":
        for item in value.map_value.fields.values():
            _refer(item, original, copy)


def _bytes(value: Any) -> bytes:  # noqa: ANN401 - a protobuf message
    _drop_signs(value)
    content: bytes = value.SerializeToString(deterministic=True)
    return content


def _drop_signs(value: Any) -> None:  # noqa: ANN401 - a protobuf message
    kind = value.WhichOneof("value_type")
    if kind == "double_value":
        value.double_value = value.double_value or 0.0
    elif kind == "geo_point_value":
        point = value.geo_point_value
        point.latitude, point.longitude = point.latitude or 0.0, point.longitude or 0.0
    elif kind == "array_value":
        for item in value.array_value.values:
            _drop_signs(item)
    elif kind == "map_value":
        for item in value.map_value.fields.values():
            _drop_signs(item)
