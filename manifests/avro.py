"""Reading the frame of an Avro object container file without decoding its rows.

Pure: bytes in, counts out. The frame is a header (magic, metadata with schema and codec, a sync
marker) and blocks of (record count, byte length, data, sync marker) (Apache Avro specification,
Object Container Files). Every marker is compared, so lost or inserted bytes are noticed. A header
is as long as the columns of its table make it, and no longer.
"""

import json
from typing import Any

from manifests.errors import AvroDamagedError

_MAGIC = b"Obj\x01"
_SYNC_BYTES = 16
_LONG_BYTES = 10
_MOST_ENTRIES = 100
_HEADER_BYTES, _HEADER_BYTES_A_FIELD = 64 * 1024, 2 * 1024


def most_header_bytes(fields: int) -> int:
    """Return how long a header with so many fields may be, nested ones included.

    A column's name has 300 characters at most (BigQuery, Specifying a schema).
    """
    return _HEADER_BYTES + fields * _HEADER_BYTES_A_FIELD


class AvroFrame:
    """Counts the records of one file while its bytes pass by, in chunks of any size.

    Args:
        subject: The file's name, for errors.
        fields: How many fields its records have at most, nested ones included.
    """

    def __init__(self, subject: str, *, fields: int) -> None:
        self.subject = subject
        self._most_header_bytes = most_header_bytes(fields)
        self._buffer = bytearray()
        self._skip_bytes = 0
        self._sync: bytes | None = None
        self._in_block = False
        self.metadata: dict[str, bytes] = {}
        self.row_count = 0

    @property
    def codec(self) -> str:
        """Return the compression codec; `null` when the file names none."""
        return self.metadata.get("avro.codec", b"null")[:40].decode(errors="replace")

    @property
    def schema(self) -> dict[str, Any]:
        """Return the schema the file was written with.

        Raises:
            AvroDamagedError: The file holds no schema of records.
        """
        try:
            schema = json.loads(self.metadata["avro.schema"])
            return {**schema, "fields": [dict(field) for field in schema["fields"]]}
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            raise AvroDamagedError("no schema of records", subject=self.subject) from error

    def feed(self, chunk: bytes) -> None:
        """Take the file's next bytes.

        Raises:
            AvroDamagedError: The bytes cannot be part of an Avro file.
        """
        view = memoryview(chunk)
        if not self._buffer and self._skip_bytes:
            passed = min(self._skip_bytes, len(view))
            self._skip_bytes -= passed
            view = view[passed:]
        self._buffer += view
        if self._sync is None and not self._read_header():
            return
        self._read_blocks()

    def finish(self) -> int:
        """Return the number of records, once all bytes have passed.

        Raises:
            AvroDamagedError: The file ends inside its header or a block.
        """
        if self._sync is None or self._in_block or self._buffer or self._skip_bytes:
            raise AvroDamagedError("the file ends in the middle of a block", subject=self.subject)
        return self.row_count

    def _read_header(self) -> bool:
        try:
            self.metadata, self._sync, at = read_header(self._buffer[: self._most_header_bytes])
        except IndexError:
            if len(self._buffer) >= self._most_header_bytes:
                raise AvroDamagedError("the header has no end", subject=self.subject) from None
            return False
        except ValueError as error:
            raise AvroDamagedError(f"not an Avro file: {error}", subject=self.subject) from error
        del self._buffer[:at]
        return True

    def _read_blocks(self) -> None:
        at = 0
        buffer = self._buffer
        while True:
            if self._in_block:
                if self._skip_bytes or len(buffer) - at < _SYNC_BYTES:
                    break
                if bytes(buffer[at : at + _SYNC_BYTES]) != self._sync:
                    raise AvroDamagedError(
                        "a block's end is not where it belongs", subject=self.subject
                    )
                at += _SYNC_BYTES
                self._in_block = False
            if len(buffer) - at < 2 * _LONG_BYTES and not _holds_two_longs(buffer, at):
                break
            try:
                records, at = read_long(buffer, at)
                size_bytes, at = read_long(buffer, at)
            except ValueError as error:
                raise AvroDamagedError(f"not a block: {error}", subject=self.subject) from error
            if records < 0 or size_bytes < 0:
                raise AvroDamagedError("a block has a negative size", subject=self.subject)
            self.row_count += records
            self._in_block = True
            here = min(size_bytes, len(buffer) - at)
            self._skip_bytes = size_bytes - here
            at += here
        del buffer[:at]


def _holds_two_longs(buffer: bytearray, at: int) -> bool:
    return sum(byte < 0x80 for byte in buffer[at : at + 2 * _LONG_BYTES]) >= 2  # noqa: PLR2004 - a byte below 0x80 ends a varint


def read_header(buffer: bytes | bytearray) -> tuple[dict[str, bytes], bytes, int]:
    """Return the metadata and the sync marker of a header, and where it ends.

    Raises:
        IndexError: The header does not end in these bytes.
        ValueError: They do not begin an Avro file.
    """
    if buffer[: len(_MAGIC)] != _MAGIC[: len(buffer)]:
        message = "it does not begin with Obj1"
        raise ValueError(message)
    metadata: dict[str, bytes] = {}
    count, at = read_long(buffer, len(_MAGIC))
    while count:
        if count < 0:
            _, at = read_long(buffer, at)
        if len(metadata) + abs(count) > _MOST_ENTRIES:
            message = f"its header has more than {_MOST_ENTRIES} entries"
            raise ValueError(message)
        for _ in range(abs(count)):
            key, at = _bytes(buffer, at)
            metadata[key.decode()], at = _bytes(buffer, at)
        count, at = read_long(buffer, at)
    if len(buffer) < at + _SYNC_BYTES:
        raise IndexError
    return metadata, bytes(buffer[at : at + _SYNC_BYTES]), at + _SYNC_BYTES


def read_long(buffer: bytes | bytearray, at: int) -> tuple[int, int]:
    """Return the number that is written at a place, and where it ends.

    Raises:
        IndexError: The number does not end in these bytes.
        ValueError: It is longer than 64 bits.
    """
    value = shift = 0
    while True:
        byte = buffer[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:  # noqa: PLR2004 - the high bit says that another byte follows
            return (value >> 1) ^ -(value & 1), at
        shift += 7
        if shift > 7 * (_LONG_BYTES - 1):
            message = "a number is longer than 64 bits"
            raise ValueError(message)


def _bytes(buffer: bytes | bytearray, at: int) -> tuple[bytes, int]:
    size, at = read_long(buffer, at)
    if size < 0:
        message = "a negative length in the header"
        raise ValueError(message)
    if len(buffer) < at + size:
        raise IndexError
    return bytes(buffer[at : at + size]), at + size
