from typing import Any

import pytest
from google.cloud.firestore_v1 import types

from manifests.documents import DocumentRecord
from recovery.compare.documents import joined
from recovery.firestore.values import (
    differing_fields,
    refers,
    rewritten,
    same_content,
    to_bytes,
)

type Value = dict[str, Any]
_DOCUMENT: Any = types.Document.pb()

ZERO = {"doubleValue": 0.0}
MINUS_ZERO = {"doubleValue": -0.0}
PLACE = {"geoPointValue": {"latitude": -0.0, "longitude": 5}}
PLAIN_PLACE = {"geoPointValue": {"latitude": 0.0, "longitude": 5}}


def inside(value: Value) -> Value:
    """Return a value deep in maps and arrays."""
    items = {"arrayValue": {"values": [{"nullValue": None}, value]}}
    return {"mapValue": {"fields": {"b": items, "a": {"integerValue": "1"}}}}


@pytest.mark.parametrize(
    ("was", "now"),
    [(MINUS_ZERO, ZERO), (inside(MINUS_ZERO), inside(ZERO)), (PLACE, PLAIN_PLACE)],
    ids=["plain", "inside", "place"],
)
def test_sign_of_a_zero_is_no_difference(was: Value, now: Value):
    """What Firestore does not keep is not asked of it, on either side."""
    left, right = to_bytes({"v": was}), to_bytes({"v": now})
    assert left != right
    assert same_content(left, right)
    assert same_content(right, left)
    assert differing_fields(left, right) == ()
    records = [DocumentRecord("c/d", fields, 0, 0) for fields in (left, right)]
    (pair,) = joined(records[:1], records[1:], recovery_point_nanos=1, same=same_content)
    assert pair.state == "equal"


@pytest.mark.parametrize(
    ("was", "now"),
    [
        (MINUS_ZERO, {"integerValue": "0"}),
        (MINUS_ZERO, {"nullValue": None}),
        (inside(MINUS_ZERO), inside({"doubleValue": 5e-324})),
        ({"doubleValue": "NaN"}, ZERO),
        ({"bytesValue": "AAAAAAAAAIA="}, {"bytesValue": "AAAAAAAAAAA="}),
    ],
    ids=["integer", "null", "smallest", "nan", "bytes that look alike"],
)
def test_other_differences_are_seen(was: Value, now: Value):
    """Nothing but the sign of a zero is let pass."""
    left, right = to_bytes({"v": was}), to_bytes({"v": now})
    assert not same_content(left, right)
    assert not same_content(right, left)
    assert differing_fields(left, right) == ("v",)


def test_missing_field_is_a_difference():
    """A field that only one side has is named, whatever zeros there are."""
    left, right = to_bytes({"v": MINUS_ZERO, "w": ZERO}), to_bytes({"v": ZERO})
    assert not same_content(left, right)
    assert differing_fields(left, right) == ("w",)


def test_references_of_a_copy_point_at_the_copy():
    """Wherever they are, and only those into the original database; nothing else changes."""
    original, copy = "projects/p/databases/d", "projects/q/databases/e"

    def fields(database: str) -> bytes:
        into = {"referenceValue": f"{database}/documents/a/b"}
        values = {
            "plain": into,
            "inside": inside(into),
            "text": {"stringValue": f"{original}/documents/a/b"},
            "elsewhere": {"referenceValue": f"{original}2/documents/a/b"},
            "nan": {"doubleValue": "NaN"},
        }
        return to_bytes(values)

    assert rewritten(fields(original), original, copy) == fields(copy)
    assert refers(fields(original), original)
    assert not refers(fields(copy), original)
    assert not refers(to_bytes({"v": ZERO}), original)


def test_a_type_of_value_of_tomorrow():
    """What no client of Firestore knows is kept, compared and written as it came."""
    young = b"\x9a\x06\x03abc"  # the field 99 of a value, three bytes long
    document = _DOCUMENT()
    document.fields["young"].MergeFromString(young)
    document.fields["own"].reference_value = "projects/p/databases/d/documents/a/b"
    content = document.SerializeToString(deterministic=True)
    assert young in content
    copied = rewritten(content, "projects/p/databases/d", "projects/p/databases/e")
    assert young in copied
    assert differing_fields(content, copied) == ("own",)
    assert differing_fields(content, content.replace(b"abc", b"abd")) == ("young",)
    assert not same_content(content, content.replace(b"abc", b"abd"))
