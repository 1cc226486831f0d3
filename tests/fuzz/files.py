"""Avro files that are nearly ours, and what reads them."""

import io
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import fastavro

from manifests.avro import AvroFrame
from manifests.documents import Tally, read_file
from manifests.encoding import check_table_file, stored_fields
from manifests.inventory import SHARD_FILE, ShardWriter, read_shard
from manifests.records import RecordFile
from tests.fuzz.values import HOSTILE, edited
from tests.unit.avro_files import ENDLESS, container, deflated
from tests.unit.object_samples import BUCKET, record
from tests.unit.samples import GAMES

DOCUMENTS = [
    {
        "path": f"c/d{number}",
        "fields": bytes([number]),
        "create_time_nanos": 1,
        "update_time_nanos": 2,
    }
    for number in range(3)
]


def records_maker(kind: RecordFile, rows: Sequence[dict[str, Any]]) -> Callable[[Random], bytes]:
    """Return what makes files of a sort that are nearly right."""
    schema = fastavro.parse_schema(kind.schema)

    def make(random: Random) -> bytes:
        shape = random.randrange(8)
        codec, written = "deflate", kind.schema
        if shape == 0:
            written = random.choice((ENDLESS, edited(random, kind.schema), random.choice(HOSTILE)))
        elif shape == 1:
            codec = random.choice(("null", "snappy", "xz", "bzip2", "zstandard", ""))
        chosen = [dict(row) for row in rows]
        for row in chosen:
            if not random.randrange(3):
                name = random.choice(list(row))
                value = random.choice((*HOSTILE, *(other[name] for other in rows)))
                row[name] = value if _fits(schema, {**row, name: value}) else row[name]
        plain = bytearray(b"".join(_encoded(schema, row) for row in chosen))
        for _ in range(random.choice((0, 0, 1, 3))):
            plain[random.randrange(len(plain))] = random.choice((0, 1, 2, 127, 128, 255))
        count = random.choice((len(rows), len(rows), 0, 1, 2**40, -1))
        block = (count, deflated(bytes(plain)))
        content = container(written, *[block] * random.choice((1, 1, 2)), codec=codec)
        return content if random.randrange(20) else content[: random.randrange(len(content))]

    return make


def _encoded(schema: Any, row: dict[str, Any]) -> bytes:  # noqa: ANN401 - fastavro's own form
    written = io.BytesIO()
    fastavro.schemaless_writer(written, schema, row)
    return written.getvalue()


def _fits(schema: Any, row: dict[str, Any]) -> bool:  # noqa: ANN401 - fastavro's own form
    try:
        _encoded(schema, row)
    except Exception:  # noqa: BLE001 - whatever an encoder says of odd values
        return False
    return True


def take_documents(content: bytes) -> None:
    """Read a file of documents and fingerprint them."""
    tally = Tally()
    for item in read_file(content, subject="f"):
        tally.add(item)
    tally.collections()


def take_shard(content: bytes) -> None:
    """Read an inventory."""
    for item in read_shard(content, BUCKET, subject="f"):
        assert item.stored_as is None or item.stored_as.startswith("contents/")


def take_table_file(content: bytes) -> None:
    """Count the rows of a table's file in pieces, and compare its header."""
    frame = AvroFrame("f", fields=20)
    for at in range(0, len(content), 64):
        frame.feed(content[at : at + 64])
    frame.finish()
    check_table_file(frame, GAMES)


def make_table_file(random: Random) -> bytes:
    """Make a file whose schema is that of a table, or nearly; of four one is as BigQuery writes it."""
    fields = [
        {"name": item["name"], "type": "string"}
        for item in stored_fields(GAMES["schema"]["fields"])
    ]
    schema = {"type": "record", "name": "Root", "fields": fields}
    blocks = [(random.randrange(9), random.randbytes(random.randrange(200)))] * random.randrange(4)
    if not random.randrange(4):
        return container(schema, *blocks, codec="snappy")
    written = random.choice((schema, edited(random, schema), ENDLESS))
    content = bytearray(container(written, *blocks, codec=random.choice(("snappy", "xz"))))
    for _ in range(random.choice((0, 1, 2))):
        content[random.randrange(len(content))] = random.choice((0, 1, 127, 128, 255))
    return bytes(content)


def shard_rows() -> list[dict[str, Any]]:
    """Return the records of an inventory."""
    writer = ShardWriter("f")
    for name in ("a", "b", "c/d"):
        writer.add(record(name, name.encode()))
    return list(SHARD_FILE.read(writer.finish(), subject="f"))
