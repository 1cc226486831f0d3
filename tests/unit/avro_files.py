"""Avro files as a stranger could make them, block by block."""

import io
import json
import zlib

import fastavro

SYNC = b"sixteen bytes :-"
# A decoder of it calls itself until the stack of the process is at its end.
ENDLESS = {"type": "record", "name": "r", "fields": [{"name": "r", "type": "r"}]}


def deflated(plain: bytes) -> bytes:
    """Compress as Avro's codec `deflate` does."""
    packing = zlib.compressobj(wbits=-15)
    return packing.compress(plain) + packing.flush()


def inflating(mebibytes: int) -> bytes:
    """Return so much of nothing as `deflate` stores it, of which each part stands alone."""
    packing = zlib.compressobj(wbits=-15)
    part = packing.compress(bytes(1024 * 1024)) + packing.flush(zlib.Z_FULL_FLUSH)
    return part * mebibytes + packing.flush()


def number(value: int) -> bytes:
    """Write a number as Avro does."""
    written = io.BytesIO()
    fastavro.schemaless_writer(written, {"type": "long"}, value)
    return written.getvalue()


def container(
    schema: object, *blocks: tuple[int, bytes], codec: str = "deflate", sync: bytes = SYNC
) -> bytes:
    """Return a file of blocks, each a count of records and its bytes as they are stored."""
    header = {"avro.codec": codec.encode(), "avro.schema": json.dumps(schema).encode()}
    entries = b"".join(
        number(len(key)) + key.encode() + number(len(value)) + value
        for key, value in header.items()
    )
    body = b"".join(number(count) + number(len(data)) + data + sync for count, data in blocks)
    return b"Obj\x01" + number(len(header)) + entries + b"\x00" + SYNC + body
