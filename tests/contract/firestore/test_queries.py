import math
from collections.abc import Callable

import pytest
from google.cloud import firestore
from google.cloud.firestore_v1.base_query import FieldFilter
from google.protobuf.message import Message

from tests.contract.firestore.gaps import emulator_gap
from tests.contract.firestore.wire import (
    Value,
    Wire,
    array,
    combined,
    double,
    integer,
    mapping,
    moment,
    ordered_by,
    text,
    vector,
    where,
    where_unary,
)

C = [{"collection_id": "c"}]
NULL = Value(null_value=0)
NAN = double(math.nan)
# In Firestore's order; ids break ties.
RANKED = {
    "null": NULL,
    "false": Value(boolean_value=False),
    "true": Value(boolean_value=True),
    "nan": NAN,
    "neginf": double(-math.inf),
    "zero-a": double(-0.0),
    "zero-b": integer(0),
    "zero-c": double(0.0),
    "one-a": double(1.0),
    "one-b": integer(1),
    "big-a": double(2.0**53),
    "big-b": integer(2**53 + 1),
    "time": moment(5, 1000),
    "text-a": text(""),
    "text-b": text("a"),
    "text-c": text("é"),
    "text-d": text("\uffff"),
    "text-e": text("😀"),
    "bytes": Value(bytes_value=b"\0"),
    "reference-a": Value(reference_value="projects/o/databases/d/documents/x/__id5__"),
    "reference-b": Value(reference_value="projects/o/databases/d/documents/x/a"),
    "point": Value(geo_point_value={"latitude": 1, "longitude": 2}),
    "array-a": array(),
    "array-b": array(integer(1), NULL),
    "array-c": array(integer(1), integer(2)),
    "vector-a": vector(5.0),
    "vector-b": vector(1.0, 2.0),
    "map-a": mapping(),
    "map-b": mapping(a=integer(1)),
    "map-c": mapping(b=integer(0)),
}
NUMBERS = {"neginf", "zero-a", "zero-b", "zero-c", "one-a", "one-b", "big-a", "big-b"}
ONES = {"one-a", "one-b"}

FILTERS = [
    (where("v", "EQUAL", integer(1)), ONES),
    (where("v", "EQUAL", double(-0.0)), {"zero-a", "zero-b", "zero-c"}),
    (where("v", "EQUAL", array(integer(1), integer(2))), {"array-c"}),
    (where("v", "EQUAL", mapping()), {"map-a"}),
    (where("v", "EQUAL", NULL), set()),
    (where("v", "EQUAL", NAN), set()),
    (where("v", "LESS_THAN", integer(1)), {"neginf", "zero-a", "zero-b", "zero-c"}),
    (where("v", "LESS_THAN_OR_EQUAL", integer(1)), NUMBERS - {"big-a", "big-b"}),
    (where("v", "GREATER_THAN", double(1.0)), {"big-a", "big-b"}),
    (where("v", "GREATER_THAN_OR_EQUAL", integer(2**53 + 1)), {"big-b"}),
    (where("v", "GREATER_THAN", text("a")), {"text-c", "text-d", "text-e"}),
    (where("v", "GREATER_THAN", array()), {"array-b", "array-c"}),
    (where("v", "GREATER_THAN", vector(1.0)), {"vector-a", "vector-b"}),
    (where("v", "NOT_EQUAL", integer(1)), set(RANKED) - ONES - {"null"}),
    (where("v", "IN", array(integer(1), NULL, text("a"))), {*ONES, "text-b"}),
    (where("v", "NOT_IN", array(integer(1))), set(RANKED) - ONES - {"null"}),
    (where("v", "NOT_IN", array(integer(1), NULL)), set()),
    (where("v", "ARRAY_CONTAINS", integer(1)), {"array-b", "array-c"}),
    (where("v", "ARRAY_CONTAINS_ANY", array(integer(2), integer(3))), {"array-c"}),
    (where_unary("v", "IS_NULL"), {"null"}),
    (where_unary("v", "IS_NAN"), {"nan"}),
    (where_unary("v", "IS_NOT_NULL"), set(RANKED) - {"null"}),
    (where_unary("v", "IS_NOT_NAN"), set(RANKED) - {"null", "nan"}),
    (
        combined("OR", where("v", "EQUAL", integer(1)), where("w", "EQUAL", integer(1))),
        {*ONES, "other"},
    ),
    (
        combined("AND", where("v", "GREATER_THAN", integer(0)), where_unary("w", "IS_NULL")),
        set(),
    ),
]


@pytest.fixture
def ranked(wire: Wire) -> Wire:
    """Return a database with a document of each rank, and one without the field."""
    writes = [wire.update(f"c/{name}", {"v": value}) for name, value in RANKED.items()]
    wire.commit(*reversed(writes), wire.update("c/other", {"w": integer(1)}))
    return wire


def ids(paths: list[str]) -> list[str]:
    """Return the last part of each path."""
    return [path.rpartition("/")[2] for path in paths]


def test_order_across_types(ranked: Wire):
    """Values of all types sort as Firestore documents it, both ways; a missing field is out."""
    assert ids(ranked.paths({"from_": C, "order_by": ordered_by("v")})) == list(RANKED)
    found = ids(ranked.paths({"from_": C, "order_by": ordered_by("-v", "-__name__")}))
    assert found == list(RANKED)[::-1]


@pytest.mark.parametrize(("condition", "expected"), FILTERS, ids=range(len(FILTERS)))
def test_filter(ranked: Wire, condition: dict[str, object], expected: set[str]):
    """Each operator matches the values that Firestore matches, and no others."""
    assert set(ids(ranked.paths({"from_": C, "where": condition}))) == expected


