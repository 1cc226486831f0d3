"""The append-only file that makes acknowledged writes survive a kill.

A record is its length, its crc32 and its payload. What a kill leaves half written at
the end is cut off on the next start: nobody was told that it was done.
"""

import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

HEADER = struct.Struct("<II")
CHANGE = struct.Struct("<qHi")
DELETED = -1
CHANGES, DATABASE, DROPPED = b"C", b"D", b"X"


class Change(NamedTuple):
    """A document's new state.

    Attributes:
        stamp: When, in microseconds since 1970.
        path: The document's path in its database.
        body: Its serialised fields and times; None for a deletion.
    """

    stamp: int
    path: str
    body: bytes | None


class Record(NamedTuple):
    """One record: changes of documents, or the making or dropping of a database."""

    kind: bytes
    database: str
    payload: bytes


class Log:
    """The log of one data folder, open for appending."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)

    def append(self, record: Record) -> None:
        """Write a record; it is the operating system's when this returns."""
        name = record.database.encode()
        payload = b"".join([record.kind, len(name).to_bytes(2, "little"), name, record.payload])
        rest = memoryview(HEADER.pack(len(payload), zlib.crc32(payload)) + payload)
        while rest:
            rest = rest[os.write(self._file, rest) :]

    def replay(self) -> Iterator[Record]:
        """Yield every whole record and cut off what a kill left behind it."""
        end = 0
        with self.path.open("rb") as file:
            while len(header := file.read(HEADER.size)) == HEADER.size:
                length, checksum = HEADER.unpack(header)
                payload = file.read(length)
                if len(payload) < length or zlib.crc32(payload) != checksum:
                    break
                end += HEADER.size + length
                begin = 3 + int.from_bytes(payload[1:3], "little")
                yield Record(payload[:1], payload[3:begin].decode(), payload[begin:])
        os.ftruncate(self._file, end)

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


def pack(changes: list[Change]) -> bytes:
    """Return changes as the payload of a record."""
    parts: list[bytes] = []
    for change in changes:
        path = change.path.encode()
        length = DELETED if change.body is None else len(change.body)
        parts += [CHANGE.pack(change.stamp, len(path), length), path, change.body or b""]
    return b"".join(parts)


def unpack(payload: bytes) -> Iterator[Change]:
    """Yield the changes of a record's payload."""
    position = 0
    while position < len(payload):
        stamp, path_length, length = CHANGE.unpack_from(payload, position)
        begin = position + CHANGE.size + path_length
        path = payload[begin - path_length : begin].decode()
        position = begin + max(length, 0)
        yield Change(stamp, path, None if length == DELETED else payload[begin:position])
