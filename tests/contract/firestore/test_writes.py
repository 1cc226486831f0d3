import math
from collections.abc import Callable

import pytest
from google.api_core import exceptions
from google.cloud import firestore
from google.cloud.firestore_v1 import types
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from tests.contract import real
from tests.contract.firestore.wire import (
    Value,
    Wire,
    Write,
    array,
    double,
    integer,
    mapping,
    moment,
    text,
)

ServerValue = types.DocumentTransform.FieldTransform.ServerValue
NAN = double(math.nan)


def test_client_writes(client: firestore.Client):
    """The real client creates, sets, merges, updates and deletes."""
    document = client.document("c/d")
    document.create({"a": 1, "m": {"x": 1, "y": 2}})
    with pytest.raises(exceptions.AlreadyExists):
        document.create({})
    document.set({"m": {"x": 3}}, merge=True)
    document.update({"m.y": firestore.DELETE_FIELD, "n.new": 5})
    assert document.get().to_dict() == {"a": 1, "m": {"x": 3}, "n": {"new": 5}}
    document.set({"b": 2})
    assert document.get().to_dict() == {"b": 2}
    document.delete()
    assert not document.get().exists
    with pytest.raises(exceptions.NotFound):
        document.update({"a": 1})


def test_create_makes_an_id(client: firestore.Client):
    """A document added without an id gets one."""
    _, document = client.collection("c").add({"a": 1})
    assert len(document.id) == 20
    assert document.get().to_dict() == {"a": 1}


def test_update_mask(wire: Wire):
    """A mask writes the fields it names, removes those without a value, leaves the rest."""
    wire.set("c/d", {"a.b": integer(1), "`": integer(2), "keep": integer(3), "gone": integer(4)})
    mask = {"field_paths": ["`a.b`", "`\\``", "gone", "deep.er"]}
    fields = {"a.b": integer(5), "`": integer(6), "deep": mapping(er=integer(7))}
    wire.commit(wire.update("c/d", fields, update_mask=mask))
    expected = fields | {"keep": integer(3)}
    assert dict(wire.get("c/d").fields) == expected


def test_times(wire: Wire):
    """A document keeps its creation time, and its update time when nothing changed."""
    created = wire.set("c/d", {"a": integer(1)})
    again = wire.commit(wire.update("c/d", {"a": integer(1)}))
    assert again.write_results[0].update_time == created
    updated = wire.set("c/d", {"a": double(1.0)})
    document = wire.get("c/d")
    assert (document.create_time, document.update_time) == (created, updated)
    wire.commit(wire.delete("c/d"))
    recreated = wire.set("c/d", {})
    assert wire.get("c/d").create_time == recreated


def condition(**precondition: object) -> dict[str, object]:
    """Return the part of a write that is its precondition."""
    return {"current_document": precondition}


LONG_AGO = Timestamp(seconds=1)
NOT_YET = Timestamp(seconds=4_000_000_000)


@pytest.mark.parametrize(
    ("path", "precondition", "code"),
    [
        ("c/there", {"exists": False}, "ALREADY_EXISTS"),
        ("c/none", {"exists": True}, "NOT_FOUND"),
        ("c/there", {"update_time": LONG_AGO}, "FAILED_PRECONDITION"),
        ("c/none", {"update_time": LONG_AGO}, "FAILED_PRECONDITION"),
        ("c/there", {"update_time": NOT_YET}, "INVALID_ARGUMENT"),
        ("c/none", {"update_time": NOT_YET}, "FAILED_PRECONDITION"),
    ],
)
def test_precondition_that_fails(
    wire: Wire, refused: Callable, path: str, precondition: dict[str, object], code: str
):
    """A write whose precondition fails is refused, and with it the whole commit."""
    wire.set("c/there", {})
    for write in (
        wire.update(path, {"a": integer(1)}, **condition(**precondition)),
        wire.delete(path, **condition(**precondition)),
    ):
        with refused(code):
            wire.commit(wire.update("c/other", {}), write)
    assert wire.paths({"from_": [{"collection_id": "c"}]}) == ["c/there"]


def test_precondition_that_holds(wire: Wire):
    """A write whose precondition holds is done."""
    wire.commit(wire.update("c/d", {}, **condition(exists=False)))
    written = wire.get("c/d").update_time
    wire.commit(wire.update("c/d", {"a": integer(1)}, **condition(update_time=written)))
    wire.commit(wire.delete("c/d", **condition(exists=True)))
    assert wire.paths({"from_": [{"collection_id": "c"}]}) == []


TRANSFORMS = [
    ({"increment": integer(2)}, integer(1), integer(3)),
    ({"increment": integer(2)}, None, integer(2)),
    ({"increment": integer(2)}, text("a"), integer(2)),
    ({"increment": integer(2)}, integer(2**63 - 1), integer(2**63 - 1)),
    ({"increment": integer(-2)}, integer(-(2**63)), integer(-(2**63))),
    ({"increment": double(2.5)}, integer(1), double(3.5)),
    ({"maximum": integer(2)}, integer(1), integer(2)),
    ({"maximum": double(1.0)}, integer(1), integer(1)),
    ({"maximum": integer(1)}, NAN, NAN),
    ({"minimum": integer(2)}, double(1.5), double(1.5)),
    ({"minimum": NAN}, integer(1), NAN),
    (
        {"append_missing_elements": {"values": [double(1.0), integer(3), integer(3)]}},
        array(integer(1), integer(2), integer(2)),
        array(integer(1), integer(2), integer(2), integer(3)),
    ),
    ({"append_missing_elements": {"values": [integer(1)]}}, text("x"), array(integer(1))),
    (
        {"remove_all_from_array": {"values": [double(1.0)]}},
        array(integer(1), integer(2), integer(1)),
        array(integer(2)),
    ),
]


