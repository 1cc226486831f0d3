import math
import struct
from collections.abc import Callable

import pytest
from google.cloud import firestore
from google.cloud.firestore_v1.vector import Vector
from google.protobuf.message import Message
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contract.firestore.gaps import emulator_gap
from tests.contract.firestore.wire import (
    Value,
    Wire,
    array,
    double,
    integer,
    mapping,
    moment,
    text,
    vector,
)

LARGEST_VALUE_BYTES = (1 << 20) - 89
NAMES = ["plain", "with.dots", "`ticks`", "back\\slash", "sp ace", "ünï😀", "7", "a-b", "\n", "_"]

VALUES = {
    "null": Value(null_value=0),
    "false": Value(boolean_value=False),
    "true": Value(boolean_value=True),
    "largest integer": integer(2**63 - 1),
    "smallest integer": integer(-(2**63)),
    "integer no double holds": integer(2**53 + 1),
    "integer zero": integer(0),
    "double zero": double(0.0),
    "whole double": double(3.0),
    "smallest double": double(5e-324),
    "nan": double(math.nan),
    "infinity": double(math.inf),
    "negative infinity": double(-math.inf),
    "microsecond": moment(1_700_000_000, 123_456_000),
    "first timestamp": moment(-62_135_596_800),
    "last timestamp": moment(253_402_300_799, 999_999_000),
    "empty text": text(""),
    "text": text("\0 é \u2028 😀 \uffff"),
    "bytes": Value(bytes_value=bytes(range(256))),
    "empty bytes": Value(bytes_value=b""),
    "point": Value(geo_point_value={"latitude": -90.0, "longitude": 180.0}),
    "reference": Value(reference_value="projects/p/databases/(default)/documents/a/b"),
    "reference elsewhere": Value(reference_value="projects/o/databases/d/documents/a/b/c/d"),
    "empty array": array(),
    "array": array(Value(null_value=0), integer(1), mapping(a=array(double(math.nan)))),
    "empty map": mapping(),
    "map": Value(map_value={"fields": {name: integer(1) for name in NAMES}}),
    "vector": vector(1.0, 0.0, math.inf),
}


def exact(document: Message) -> bytes:
    """Return what two documents share only when every bit of every field is the same."""
    return type(document)(fields=document.fields).SerializeToString(deterministic=True)


@pytest.mark.parametrize("kind", VALUES)
def test_value_comes_back_exactly(wire: Wire, kind: str):
    """A value of every type is read as it was written, bit for bit."""
    document = wire.update("c/d", {"value": VALUES[kind]}).update
    wire.set("c/d", {"value": VALUES[kind]})
    assert exact(wire.get("c/d")) == exact(document)
    assert exact(wire.query({"from_": [{"collection_id": "c"}]})[0].document) == exact(document)


def test_field_names_come_back(wire: Wire):
    """Field names with dots, backticks and unicode are kept."""
    wire.set("c/d", {name: text(name) for name in NAMES})
    fields = wire.get("c/d").fields
    assert {name: fields[name].string_value for name in fields} == {name: name for name in NAMES}


@pytest.mark.parametrize(
    ("written", "kept"),
    [((5, 123_456_789), (5, 123_456_000)), ((-5, 999_999_999), (-5, 999_999_000))],
)
def test_timestamps_keep_microseconds(wire: Wire, written: tuple[int, int], kept: tuple[int, int]):
    """Nanoseconds are rounded down to microseconds when a document is stored."""
    wire.set("c/d", {"value": moment(*written), "in": array(moment(*written))})
    fields = wire.get("c/d").fields
    assert fields["value"] == moment(*kept)
    assert fields["in"].array_value.values[0] == moment(*kept)


