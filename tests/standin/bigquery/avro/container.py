"""The frame of an Avro object container file: header, compressed blocks, sync markers."""

import io
import json
import os
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

import cramjam
import pyarrow as pa

from tests.standin.bigquery.avro.errors import AvroRefusedError

_MAGIC = b"Obj\x01"
_SYNC_BYTES = 16
_CRC_BYTES = 4
_LONG_BITS = 64
_BLOCK_BYTES = 256 * 1024
_LARGEST_BLOCK_BYTES = 64 * 1024 * 1024
_RAW_DEFLATE = -15


def _snappy(data: bytes) -> bytes:
    return bytes(cramjam.snappy.compress_raw(data)) + zlib.crc32(data).to_bytes(_CRC_BYTES, "big")


def _unsnappy(data: bytes) -> bytes:
    plain = bytes(cramjam.snappy.decompress_raw(data[:-_CRC_BYTES]))
    if zlib.crc32(plain).to_bytes(_CRC_BYTES, "big") != data[-_CRC_BYTES:]:
        raise ValueError("Bad CRC32 of a Snappy block")
    return plain


COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    "null": bytes,
    "deflate": lambda data: zlib.compress(data, wbits=_RAW_DEFLATE),
    "snappy": _snappy,
}
_DECOMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    "null": bytes,
    "deflate": lambda data: zlib.decompress(data, wbits=_RAW_DEFLATE),
    "snappy": _unsnappy,
    "zstandard": lambda data: bytes(cramjam.zstd.decompress(data)),
}


class ContainerWriter:
    """Writes one container file.

    Args:
        stream: Where to write.
        schema: The Avro schema of the records.
        codec: Key of COMPRESSORS.
    """

    def __init__(self, stream: BinaryIO, schema: dict[str, Any], codec: str) -> None:
        self._stream = stream
        self._compress = COMPRESSORS[codec]
        self._sync = os.urandom(_SYNC_BYTES)
        self.rows = 0
        metadata = {"avro.codec": codec.encode(), "avro.schema": json.dumps(schema).encode()}
        pairs = b"".join(_sized(key.encode()) + _sized(value) for key, value in metadata.items())
        stream.write(_MAGIC + varint(len(metadata)) + pairs + varint(0) + self._sync)

    def write(self, records: pa.BinaryArray) -> None:
        """Append encoded records, in blocks of about 256 KiB before compression."""
        total_bytes = records.nbytes or 1
        rows_per_block = max(1, len(records) * _BLOCK_BYTES // total_bytes)
        for start in range(0, len(records), rows_per_block):
            self._write_block(records.slice(start, rows_per_block))

    def _write_block(self, records: pa.BinaryArray) -> None:
        _, offsets, data = records.buffers()
        bounds = memoryview(offsets).cast("i")
        first, last = bounds[records.offset], bounds[records.offset + len(records)]
        body = self._compress(bytes(data[first:last]) if last > first else b"")
        self._stream.write(varint(len(records)) + _sized(body) + self._sync)
        self.rows += len(records)


class ContainerReader:
    """Reads one container file, block by block.

    Raises:
        AvroRefusedError: The file is no Avro file, or is damaged.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with path.open("rb") as stream:
            try:
                self._sync, metadata = self._read_header(stream)
                self.schema: Any = json.loads(metadata["avro.schema"])
            except (ValueError, KeyError) as error:
                self._refuse(f"Invalid header: {error}")
            self._body_starts_at = stream.tell()
        self.codec = metadata.get("avro.codec", b"null").decode(errors="replace")
        if self.codec not in _DECOMPRESSORS:
            self._refuse(f"Unknown codec in data file: {self.codec}")

    def blocks(self) -> Iterator[tuple[int, bytes]]:
        """Yield each block's number of records and its decompressed body."""
        decompress = _DECOMPRESSORS[self.codec]
        with self._path.open("rb") as stream:
            stream.seek(self._body_starts_at)
            while stream.peek(1):
                rows, size_bytes = self._long(stream), self._long(stream)
                if rows < 0 or not 0 <= size_bytes <= _LARGEST_BLOCK_BYTES:
                    self._refuse("Invalid block size")
                body = self._exactly(stream, size_bytes)
                if self._exactly(stream, _SYNC_BYTES) != self._sync:
                    self._refuse("Sync mismatch")
                try:
                    yield rows, decompress(body)
                except (ValueError, zlib.error, cramjam.DecompressionError) as error:
                    self._refuse(str(error))

    def refuse(self, detail: str) -> NoReturn:
        """Refuse the file with BigQuery's words around a detail."""
        self._refuse(detail)

    def _read_header(self, stream: io.BufferedReader) -> tuple[bytes, dict[str, bytes]]:
        if self._exactly(stream, len(_MAGIC)) != _MAGIC:
            self._refuse("Invalid data file. Magic does not match")
        metadata: dict[str, bytes] = {}
        while count := self._long(stream):
            if count < 0:
                self._long(stream)
            for _ in range(abs(count)):
                key = self._exactly(stream, self._long(stream)).decode()
                metadata[key] = self._exactly(stream, self._long(stream))
        return self._exactly(stream, _SYNC_BYTES), metadata

    def _exactly(self, stream: io.BufferedReader, size_bytes: int) -> bytes:
        if size_bytes < 0:
            self._refuse("Negative length")
        data = stream.read(min(size_bytes, _LARGEST_BLOCK_BYTES))
        if len(data) != size_bytes:
            self._refuse("EOF reached")
        return data

    def _long(self, stream: io.BufferedReader) -> int:
        value = 0
        shift = 0
        while (byte := self._exactly(stream, 1)[0]) & 0x80:
            value |= (byte & 0x7F) << shift
            shift += 7
            if shift >= _LONG_BITS:
                self._refuse("A number is longer than 64 bits")
        value |= byte << shift
        return (value >> 1) ^ -(value & 1)

    def _refuse(self, detail: str) -> NoReturn:
        raise AvroRefusedError(
            "invalid",
            "Error while reading data, error message: The Apache Avro library failed to read data"
            f" with the following error: {detail} File: {self._path.name}",
        )


def varint(number: int) -> bytes:
    """Encode a whole number as Avro does."""
    rest = (number << 1) ^ (number >> 63)
    encoded = bytearray()
    while rest > 0x7F:
        encoded.append(rest & 0x7F | 0x80)
        rest >>= 7
    return bytes([*encoded, rest])


def _sized(data: bytes) -> bytes:
    return varint(len(data)) + data
