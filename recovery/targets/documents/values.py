"""Between the values of a plan, written as Firestore's REST API does, and stored bytes."""

from typing import Any

from google.cloud.firestore_v1 import types
from google.protobuf.json_format import ParseDict

from recovery.plan.rebuild import Value

_Document: Any = types.Document.pb()


def to_bytes(fields: dict[str, Value]) -> bytes:
    """Return fields as a backup stores them."""
    document = ParseDict({"fields": fields}, _Document())
    content: bytes = document.SerializeToString(deterministic=True)
    return content


def differing_fields(left: bytes, right: bytes) -> tuple[str, ...]:
    """Return the names of the fields that are not equal in both, missing ones included."""
    was, now = _Document.FromString(left).fields, _Document.FromString(right).fields
    return tuple(
        name
        for name in sorted({*was, *now})
        if name not in was or name not in now or _bytes(was[name]) != _bytes(now[name])
    )


def _bytes(value: Any) -> bytes:  # noqa: ANN401 - a protobuf message
    content: bytes = value.SerializeToString(deterministic=True)
    return content
