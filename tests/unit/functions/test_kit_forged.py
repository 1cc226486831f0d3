"""What is forged costs the checker of a kit no more than what a run stores, and is told in a line."""

import json
import tracemalloc
import zlib
from pathlib import Path

import pytest
from google.cloud.firestore_v1 import types

from functions.kit import check, documents


def _long(number: int) -> bytes:
    """Return a number as Avro writes it."""
    number, text = number << 1 ^ number >> 63, bytearray()
    while number > 0x7F:
        text.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*text, number])


def _avro(schema: object, block: bytes, *, count: int = 1, codec: bytes = b"deflate") -> bytes:
    """Return an Avro file of one block, however wrong."""
    text = json.dumps(schema).encode()
    pairs = [(b"avro.schema", text), (b"avro.codec", codec)]
    told = b"".join(_long(len(item)) + item for pair in pairs for item in pair)
    header = b"Obj\x01" + _long(len(pairs)) + told + _long(0) + b"s" * 16
    return header + _long(count) + _long(len(block)) + block + b"s" * 16


def _deflated(plain: bytes) -> bytes:
    deflating = zlib.compressobj(wbits=-15)
    return deflating.compress(plain) + deflating.flush()


BOMBS = {
    "inflates": lambda: _avro("null", _deflated(bytes(64 * 1024 * 1024)), count=1),
    "counts": lambda: _avro("null", _deflated(b"a"), count=2**40),
    "goes back": lambda: _avro("bytes", _deflated(_long(-5))),
    "never ends": lambda: _avro("long", _deflated(b"\x80" * 1024 * 1024)),
    "is not what it says": lambda: _avro("string", _deflated(_long(2**40))),
    "nests": lambda: _avro("null", b"").replace(b'"null"', b"[" * 20_000),
    "has many values": lambda: _avro([0] * 1_100_000, _deflated(b"a")),
    "is large": lambda: b"Obj\x01" + bytes(check.MOST_BYTES),
    "is no file": lambda: b"Obj\x01",
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_file_that_was_forged_takes_no_more_than_one_of_ours(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    bomb: str,
):
    """A manifest can list any file with its checksum: it is told, within the memory of a real one."""
    content = BOMBS[bomb]()
    # A checksum of megabytes takes long in Python.
    monkeypatch.setattr(check, "crc32c", len)
    (tmp_path / "s.avro").write_bytes(content)
    stored = {"name": "runs/r/s.avro", "size_bytes": len(content), "crc32c": len(content)}
    listed = {"buckets": [{"bucket": "raw", "shards": [{"stored": stored}]}]}
    monkeypatch.setattr(check, "manifest", lambda: listed)
    tracemalloc.start()
    assert check.main(["copies", "raw", str(tmp_path)]) == 1
    most_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert capsys.readouterr().err.count("\n") == 1
    assert most_bytes < 5 * check.MOST_BLOCK_BYTES


@pytest.mark.parametrize(
    "text",
    [
        b'{"digest":"sha256:","document":' + b"[" * 100_000,
        b'{"digest":"sha256:","document":{"tables":[' + b"0," * 1_100_000 + b"0]}}",
        b'{"digest":"sha256:","document":{"n":NaN}}',
        b" " * (32 * 1024 * 1024 + 1),
        b"[]",
    ],
    ids=["nested", "many values", "no number", "large", "another form"],
)
def test_a_manifest_that_no_run_has_is_told(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    text: bytes,
):
    """Whatever it holds, one line says so and nothing is compared with it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "manifest.json").write_bytes(text)
    (tmp_path / "answer.json").write_text("[]")
    assert check.main(["rows", "nba.games", "answer.json"]) == 1
    told = capsys.readouterr()
    assert (told.out, told.err.count("\n")) == ("", 1)


def test_numbers_that_json_does_not_have_are_shown_as_texts():
    """So Firestore's REST API writes them; a reader of JSON would refuse the rest of the file."""
    values = {name: {"double_value": float(name)} for name in ("nan", "inf", "-inf")}
    message = types.Document.pb(types.Document(fields=values)).SerializeToString()
    shown = documents.map_of(message, 2)
    assert shown == {
        "nan": {"doubleValue": "NaN"},
        "inf": {"doubleValue": "Infinity"},
        "-inf": {"doubleValue": "-Infinity"},
    }


def test_a_number_of_a_document_ends():
    """One that is longer than any number is no document."""
    with pytest.raises(ValueError, match="too long"):
        documents.map_of(b"\x80" * 1_000_000, 2)