@pytest.mark.parametrize(("transform", "before", "after"), TRANSFORMS, ids=range(len(TRANSFORMS)))
def test_transform(wire: Wire, transform: dict[str, object], before: Message, after: Message):
    """A transform computes what Firestore computes."""
    wire.set("c/d", {"v": before} if before else {})
    transforms = [{"field_path": "v", **transform}]
    mask = {"field_paths": []}
    write = wire.update("c/d", {}, update_mask=mask, update_transforms=transforms)
    (result,) = wire.commit(write).write_results
    stored = wire.get("c/d").fields["v"]
    assert stored.SerializeToString() == after.SerializeToString()
    is_array = after.HasField("array_value")
    shown = Value(null_value=0) if is_array else after
    assert result.transform_results[0].SerializeToString() == shown.SerializeToString()


def test_server_timestamp(wire: Wire):
    """The server's time is the commit's, in milliseconds, the same in every document."""
    now = [{"field_path": "a.at", "set_to_server_value": ServerValue.REQUEST_TIME}]
    committed = wire.commit(
        *(wire.update(path, {}, update_transforms=now) for path in ("c/a", "c/b"))
    )
    first, second = (wire.get(path).fields["a"].map_value.fields["at"] for path in ("c/a", "c/b"))
    assert first == second == committed.write_results[0].transform_results[0]
    assert first.timestamp_value.nanos % 1_000_000 == 0
    assert (
        0 <= committed.commit_time.ToMicroseconds() - first.timestamp_value.ToMicroseconds() < 1e6
    )


def test_writes_of_one_commit_see_each_other(wire: Wire):
    """Several writes to one document in a commit apply in order."""
    more = [{"field_path": "n", "increment": integer(1)}]
    step = wire.update("c/d", {}, update_mask={}, update_transforms=more)
    wire.commit(wire.update("c/d", {"n": integer(1)}), step, step)
    assert wire.get("c/d").fields["n"] == integer(3)


def test_verify(wire: Wire, refused: Callable):
    """A write can verify a document without changing it; the published messages lack it."""
    written = wire.set("c/d", {})
    name = wire.name("c/d").encode()
    verify = bytes([5 << 3 | 2, len(name)]) + name
    for exists in (True, False):
        write = Write.FromString(verify + Write(**condition(exists=exists)).SerializeToString())
        if exists:
            wire.commit(write)
        else:
            with refused("ALREADY_EXISTS"):
                wire.commit(write)
    assert wire.get("c/d").update_time == written


def test_batch_write_tells_each_status(wire: Wire):
    """A batch does each write by itself and tells each one's status."""
    wire.set("c/there", {})
    answer = wire.call(
        "BatchWrite",
        database=wire.database,
        writes=[
            wire.update("c/new", {"a": integer(1)}),
            wire.update("c/there", {}, **condition(exists=False)),
            wire.delete("c/none", **condition(exists=True)),
        ],
    )
    assert [status.code for status in answer.status] == [0, 6, 5]
    assert answer.write_results[0].update_time == wire.get("c/new").update_time


def test_batch_write_refuses_one_document_twice(wire: Wire, refused: Callable):
    """A batch must not write to one document twice."""
    with refused("INVALID_ARGUMENT"):
        wire.call(
            "BatchWrite",
            database=wire.database,
            writes=[wire.update("c/d", {}), wire.delete("c/d")],
        )


def test_bulk_writer(client: firestore.Client):
    """The client's bulk writer writes everything."""
    writer = client.bulk_writer()
    for number in range(50):
        writer.set(client.document(f"c/{number}"), {"at": firestore.SERVER_TIMESTAMP})
    writer.close()
    assert client.collection("c").count().get()[0][0].value == 50


@real.local_only(real.OTHER_PROJECT)
def test_databases_are_apart(wire: Wire):
    """Databases and projects share nothing."""
    databases = (wire, Wire(wire.channel, "other", wire.project), Wire(wire.channel, "other"))
    for number, one in enumerate(databases):
        one.set("c/d", {"n": integer(number)})
    assert [one.get("c/d").fields["n"].integer_value for one in databases] == [0, 1, 2]


def test_malformed_writes_are_refused(wire: Wire, refused: Callable):
    """Writes without an operation, or with a malformed mask, are refused."""
    for write in (
        Write(current_document={"exists": True}),
        wire.update("c/d", {}, update_mask={"field_paths": ["a-b"]}),
        wire.update("c/d", {}, update_transforms=[{"field_path": "v", "increment": text("1")}]),
        wire.update("c/d", {"t": moment(1)}, update_transforms=[{"field_path": "v"}]),
    ):
        with refused("INVALID_ARGUMENT"):
            wire.commit(write)
