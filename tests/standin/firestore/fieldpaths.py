"""Field paths such as ``a.b.`c.d` ``: parsing, and reaching into nested maps."""

import re
from collections.abc import MutableMapping

from google.protobuf.message import Message

from tests.standin.firestore.messages import invalid

type Fields = MutableMapping[str, Message]
type FieldPath = tuple[str, ...]

SEGMENT = re.compile(r"([a-zA-Z_][a-zA-Z_0-9]*)|`((?:[^`\\]|\\.)+)`", re.DOTALL)
ESCAPED = re.compile(r"\\(.)", re.DOTALL)
NAME: FieldPath = ("__name__",)


def parse(text: str) -> FieldPath:
    """Return the segments of a field path.

    Raises:
        RequestError: If the text is no field path.
    """
    segments: list[str] = []
    position = 0
    while segment := SEGMENT.match(text, position):
        segments.append(segment[1] or ESCAPED.sub(r"\1", segment[2]))
        position = segment.end()
        if position == len(text):
            return tuple(segments)
        if text[position] != ".":
            break
        position += 1
    raise invalid(f'Invalid property path "{text}".')


def get(fields: Fields, path: FieldPath) -> Message | None:
    """Return the value at a path, or nothing."""
    for depth, segment in enumerate(path, start=1):
        if segment not in fields:
            return None
        value = fields[segment]
        if depth == len(path):
            return value
        if not value.HasField("map_value"):
            return None
        fields = value.map_value.fields
    return None


def put(fields: Fields, path: FieldPath, value: Message) -> None:
    """Set the value at a path; whatever is in the way becomes a map."""
    for segment in path[:-1]:
        if not fields[segment].HasField("map_value"):
            fields[segment].map_value.SetInParent()
        fields = fields[segment].map_value.fields
    fields[path[-1]].CopyFrom(value)


def remove(fields: Fields, path: FieldPath) -> None:
    """Remove the value at a path, if there is one."""
    holder = get(fields, path[:-1]) if len(path) > 1 else None
    if len(path) > 1:
        if holder is None or not holder.HasField("map_value"):
            return
        fields = holder.map_value.fields
    if path[-1] in fields:
        del fields[path[-1]]


def projected(fields: Fields, paths: list[FieldPath], into: Fields) -> None:
    """Copy what lies at some paths into other fields."""
    for path in paths:
        if (value := get(fields, path)) is not None:
            put(into, path, value)