def test_every_nan_is_the_same(wire: Wire):
    """What a NaN carries beside being none is lost."""
    (odd,) = struct.unpack("<d", bytes.fromhex("010000000000f8ff"))
    written, wanted = (
        wire.update("c/d", {"value": double(number), "in": array(double(number))}).update
        for number in (odd, math.nan)
    )
    assert exact(written) != exact(wanted)
    wire.set("c/d", dict(written.fields))
    assert exact(wire.get("c/d")) == exact(wanted)


@emulator_gap("it keeps the sign of a zero")
def test_zero_has_no_sign(wire: Wire):
    """A zero loses its sign, wherever it is."""
    value = mapping(a=array(double(-0.0)), v=vector(-0.0, 1.0))
    wire.set("c/d", {"value": value, "zero": double(-0.0)})
    document = wire.get("c/d")
    expected = mapping(a=array(double(0.0)), v=vector(0.0, 1.0))
    wanted = wire.update("c/d", {"value": expected, "zero": double(0.0)}).update
    assert exact(document) == exact(wanted)


@emulator_gap("it does not count index entries")
@pytest.mark.parametrize(
    "fields",
    [
        {f"f{number}": integer(number) for number in range(20_001)},
        {"array": array(*map(integer, range(39_999)))},
        {"map": mapping(**{f"f{number}": integer(number) for number in range(20_000)})},
    ],
    ids=["fields", "array", "map"],
)
def test_most_index_entries(wire: Wire, refused: Callable, fields: dict[str, Message]):
    """A document has at most 40,000 index entries; each case here has one or two too many."""
    with refused("FAILED_PRECONDITION"):
        wire.set("c/d", fields)
    if "array" in fields:
        del fields["array"].array_value.values[-1]
    elif "map" in fields:
        del fields["map"].map_value.fields["f1"]
    else:
        del fields["f1"]
    wire.set("c/d", fields)


def nested(depth: int) -> Message:
    """Return an integer inside some maps."""
    return integer(1) if depth == 0 else mapping(a=nested(depth - 1))


@pytest.mark.parametrize(
    "value",
    [
        array(array(integer(1))),
        array(vector(1.0)),
        mapping(__reserved__=integer(1)),
        Value(map_value={"fields": {"": integer(1)}}),
        Value(),
        mapping(__type__=text("__vector__"), value=array(integer(1))),
        Value(geo_point_value={"latitude": 90.1}),
        Value(reference_value="no name"),
        moment(253_402_300_800),
        text("x" * (LARGEST_VALUE_BYTES + 1)),
        vector(),
        vector(1.0, math.nan),
        nested(21),
    ],
    ids=lambda value: str(value)[:30],
)
def test_impossible_value_is_refused(wire: Wire, refused: Callable, value: Message):
    """What Firestore cannot store is refused and leaves nothing behind."""
    with refused("INVALID_ARGUMENT"):
        wire.set("c/d", {"value": value})
    with refused("NOT_FOUND"):
        wire.get("c/d")


def test_deepest_value_is_stored(wire: Wire):
    """Twenty levels of maps are stored."""
    wire.set("c/d", {"value": nested(20)})
    assert wire.get("c/d").fields["value"] == nested(20)


def test_largest_document(wire: Wire, refused: Callable):
    """A document is limited to a mebibyte, counted by Firestore's rules."""
    rest = (1 << 20) - LARGEST_VALUE_BYTES
    # Name c/d: 2 + 2 + 16; fields "a" and "b": 2 each; the document 32; a string's end 1.
    room = rest - 20 - 4 - 32 - 1
    largest = Value(bytes_value=b"x" * LARGEST_VALUE_BYTES)
    wire.set("c/d", {"a": largest, "b": text("y" * room)})
    with refused("INVALID_ARGUMENT"):
        wire.set("c/d", {"a": largest, "b": text("y" * (room + 1))})


@pytest.mark.parametrize(
    "document_id", ["__id7__", "__id-9__", "a b%?#", "é😀", "__", "\0x", "~!@$^&*()", "x" * 1500]
)
def test_document_id_comes_back(wire: Wire, document_id: str):
    """Unusual document ids are kept and listed."""
    wire.set(f"c/{document_id}", {})
    assert wire.paths({"from_": [{"collection_id": "c"}]}) == [f"c/{document_id}"]
    assert wire.path(wire.get(f"c/{document_id}").name) == f"c/{document_id}"


