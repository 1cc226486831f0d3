import io
from typing import Any

import fastavro
import pytest
from hypothesis import given
from hypothesis import strategies as st

from manifests.avro import AvroFrame
from manifests.errors import AvroDamagedError

SCHEMA = {
    "type": "record",
    "name": "Root",
    "fields": [{"name": "n", "type": "long"}, {"name": "text", "type": ["null", "string"]}],
}
ROWS = [{"n": number * 10**12, "text": "é" * (number % 7) or None} for number in range(60)]
SYNC = b"sixteen bytes :-"


def avro(
    rows: list[dict[str, Any]], *, codec: str = "snappy", block_bytes: int = 200, **more: object
) -> bytes:
    """Return a file with these rows in several blocks."""
    written = io.BytesIO()
    fastavro.writer(
        written,
        SCHEMA,
        rows,
        codec=codec,
        sync_interval=block_bytes,
        sync_marker=SYNC,
        **more,
    )
    return written.getvalue()


def read(content: bytes, *, chunk_bytes: int = 1 << 20, fields: int = 2) -> AvroFrame:
    """Pass a file through a frame and end it."""
    frame = AvroFrame("file", fields=fields)
    for at in range(0, len(content), chunk_bytes):
        frame.feed(content[at : at + chunk_bytes])
    frame.finish()
    return frame


WHOLE = avro(ROWS)
HEADER_BYTES = WHOLE.index(SYNC) + len(SYNC)
BOUNDARIES = {at + len(SYNC) for at in range(len(WHOLE)) if WHOLE.startswith(SYNC, at)}


def test_the_sample_has_blocks():
    """The file under test has a header and several blocks."""
    assert len(BOUNDARIES) > 5
    assert max(BOUNDARIES) == len(WHOLE)


@given(
    rows=st.lists(
        st.builds(
            dict,
            n=st.integers(-(2**63), 2**63 - 1),
            text=st.none() | st.text(max_size=50),
        ),
        max_size=30,
    ),
    codec=st.sampled_from(["null", "deflate", "snappy"]),
    block_bytes=st.integers(1, 500),
    chunk_bytes=st.integers(1, 300),
)
def test_any_file_is_counted_in_any_chunks(
    rows: list[dict[str, Any]], codec: str, block_bytes: int, chunk_bytes: int
):
    """Every whole file is accepted and its rows counted, however its bytes come."""
    content = avro(rows, codec=codec, block_bytes=block_bytes)
    frame = read(content, chunk_bytes=chunk_bytes)
    assert frame.row_count == len(rows)
    assert frame.codec == codec
    assert [field["name"] for field in frame.schema["fields"]] == ["n", "text"]


def test_the_bytes_may_come_one_by_one():
    """The smallest chunks give the same answer."""
    assert read(WHOLE, chunk_bytes=1).row_count == len(ROWS)


def test_a_cut_file_is_damaged_or_counts_fewer_rows():
    """Cut anywhere inside a block a file is damaged; cut between blocks it holds fewer rows."""
    for end in set(range(len(WHOLE))) - BOUNDARIES:
        with pytest.raises(AvroDamagedError):
            read(WHOLE[:end], chunk_bytes=97)
    counts = [read(WHOLE[:end], chunk_bytes=97).row_count for end in sorted(BOUNDARIES)]
    assert counts == sorted(set(counts))
    assert (counts[0], counts[-1]) == (0, len(ROWS))


def test_a_file_without_rows_is_whole():
    """A table without rows is a header alone."""
    assert read(avro([])).row_count == 0
    assert read(WHOLE[:HEADER_BYTES]).row_count == 0


@pytest.mark.parametrize("boundary", sorted(BOUNDARIES - {HEADER_BYTES}))
def test_a_flipped_sync_marker_is_noticed(boundary: int):
    """Any wrong bit of any block's marker is damage."""
    for at in range(boundary - len(SYNC), boundary):
        spoilt = bytearray(WHOLE)
        spoilt[at] ^= 0x01
        with pytest.raises(AvroDamagedError, match="not where it belongs"):
            read(bytes(spoilt))


def test_a_flipped_marker_in_the_header_is_noticed():
    """The marker of the header and those of the blocks have to agree."""
    spoilt = bytearray(WHOLE)
    spoilt[HEADER_BYTES - 1] ^= 0x80
    with pytest.raises(AvroDamagedError):
        read(bytes(spoilt))


