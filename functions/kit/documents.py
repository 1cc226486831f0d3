"""Shows documents of Firestore, with nothing but Python: those that `check.py documents` prints.

    python3 check.py documents DATABASE FOLDER | python3 documents.py

Each line is a document: its path, and its fields as the REST API of Firestore writes them.
"""

import base64
import json
import struct
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from typing import Any

VARINT, FIXED64, BYTES = 0, 1, 2


def map_of(message: bytes, number: int) -> dict[str, Any]:
    """Return the entries of a map of Firestore's, as its REST API writes values."""
    entries = (dict(wire(entry)) for at, entry in wire(message) if at == number)
    return {entry.get(1, b"").decode(): value_of(entry.get(2, b"")) for entry in entries}


def value_of(message: bytes) -> dict[str, Any]:
    """Return a Value of Firestore as its REST API writes it."""
    for number, content in wire(message):
        name, form = VALUES.get(number, (f"unknown{number}", repr))
        return {name: form(content)}
    return {"nullValue": None}


def timestamp(message: bytes) -> str:
    """Return an instant as RFC 3339."""
    parts = dict(wire(message))
    seconds = signed(parts.get(1, 0))
    moment = datetime.fromtimestamp(seconds, timezone.utc)  # noqa: UP017 - since Python 3.11
    # Not strftime: its %Y has no four digits for a year before 1000, and RFC 3339 has.
    return f"{moment.replace(tzinfo=None).isoformat()}.{parts.get(2, 0):09d}Z"


def double(content: bytes) -> Any:  # noqa: ANN401 - a number or a text
    """Return a number of eight bytes; as a text where JSON has none (Protocol Buffers, ProtoJSON)."""
    number = struct.unpack("<d", content)[0]
    names = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
    return names.get(str(number), number)


def place(message: bytes) -> dict[str, float]:
    """Return a latitude and a longitude; the message leaves a zero out."""
    parts = {number: double(content) for number, content in wire(message)}
    return {"latitude": parts.get(1, 0.0), "longitude": parts.get(2, 0.0)}


def signed(number: int) -> int:
    """Return a number of 64 bits with its sign."""
    return number - 2**64 if number >= 2**63 else number


VALUES: dict[int, tuple[str, Callable[[Any], Any]]] = {
    1: ("booleanValue", bool),
    2: ("integerValue", lambda content: str(signed(content))),
    3: ("doubleValue", double),
    5: ("referenceValue", bytes.decode),
    6: ("mapValue", lambda content: {"fields": map_of(content, 1)}),
    8: ("geoPointValue", place),
    9: ("arrayValue", lambda content: {"values": [value_of(item) for _, item in wire(content)]}),
    10: ("timestampValue", timestamp),
    11: ("nullValue", lambda _: None),
    17: ("stringValue", bytes.decode),
    18: ("bytesValue", lambda content: base64.b64encode(content).decode()),
}


def wire(message: bytes) -> Iterator[tuple[int, Any]]:
    """Yield the fields of a message of Protocol Buffers: its number, and a number or bytes."""
    at = 0
    while at < len(message):
        key, at = varint(message, at)
        size, form = 0, key & 7
        if form in (VARINT, BYTES):
            size, at = varint(message, at)
        if form == VARINT:
            yield key >> 3, size
            continue
        size = size if form == BYTES else 8 if form == FIXED64 else 4
        at += size
        yield key >> 3, message[at - size : at]


def varint(data: bytes, at: int) -> tuple[int, int]:
    """Return the number that begins at a place, and the place behind it."""
    number = 0
    for shift in range(0, 70, 7):
        number |= (data[at] & 0x7F) << shift
        at += 1
        if data[at - 1] < 0x80:  # noqa: PLR2004 - the bit that says that more follows
            return number, at
    raise ValueError("a number is too long")


if __name__ == "__main__":
    for text in sys.stdin:
        read = json.loads(text)
        read["fields"] = map_of(base64.b64decode(read["fields"]), 2)
        sys.stdout.write(f"{json.dumps(read)}\n")
