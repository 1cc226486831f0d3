from collections.abc import Callable

import pytest
from google.cloud import firestore

from tests.contract.firestore.gaps import emulator_gap
from tests.contract.firestore.wire import (
    Value,
    Wire,
    array,
    combined,
    cursor,
    integer,
    ordered_by,
    where,
)

C = [{"collection_id": "c"}]
# In name order: segment by segment, numeric ids first.
TREE = [
    "c/__id-3__",
    "c/__id7__",
    "c/__id10__",
    "c/a",
    "c/a/c/b",
    "c/a/sub/x",
    "c/a!",
    "c/missing/sub/x",
    "c-b/q",
    "d/z/c/b",
]


@pytest.fixture
def tree(wire: Wire) -> Wire:
    """Return a database with nested collections."""
    wire.commit(*(wire.update(path, {"v": integer(1)}) for path in reversed(TREE)))
    return wire


def test_whole_database_in_one_query(tree: Wire):
    """A query without a collection returns every document at every depth, in name order."""
    everything = [{"all_descendants": True}]
    assert tree.paths({"from_": everything}) == TREE
    assert tree.paths({"from_": everything}, "c/a") == ["c/a/c/b", "c/a/sub/x"]
    start = cursor(Value(reference_value=tree.name("c/a")), before=False)
    named = {"from_": everything, "order_by": ordered_by("__name__"), "start_at": start}
    assert tree.paths(named | {"limit": {"value": 3}}) == TREE[4:7]


def test_kindless_query_refuses_filters(tree: Wire, refused: Callable):
    """A query without a collection can be filtered and ordered only by name."""
    everything = [{"all_descendants": True}]
    for more in ({"where": where("v", "EQUAL", integer(1))}, {"order_by": ordered_by("v")}):
        with refused("INVALID_ARGUMENT"):
            tree.query({"from_": everything} | more)


def test_collection_group(tree: Wire):
    """A collection group has the documents of all collections of one id, in name order."""
    group = [{"collection_id": "c", "all_descendants": True}]
    expected = [path for path in TREE if path.split("/")[-2] == "c"]
    assert tree.paths({"from_": group}) == expected
    start = cursor(Value(reference_value=tree.name("c/a/c/b")), before=True)
    query = {"from_": group, "order_by": ordered_by("__name__"), "start_at": start}
    assert tree.paths(query) == ["c/a/c/b", "c/a!", "d/z/c/b"]
    sub = [{"collection_id": "sub", "all_descendants": True}]
    assert tree.paths({"from_": sub}) == ["c/a/sub/x", "c/missing/sub/x"]


def test_names_filter(tree: Wire):
    """Documents are found by name: equal, in a range, in a list."""
    at = Value(reference_value=tree.name("c/a"))
    after = where("__name__", "GREATER_THAN", at)
    assert tree.paths({"from_": C, "where": after}) == ["c/a!"]
    upto = where("__name__", "LESS_THAN_OR_EQUAL", at)
    assert tree.paths({"from_": C, "where": upto}) == TREE[:4]
    assert tree.paths({"from_": C, "where": where("__name__", "EQUAL", at)}) == ["c/a"]
    listed = where("__name__", "IN", array(at, Value(reference_value=tree.name("c/x"))))
    assert tree.paths({"from_": C, "where": listed}) == ["c/a"]


@emulator_gap("it refuses descending scans of names")
def test_names_descend(tree: Wire):
    """Names can be ordered downwards."""
    found = tree.paths({"from_": C, "order_by": ordered_by("-__name__")})
    assert found == ["c/a!", "c/a", "c/__id10__", "c/__id7__", "c/__id-3__"]
    many = [f"many/{number:04}" for number in range(1100)]
    tree.commit(*(tree.update(path, {}) for path in many))
    query = {"from_": [{"collection_id": "many"}], "order_by": ordered_by("-__name__")}
    assert tree.paths(query) == many[::-1]


def test_inequality_of_names_comes_last(wire: Wire):
    """With inequalities of a field and of names, results come by the field, then by name."""
    for name, number in (("a", 3), ("b", 2), ("c", 1), ("d", 2)):
        wire.set(f"c/{name}", {"v": integer(number)})
    wire.set("c/without", {})
    after = where("__name__", "GREATER_THAN", Value(reference_value=wire.name("c/a")))
    either = combined("OR", after, where("v", "GREATER_THAN", integer(2)))
    for condition, expected in (
        (combined("AND", after, where("v", "GREATER_THAN", integer(0))), ["c/c", "c/b", "c/d"]),
        (either, ["c/c", "c/b", "c/d", "c/a"]),
    ):
        assert wire.paths({"from_": C, "where": condition}) == expected


def test_recursive_delete(client: firestore.Client):
    """The client deletes a document with everything below it, and nothing beside it."""
    for path in ("c/a", "c/a/s/b/t/d", "c/a/s/c", "c/ab", "c/b/s/c"):
        client.document(path).set({})
    assert client.recursive_delete(client.document("c/a")) == 3
    assert [found.id for found in client.collection("c").list_documents()] == ["ab", "b"]


@emulator_gap("PartitionQuery answers 501")
def test_partitions_cover_everything_once(client: firestore.Client):
    """The partitions of a collection group have every document exactly once."""
    batch = client.batch()
    for number in range(100):
        batch.set(client.document(f"a/{number % 7}/c/{number}"), {"v": number})
    batch.commit()
    partitions = list(client.collection_group("c").get_partitions(4))
    found = [document.get("v") for part in partitions for document in part.query().stream()]
    assert len(partitions) == 5
    assert sorted(found) == list(range(100))
