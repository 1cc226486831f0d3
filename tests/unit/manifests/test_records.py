"""Avro files that a stranger made: each is refused before a decoder does what it says."""

import bz2
import json
import lzma
from collections.abc import Callable
from typing import Any

import pytest

from manifests.documents import DOCUMENT_FILE, read_file
from manifests.errors import AvroDamagedError
from manifests.inventory import SHARD_FILE, read_shard
from manifests.records import RecordFile
from tests.unit.avro_files import ENDLESS, SYNC, container, deflated, inflating, number

READERS: dict[str, tuple[RecordFile, Callable[[bytes], list[Any]]]] = {
    "inventory": (SHARD_FILE, lambda content: list(read_shard(content, "raw", subject="file"))),
    "documents": (DOCUMENT_FILE, lambda content: list(read_file(content, subject="file"))),
}


def test_the_file_that_ends_a_process_is_small():
    """It has the size of the one that was found, with room for nothing but its header."""
    assert len(container(ENDLESS, (1, deflated(b"")))) < 150


@pytest.fixture(params=READERS)
def kind(request: pytest.FixtureRequest) -> str:
    """Return the name of a sort of files."""
    return str(request.param)


@pytest.mark.parametrize(
    "schema",
    [
        ENDLESS,
        {"type": "array", "items": "null"},
        {"type": "record", "name": "r", "fields": [{"name": "n", "type": "null"}]},
        {"type": "record", "name": "r", "fields": [{"type": "null"}]},
        {"type": "record", "name": "r"},
        "null",
        [],
        7,
    ],
)
def test_another_schema_is_never_decoded(kind: str, schema: object):
    """What a file says of its own records is compared, not followed."""
    with pytest.raises(AvroDamagedError, match="schema"):
        READERS[kind][1](container(schema, (2**40, deflated(b""))))


@pytest.mark.parametrize("change", ["type", "order", "extra", "missing", "name", "alias"])
def test_a_schema_that_is_nearly_ours_is_another(kind: str, change: str):
    """Fields are compared with their types and in their order."""
    schema = json.loads(json.dumps(READERS[kind][0].schema))
    fields = schema["fields"]
    if change == "type":
        fields[0]["type"] = {"type": "array", "items": "null"}
    elif change == "order":
        fields.reverse()
    elif change == "extra":
        fields.append({"name": "more", "type": ["null", schema["name"]]})
    elif change == "missing":
        del fields[0]
    elif change == "name":
        schema["name"] = "rebound.Other"
    else:
        schema["aliases"] = ["r"]
    with pytest.raises(AvroDamagedError, match="schema"):
        READERS[kind][1](container(schema))


@pytest.mark.parametrize(
    ("codec", "data"),
    [
        ("null", b""),
        ("snappy", b"\x00\x00\x00\x00\x00"),
        ("xz", lzma.compress(bytes(1000))),
        ("xz", b"no LZMA"),
        ("bzip2", bz2.compress(bytes(1000))),
        ("zstandard", b""),
        ("deflate\x1b[2J", b""),
    ],
)
def test_another_codec_is_never_unpacked(kind: str, codec: str, data: bytes):
    """Ours is the only one; what another does with its bytes is not found out."""
    with pytest.raises(AvroDamagedError, match="codec"):
        READERS[kind][1](container(READERS[kind][0].schema, (1, data), codec=codec))


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ((1, inflating(200)), "not within"),
        ((1, deflated(bytes(100))[:-3]), "does not end"),
        ((1, deflated(b"") + b"and more"), "does not end"),
        ((1, b"\xff" * 20), "not a block"),
        ((2**40, deflated(b"")), "records in 0 bytes"),
        ((-1, deflated(b"")), "records in 0 bytes"),
        ((0, deflated(b"left")), "left behind"),
        ((1, deflated(b"\xff" * 9 + b"\x01")), "not a block"),
        ((1, deflated(b"\x01" + bytes(40))), "not a block"),
    ],
)
def test_impossible_blocks_are_damage(kind: str, block: tuple[int, bytes], message: str):
    """A block that grows without end, or whose count and bytes do not fit, is no block."""
    with pytest.raises(AvroDamagedError, match=message):
        READERS[kind][1](container(READERS[kind][0].schema, block))


def test_a_file_that_is_too_large_is_not_looked_at(kind: str):
    """No writer of ours makes it."""
    sort, read = READERS[kind]
    with pytest.raises(AvroDamagedError, match="larger than"):
        read(container(sort.schema) + bytes(sort.most_file_bytes))


def test_a_block_ends_where_it_says(kind: str):
    """Another marker, or bytes behind the last one, are damage."""
    sort, read = READERS[kind]
    assert read(container(sort.schema)) == read(container(sort.schema, (0, deflated(b"")))) == []
    for spoilt in (
        container(sort.schema, (0, deflated(b"")), sync=b"another marker: "),
        container(sort.schema) + b"\x00",
        container(sort.schema)[:-1],
        container(sort.schema) + number(0) + number(-20) + SYNC,
    ):
        with pytest.raises(AvroDamagedError):
            read(spoilt)