@given(at=st.integers(0, len(WHOLE) - 1), extra=st.binary(min_size=1, max_size=3))
def test_inserted_bytes_never_pass_as_the_same_file(at: int, extra: bytes):
    """Bytes that were put in are damage, or at least no file of the same rows and columns."""
    try:
        frame = read(WHOLE[:at] + extra + WHOLE[at:])
    except AvroDamagedError:
        return
    assert at < HEADER_BYTES or frame.row_count != len(ROWS)


@pytest.mark.parametrize("tail", [b"\x00", b"\x02", b"\xff", b"\xff" * 9, b"garbage", SYNC])
def test_trailing_bytes_are_damage(tail: bytes):
    """Nothing follows the last block."""
    with pytest.raises(AvroDamagedError):
        read(WHOLE + tail)


@pytest.mark.parametrize(
    ("block", "message"),
    [
        (b"\x01\x00" + SYNC, "negative size"),
        (b"\x00\x01" + SYNC, "negative size"),
        (b"\xff" * 20, "longer than 64 bits"),
        (b"\x02" + b"\x80" * 12 + b"\x00" + SYNC, "longer than 64 bits"),
    ],
)
def test_impossible_blocks_are_damage(block: bytes, message: str):
    """A block of less than nothing, or a number without an end, is no block."""
    with pytest.raises(AvroDamagedError, match=message):
        read(WHOLE + block)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file ends"),
        (b"Obj", "the file ends"),
        (b"PAR1" + b"\x00" * 40, "not an Avro file"),
        (b"Obj\x02" + WHOLE[4:], "not an Avro file"),
        (b"Obj\x01\x02\x01", "negative length"),
        (b"Obj\x01" + b"\xff" * 11, "longer than 64 bits"),
        (b"Obj\x01\x02\x02\xff\x00\x00" + SYNC, "not an Avro file"),
        (b"Obj\x01\x02\x08abc", "the file ends"),
    ],
)
def test_impossible_headers_are_damage(content: bytes, message: str):
    """What does not begin as an Avro file begins is none."""
    with pytest.raises(AvroDamagedError, match=message):
        read(content)


def test_an_endless_header_is_given_up():
    """A header that claims to be huge is not collected for ever."""
    frame = AvroFrame("file", fields=2)
    frame.feed(b"Obj\x01\x02\x08long\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01")
    with pytest.raises(AvroDamagedError, match="no end"):
        frame.feed(bytes(17 * 1024 * 1024))


def test_a_header_is_as_large_as_its_columns_make_it():
    """A schema of a megabyte is one of many columns, not of two."""
    content = avro(ROWS, metadata={"note": "x" * 1024 * 1024})
    assert read(content, chunk_bytes=300_000, fields=1000).row_count == len(ROWS)
    with pytest.raises(AvroDamagedError, match="no end"):
        read(content, chunk_bytes=300_000)


def test_a_header_of_entries_without_end_is_given_up():
    """Entries of two bytes each are not counted for seconds."""
    with pytest.raises(AvroDamagedError, match="more than 100 entries"):
        read(b"Obj\x01" + b"\xfe\xff\xff\xff\x7f" + bytes(1 << 20), fields=10_000)


def test_a_header_in_counted_parts_is_read():
    """Metadata may come in parts that tell their length first, as the specification allows."""
    entries = b'\x16avro.schema\x1c{"fields": []}'
    header = b"Obj\x01" + b"\x01" + bytes([2 * len(entries)]) + entries + b"\x00" + SYNC
    frame = read(header)
    assert frame.schema["fields"] == []
    assert frame.codec == "null"


@pytest.mark.parametrize(
    "schema", [b"", b"{", b'"string"', b"{}", b'{"fields": ["n"]}', b'{"fields": 7}', b"\xff"]
)
def test_a_schema_of_no_records_is_damage(schema: bytes):
    """A file that does not say its columns cannot be proven to be the table's."""
    entries = b"\x16avro.schema" + bytes([2 * len(schema)]) + schema
    frame = read(b"Obj\x01\x02" + entries + b"\x00" + SYNC)
    with pytest.raises(AvroDamagedError, match="no schema of records"):
        frame.schema  # noqa: B018 - reading it is what fails


def test_a_file_without_a_schema_is_damage():
    """The schema has to be there."""
    frame = read(b"Obj\x01\x00" + SYNC)
    with pytest.raises(AvroDamagedError, match="no schema"):
        frame.schema  # noqa: B018 - reading it is what fails