def test_inequality_orders_by_its_field(ranked: Wire):
    """Results of an inequality come in the order of its field."""
    found = ranked.paths({"from_": C, "where": where("v", "GREATER_THAN", integer(0))})
    assert ids(found) == ["one-a", "one-b", "big-a", "big-b"]


def test_inequality_of_names_comes_last(wire: Wire):
    """With inequalities of a field and of names, results come by the field, then by name."""
    for name, number in (("a", 3), ("b", 2), ("c", 1), ("d", 2)):
        wire.set(f"c/{name}", {"v": integer(number)})
    wire.set("c/without", {})
    after = where("__name__", "GREATER_THAN", Value(reference_value=wire.name("c/a")))
    either = combined("OR", after, where("v", "GREATER_THAN", integer(2)))
    for condition, expected in (
        (combined("AND", after, where("v", "GREATER_THAN", integer(0))), ["c", "b", "d"]),
        (either, ["c", "b", "d", "a"]),
    ):
        assert ids(wire.paths({"from_": C, "where": condition})) == expected


def cursor(*values: Message, before: bool) -> dict[str, object]:
    """Return a cursor."""
    return {"values": values, "before": before}


def test_cursors(ranked: Wire):
    """Cursors start and end at, before and after values, in both directions."""
    up = {"from_": C, "order_by": ordered_by("v")}
    one, big = integer(1), integer(2**53 + 1)
    bounds = {"start_at": cursor(one, before=True), "end_at": cursor(big, before=True)}
    assert ids(ranked.paths(up | bounds)) == ["one-a", "one-b", "big-a"]
    bounds = {"start_at": cursor(one, before=False), "end_at": cursor(big, before=False)}
    assert ids(ranked.paths(up | bounds)) == ["big-a", "big-b"]
    down = {"from_": C, "order_by": ordered_by("-v")}
    bounds = {"start_at": cursor(one, before=False), "end_at": cursor(NAN, before=True)}
    assert ids(ranked.paths(down | bounds)) == ["zero-c", "zero-b", "zero-a", "neginf"]


def test_offset_and_limit(ranked: Wire):
    """An offset skips results and counts them; a limit of zero gives none."""
    answers = ranked.query(
        {"from_": C, "order_by": ordered_by("v"), "offset": 3, "limit": {"value": 2}}
    )
    assert [answer.skipped_results for answer in answers] == [3, 0]
    assert ids([answer.document.name for answer in answers]) == ["nan", "neginf"]
    assert ranked.paths({"from_": C, "limit": {"value": 0}}) == []


@pytest.mark.parametrize(
    "bad",
    [
        {"limit": {"value": -1}},
        {"offset": -1},
        {"where": where("a..b", "EQUAL", integer(1))},
        {"where": where("a", "IN", array())},
        {"order_by": ordered_by("__name__"), "start_at": cursor(text("x"), before=True)},
        {"order_by": ordered_by("__name__", "v")},
        {"order_by": ordered_by("v", "v")},
        {"order_by": ordered_by("__name__"), "where": where("v", "GREATER_THAN", integer(0))},
        {"order_by": ordered_by("v"), "start_at": cursor(NULL, NULL, NULL, before=True)},
    ],
    ids=str,
)
def test_malformed_query_is_refused(ranked: Wire, refused: Callable, bad: dict[str, object]):
    """A query that Firestore refuses is refused."""
    with refused("INVALID_ARGUMENT"):
        ranked.query({"from_": C} | bad)


def test_projection(wire: Wire):
    """A query returns only the fields it selects, nested ones too, or none at all."""
    wire.set("c/d", {"a": mapping(b=integer(1), c=integer(2)), "e.f": integer(3)})
    select = {"fields": [{"field_path": "a.b"}, {"field_path": "`e.f`"}]}
    (answer,) = wire.query({"from_": C, "select": select})
    assert answer.document.fields["a"] == mapping(b=integer(1))
    assert answer.document.fields["e.f"] == integer(3)
    (answer,) = wire.query({"from_": C, "select": {"fields": [{"field_path": "__name__"}]}})
    assert (wire.path(answer.document.name), len(answer.document.fields)) == ("c/d", 0)
    assert answer.document.update_time.seconds


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


def test_aggregations(client: firestore.Client):
    """Counts, sums and averages are those of the documents that have the fields."""
    for number, value in enumerate([1, 2.5, "text", None]):
        client.document(f"c/{number}").set({"v": value})
    client.document("c/without").set({"w": 1})
    query = client.collection("c")
    assert query.count().get()[0][0].value == 5
    assert query.sum("v").get()[0][0].value == 3.5
    assert query.avg("v").get()[0][0].value == 1.75
    both = query.sum("w", alias="w").count(alias="n").get()[0]
    assert {item.alias: item.value for item in both} == {"w": 1, "n": 1}
    assert query.where(filter=FieldFilter("v", "==", 1)).count().get()[0][0].value == 1


def test_recursive_delete(client: firestore.Client):
    """The client deletes a document with everything below it, and nothing beside it."""
    for path in ("c/a", "c/a/s/b/t/d", "c/a/s/c", "c/ab", "c/b/s/c"):
        client.document(path).set({})
    assert client.recursive_delete(client.document("c/a")) == 3
    assert [found.id for found in client.collection("c").list_documents()] == ["ab", "b"]


def test_limit_to_last(client: firestore.Client):
    """The client's pages from the end come in order."""
    for number in range(5):
        client.document(f"c/{number}").set({"v": number})
    found = client.collection("c").order_by("v").limit_to_last(2).get()
    assert [document.get("v") for document in found] == [3, 4]


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
