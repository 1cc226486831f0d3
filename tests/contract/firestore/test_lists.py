from collections.abc import Callable

import pytest
from google.cloud import firestore
from google.cloud.firestore_v1 import types

from tests.contract.firestore.gaps import emulator_gap
from tests.contract.firestore.wire import SERVICE, Wire, integer


def test_missing_documents_are_listed(client: firestore.Client):
    """Documents that have only subcollections are listed, but not found by queries."""
    client.document("c/missing/s/d/t/e").set({})
    client.document("c/there").set({})
    gone = client.document("c/gone/s/d")
    gone.set({})
    gone.delete()
    listed = {document.id for document in client.collection("c").list_documents()}
    assert listed == {"missing", "there"}
    assert [found.id for found in client.collection("c").stream()] == ["there"]
    assert [found.id for found in client.collection("c/missing/s").list_documents()] == ["d"]


def test_missing_documents_have_no_times(wire: Wire):
    """A missing document is listed with its name alone, and only when asked for."""
    wire.set("c/missing/s/d", {})
    ask = {"parent": wire.root, "collection_id": "c"}
    (document,) = wire.call("ListDocuments", show_missing=True, **ask).documents
    assert wire.path(document.name) == "c/missing"
    assert not document.HasField("create_time")
    assert not wire.call("ListDocuments", **ask).documents


def pages(wire: Wire, method: str, field: str, **request: object) -> list[list[object]]:
    """Return the pages of a list."""
    found: list[list[object]] = []
    token = ""
    while not found or token:
        answer = wire.call(method, page_token=token, **request)
        found.append(list(getattr(answer, field)))
        token = answer.next_page_token
    return found


def test_documents_in_pages(wire: Wire):
    """A list of documents comes in pages, each document once, in name order."""
    wire.commit(*(wire.update(f"c/{number:02}", {}) for number in range(7)))
    wire.set("c/045/s/d", {})
    ask = {"parent": wire.root, "collection_id": "c", "page_size": 3, "show_missing": True}
    found = pages(wire, "ListDocuments", "documents", **ask)
    names = [wire.path(document.name) for page in found for document in page]
    expected = ["00", "01", "02", "03", "04", "045", "05", "06"]
    assert names == [f"c/{number}" for number in expected]
    assert [len(page) for page in found] == [3, 3, 2]


def test_usual_page_is_small(wire: Wire):
    """Without a page size a page is smaller than a large collection."""
    paths = [f"c/{number:04}" for number in range(1100)]
    wire.commit(*(wire.update(path, {}) for path in paths))
    ask = {"parent": wire.root, "collection_id": "c"}
    assert len(wire.call("ListDocuments", **ask).documents) == 30
    found = pages(wire, "ListDocuments", "documents", page_size=300, **ask)
    assert [wire.path(document.name) for page in found for document in page] == paths
    assert wire.paths({"from_": [{"collection_id": "c"}]}) == paths


def test_collection_ids_in_pages(wire: Wire):
    """Collection ids come sorted and in pages; empty collections are not there."""
    for name in ("b", "a", "c", "a-b"):
        wire.set(f"{name}/d", {})
    wire.set("gone/d", {})
    wire.commit(wire.delete("gone/d"))
    wire.set("b/d/sub/e", {})
    found = pages(wire, "ListCollectionIds", "collection_ids", parent=wire.root, page_size=3)
    assert found == [["a", "a-b", "b"], ["c"]]
    below = wire.call("ListCollectionIds", parent=wire.name("b/d")).collection_ids
    assert list(below) == ["sub"]


def test_list_with_mask(wire: Wire):
    """A list returns only the fields of its mask, or none."""
    wire.set("c/d", {"a": integer(1), "b": integer(2)})
    ask = {"parent": wire.root, "collection_id": "c"}
    for paths, expected in ((["a"], ["a"]), (["__name__"], []), ([], [])):
        answer = wire.call("ListDocuments", mask={"field_paths": paths}, **ask)
        assert list(answer.documents[0].fields) == expected


@emulator_gap("it answers UNKNOWN for the second page")
def test_list_in_another_order(wire: Wire):
    """A list can be ordered by a field, in pages too."""
    for name, number in (("a", 2), ("b", 3), ("c", 1), ("d", 4)):
        wire.set(f"c/{name}", {"n": integer(number)})
    ask = {"parent": wire.root, "collection_id": "c", "order_by": "n desc", "page_size": 3}
    found = pages(wire, "ListDocuments", "documents", **ask)
    assert [[wire.path(item.name) for item in page] for page in found] == [
        ["c/d", "c/b", "c/a"],
        ["c/c"],
    ]


@pytest.mark.parametrize("more", [{"show_missing": True, "order_by": "n"}, {"page_token": "zz"}])
def test_impossible_list_is_refused(wire: Wire, refused: Callable, more: dict[str, object]):
    """Missing documents have no order, and a page token is not made up."""
    with refused("INVALID_ARGUMENT"):
        wire.call("ListDocuments", parent=wire.root, collection_id="c", **more)


@emulator_gap("it refuses descending scans of names")
def test_list_by_name_descending(wire: Wire):
    """A list can be ordered by name downwards."""
    wire.commit(wire.update("c/a", {}), wire.update("c/b", {}))
    answer = wire.call(
        "ListDocuments", parent=wire.root, collection_id="c", order_by="__name__ desc"
    )
    assert [wire.path(item.name) for item in answer.documents] == ["c/b", "c/a"]


def test_batch_get(wire: Wire):
    """Several documents are read at once, each once; missing ones are told."""
    wire.set("c/a", {})
    names = [wire.name("c/a"), wire.name("c/b"), wire.name("c/a")]
    answers = wire.stream("BatchGetDocuments", database=wire.database, documents=names)
    found = {(wire.path(item.found.name), wire.path(item.missing)) for item in answers}
    assert found == {("c/a", ""), ("", "c/b")}
    assert len(answers) == 2


def test_thousands_of_calls_at_once(wire: Wire):
    """However many calls a client has under way, every one is answered."""
    call = wire.channel.unary_unary(f"{SERVICE}/ListCollectionIds")
    request = types.ListCollectionIdsRequest.pb()(parent=wire.root).SerializeToString()
    waiting = [call.future(request, timeout=240, metadata=wire.metadata) for _ in range(5000)]
    answers = {future.result() for future in waiting}
    assert not any(
        types.ListCollectionIdsResponse.pb().FromString(answer).collection_ids for answer in answers
    )
