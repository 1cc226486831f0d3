import math
from collections.abc import Callable

import pytest
from google.cloud import firestore
from google.cloud.firestore_v1.base_query import FieldFilter

from tests.contract import real
from tests.contract.firestore.wire import (
    Value,
    Wire,
    array,
    combined,
    cursor,
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
    pytest.param(
        combined("AND", where("v", "GREATER_THAN", integer(0)), where_unary("w", "IS_NULL")),
        set(),
        marks=real.local_only(real.INDEX),
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


def test_sum_of_a_limited_query(client: firestore.Client):
    """A sum or an average implies the order of its field, which decides what a limit leaves."""
    for number in range(5):
        client.document(f"c/{number}").set({"v": 10 - number})
    client.document("c/0-without").set({"w": 1})
    limited = client.collection("c").limit(2)
    assert limited.sum("v").get()[0][0].value == 6 + 7
    assert limited.avg("v").get()[0][0].value == 6.5
    both = limited.sum("v", alias="v").sum("w", alias="w").get()[0]
    assert {item.alias: item.value for item in both} == {"v": 0, "w": 0}


@pytest.mark.parametrize(
    "aggregations",
    [[], [{"alias": "n", "count": {}}, {"alias": "n", "count": {"up_to": {"value": 1}}}], [{}]],
    ids=["none", "doubled", "no operator"],
)
def test_impossible_aggregations(wire: Wire, refused: Callable, aggregations: list[object]):
    """No aggregation at all, two of one name, and one that does nothing are refused."""
    query = {"structured_query": {"from_": C}, "aggregations": aggregations}
    with refused("INVALID_ARGUMENT"):
        wire.stream("RunAggregationQuery", parent=wire.root, structured_aggregation_query=query)


def test_limit_to_last(client: firestore.Client):
    """The client's pages from the end come in order."""
    for number in range(5):
        client.document(f"c/{number}").set({"v": number})
    found = client.collection("c").order_by("v").limit_to_last(2).get()
    assert [document.get("v") for document in found] == [3, 4]
