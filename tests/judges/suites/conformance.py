"""Google's conformance files of Firestore's clients: the requests they prescribe, sent for real.

The files say what a client sends when it is asked for something. Each request is sent to the stand-in,
where there is nothing and where there is a document already, and has to do what the documentation
says of it (Firestore RPC, Write); where Google's emulator is there, it has to answer the same.
"""

import copy
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import grpc
import pytest
from google.cloud.firestore_v1.field_path import FieldPath
from google.cloud.firestore_v1.types import CommitRequest, RunQueryRequest
from google.protobuf.json_format import MessageToDict, ParseDict

from tests.contract.firestore import parts
from tests.contract.firestore.parts import Service
from tests.contract.firestore.wire import Wire
from tests.judges.suites.archives import source

type Json = dict[str, Any]

FILES = source("google-cloud-firestore") / "tests" / "unit" / "v1" / "testdata"
DATABASE = "projects/projectID/databases/(default)"
DOCUMENT = "C/d"
WRITES = ("create", "set", "update", "updatePaths", "delete")
NUMBERS = [{"integerValue": str(number)} for number in (1, 4, 1)]
BEFORE: Json = {
    "a": {"mapValue": {"fields": {"b": {"integerValue": "9"}, "x": {"nullValue": None}}}},
    "b": {"arrayValue": {"values": NUMBERS}},
    "c": {"stringValue": "é"},
    "kept": {"doubleValue": 0.5},
}
QUERIED: dict[str, Json] = {
    "C/D": {"a": {"integerValue": "7"}, "b": {"integerValue": "8"}},
    "C/none": {"z": {"booleanValue": True}},
    "C/null": {"a": {"nullValue": None}},
    "C/nan": {"a": {"doubleValue": "NaN"}, "b": {"integerValue": "1"}},
    "C/list": {"a": {"arrayValue": {"values": NUMBERS}}},
    "C/text": {"a": {"stringValue": "x"}, "b": {"stringValue": "y"}},
    **{
        f"C/{a}{b}": {"a": {"integerValue": str(a)}, "b": {"integerValue": str(b)}}
        for a in range(1, 9)
        for b in (1, 8, 9)
    },
}


class Case(NamedTuple):
    """What a client sends.

    Attributes:
        kind: What it is asked for.
        request: What it sends, as JSON.
    """

    kind: str
    request: Json


class Outcome(NamedTuple):
    """What became of a write.

    Attributes:
        status: The status of the answer.
        fields: The document afterwards, None when there is none; every time is the same.
    """

    status: str
    fields: Json | None


def cases() -> Iterator[Any]:
    """Yield what is sent, with the names of the files."""
    for path in sorted(FILES.glob("*.json")):
        for test in json.loads(path.read_text())["tests"]:
            kind = next(name for name in (*WRITES, "query", "get", "listen") if name in test)
            request = test[kind].get("query" if kind == "query" else "request")
            if kind in (*WRITES, "query") and request and not test[kind].get("isError"):
                yield pytest.param(Case(kind, request), id=path.stem)


CASES = list(cases())


@pytest.fixture(scope="module")
def standin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Run the stand-in."""
    with parts.standin(tmp_path_factory.mktemp("firestore")) as service:
        yield service


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service | None]:
    """Run Google's emulator, where it is."""
    if parts.emulator_missing():
        yield None
        return
    with parts.emulator(tmp_path_factory.mktemp("emulator") / "log") as service:
        yield service


@pytest.mark.parametrize("exists", [False, True])
@pytest.mark.parametrize("case", [it for it in CASES if it.values[0].kind != "query"])
def test_a_write_does_what_it_says(
    standin: Service, emulator: Service | None, case: Case, *, exists: bool
):
    """A document is replaced or changed by its mask, transformed, and guarded by preconditions."""
    before = BEFORE if exists else None
    found = written(standin, case, before)
    assert found == expected(case, before)
    if emulator is not None:
        assert found == written(emulator, case, before)


@pytest.mark.parametrize("case", [it for it in CASES if it.values[0].kind == "query"])
def test_a_query_finds_the_same(standin: Service, emulator: Service | None, case: Case):
    """Filters, orders, cursors and selections give the emulator's documents, in its order."""
    found = queried(standin, case)
    assert all(name in QUERIED for name, _ in found)
    if emulator is not None:
        assert found == queried(emulator, case)