@pytest.mark.parametrize(
    "path", ["c/..", "c/.", "c/__x__", "c/__idx__", "c//d", "c/d/e", "__c__/d"]
)
def test_impossible_name_is_refused(wire: Wire, refused: Callable, path: str):
    """Names that Firestore reserves or cannot have are refused."""
    with refused("INVALID_ARGUMENT"):
        wire.set(path, {})


def test_client_values_come_back(client: firestore.Client):
    """The real client reads its own kinds of values as it wrote them."""
    document = client.document("c/d")
    fields = {
        "reference": client.document("a/b"),
        "point": firestore.GeoPoint(1.5, -2.5),
        "vector": Vector([1.0, 2.0]),
        "bytes": b"\x00\xff",
        "nested": {"list": [None, {"deep": []}], "empty": {}},
    }
    document.set(fields)
    assert document.get().to_dict() == fields


def _names() -> st.SearchStrategy[str]:
    usual = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
    return usual.filter(lambda name: not (name.startswith("__") and name.endswith("__")))


def _leaves() -> st.SearchStrategy[Message]:
    texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
    doubles = st.integers(0, 2**64 - 1).map(lambda bits: struct.unpack("d", bits.to_bytes(8))[0])
    return st.one_of(
        st.just(Value(null_value=0)),
        st.booleans().map(lambda flag: Value(boolean_value=flag)),
        st.integers(-(2**63), 2**63 - 1).map(integer),
        doubles.map(lambda number: double(math.nan if math.isnan(number) else number or 0.0)),
        texts.map(text),
        st.binary(max_size=20).map(lambda content: Value(bytes_value=content)),
        st.builds(
            moment,
            st.integers(-62_135_596_800, 253_402_300_799),
            st.integers(0, 999_999).map(lambda micros: micros * 1000),
        ),
        st.builds(
            lambda latitude, longitude: Value(
                geo_point_value={"latitude": latitude, "longitude": longitude}
            ),
            st.floats(-90, 90),
            st.floats(-180, 180),
        ),
        st.lists(st.floats(allow_nan=False), min_size=1, max_size=3).map(
            lambda items: vector(*(item or 0.0 for item in items))
        ),
    )


def _maps(children: st.SearchStrategy[Message]) -> st.SearchStrategy[Message]:
    fields = st.dictionaries(_names(), children, max_size=3)
    return fields.map(lambda content: Value(map_value={"fields": content}))


def _deeper(children: st.SearchStrategy[Message]) -> st.SearchStrategy[Message]:
    # An array or a vector directly in an array is not allowed.
    items = children.filter(
        lambda item: not item.HasField("array_value") and "__type__" not in item.map_value.fields
    )
    return st.lists(items, max_size=3).map(lambda found: array(*found)) | _maps(children)


DOCUMENTS = st.dictionaries(_names(), st.recursive(_leaves(), _deeper, max_leaves=6), max_size=6)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(fields=DOCUMENTS)
def test_random_document_comes_back_exactly(wire: Wire, fields: dict[str, Message]):
    """A random document is read as it was written, bit for bit."""
    wire.set("c/d", fields)
    assert exact(wire.get("c/d")) == exact(wire.update("c/d", fields).update)


@emulator_gap("it takes requests of at most 4 MiB")
def test_largest_request(wire: Wire, refused: Callable):
    """A request of 9 MB is taken and one of 11 MB is refused."""
    block = {"value": text("x" * 1_000_000)}
    wire.commit(*(wire.update(f"c/{number}", block) for number in range(9)))
    with refused("INVALID_ARGUMENT"):
        wire.commit(*(wire.update(f"c/{number}", block) for number in range(11)))