def written(service: Service, case: Case, before: Json | None) -> Outcome:
    """Send a write to a new database that has a document or none."""
    wire = Wire(service.host)
    try:
        if before is not None:
            store(wire, {DOCUMENT: before})
        request = ParseDict(renamed(case.request, wire), CommitRequest.pb()())
        status = "OK"
        try:
            wire.commit(*request.writes)
        except grpc.RpcError as error:
            status = error.code().name
        return Outcome(status, fields_of(wire))
    finally:
        wire.channel.close()


def queried(service: Service, case: Case) -> list[tuple[str, Json]]:
    """Send a query to a new database with documents, and return what it finds."""
    wire = Wire(service.host)
    try:
        store(wire, QUERIED)
        request = {"structuredQuery": renamed(case.request, wire)}
        query = ParseDict(request, RunQueryRequest.pb()()).structured_query
        answers = wire.stream("RunQuery", parent=wire.root, structured_query=query)
        found = [answer.document for answer in answers if answer.document.name]
        return [(wire.path(it.name), MessageToDict(it).get("fields", {})) for it in found]
    finally:
        wire.channel.close()


def store(wire: Wire, documents: dict[str, Json]) -> None:
    """Write documents."""
    writes = [
        {"update": {"name": wire.name(path), "fields": fields}}
        for path, fields in documents.items()
    ]
    request = ParseDict({"writes": writes}, CommitRequest.pb()())
    wire.commit(*request.writes)


def renamed(request: Json, wire: Wire) -> Json:
    """Return a request to the database that there is."""
    changed: Json = json.loads(json.dumps(request).replace(DATABASE, wire.database))
    return changed


def fields_of(wire: Wire) -> Json | None:
    """Return the document that is there."""
    try:
        return plain(MessageToDict(wire.get(DOCUMENT)).get("fields", {}))
    except grpc.RpcError as error:
        if error.code() is not grpc.StatusCode.NOT_FOUND:
            raise
        return None


def expected(case: Case, before: Json | None) -> Outcome:
    """Return what a write does, by the documentation."""
    fields = before
    for write in case.request["writes"]:
        guard = write.get("currentDocument", {})
        if "updateTime" in guard:
            # A document of that time was never there.
            return Outcome("FAILED_PRECONDITION", plain(before))
        if guard.get("exists", fields is not None) is not (fields is not None):
            status = "NOT_FOUND" if fields is None else "ALREADY_EXISTS"
            return Outcome(status, plain(before))
        fields = None if "delete" in write else changed_by(write, fields or {})
    return Outcome("OK", plain(fields))


def changed_by(write: Json, before: Json) -> Json:
    """Return a document after an update and its transforms."""
    update = write["update"].get("fields", {})
    fields = copy.deepcopy(before if "updateMask" in write else update)
    for path in write.get("updateMask", {}).get("fieldPaths", []):
        put(fields, path, at(update, path))
    for transform in write.get("updateTransforms", []):
        path = transform["fieldPath"]
        present = (at(fields, path) or {}).get("arrayValue", {}).get("values", [])
        if "appendMissingElements" in transform:
            added = transform["appendMissingElements"]["values"]
            values = [*present, *(value for value in added if value not in present)]
            put(fields, path, {"arrayValue": {"values": values}})
        elif "removeAllFromArray" in transform:
            removed = transform["removeAllFromArray"]["values"]
            values = [value for value in present if value not in removed]
            put(fields, path, {"arrayValue": {"values": values}})
        else:
            put(fields, path, {"timestampValue": ""})
    return fields


def at(fields: Json, path: str) -> Json | None:
    """Return the value at a path, or None."""
    *outer, last = FieldPath.from_api_repr(path).parts
    for name in outer:
        fields = fields.get(name, {}).get("mapValue", {}).get("fields", {})
    return fields.get(last)


def put(fields: Json, path: str, value: Json | None) -> None:
    """Set the value at a path, or remove it."""
    *outer, last = FieldPath.from_api_repr(path).parts
    for name in outer:
        if value is None and "mapValue" not in fields.get(name, {}):
            return
        inner = fields.setdefault(name, {})
        if "mapValue" not in inner:
            fields[name] = inner = {"mapValue": {}}
        fields = inner["mapValue"].setdefault("fields", {})
    if value is None:
        fields.pop(last, None)
    else:
        fields[last] = copy.deepcopy(value)


def plain(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Return JSON in which an empty list or map is nothing, and every time is the same."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "timestampValue" in value:
        return {"timestampValue": ""}
    return {
        name: plain(item)
        for name, item in value.items()
        if not (name in ("fields", "values") and not item)
    }
