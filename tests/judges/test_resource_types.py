"""The table of resource types against Google's discovery documents."""

from typing import Any

import pytest

from manifests.kinds.resources.table import TYPES
from manifests.kinds.resources.types import ResourceType
from recovery.kinds.resources.rules.creation import changed
from tests.judges.resource_fields import (
    OUTPUT_ONLY,
    as_text,
    collection_of,
    document,
    flat_path,
    methods,
    output_only,
    schema_name,
)

OTHER_LABELS = {"monitoring/channel": {"labels"}}
"""Fields that are called so and say something else: where a channel sends to."""
PAUSED = [kind for kind in TYPES if kind.pauses]


def named(kinds: list[ResourceType]) -> Any:  # noqa: ANN401 - what pytest makes
    """Run a test for each type, called after it."""
    return pytest.mark.parametrize("kind", kinds, ids=[kind.name for kind in kinds])


def calls(kind: ResourceType) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the methods of a type's API by verb and path."""
    return {
        (item["httpMethod"], flat_path(kind, item)): dict(item) for item in methods(document(kind))
    }


def one_of(kind: ResourceType) -> str:
    """Return the path of one resource, with nothing in its braces."""
    return f"{collection_of(kind)}/{{}}"


def schema(kind: ResourceType) -> dict[str, Any]:
    """Return the fields of a type by name."""
    return dict(document(kind)["schemas"][schema_name(kind)]["properties"])


def test_the_list_of_output_only_fields_is_the_documents():
    """`python -m tests.judges.resource_fields` writes it again."""
    assert OUTPUT_ONLY.read_text(encoding="utf-8") == as_text(output_only())


@named(list(TYPES))
def test_a_type_is_listed_read_and_made_as_the_document_says(kind: ResourceType):
    """A misspelt path, parameter or field of the table is found here."""
    found = calls(kind)
    listed = found["GET", collection_of(kind)]
    assert listed["parameters"].keys() >= kind.query.keys()
    assert ("pageSize" in listed["parameters"]) == kind.is_paged
    assert ("GET", one_of(kind)) in found
    if kind.naming == "given":
        return
    assert (("POST", f"{one_of(kind)}:undelete") in found) == bool(kind.undeleted_by)
    if kind.naming == "enabled":
        assert ("POST", f"{one_of(kind)}:enable") in found
        return
    if kind.naming == "path":
        assert ("PUT", one_of(kind)) in found
        return
    made = found["POST", collection_of(kind)]
    request = document(kind)["schemas"][made["request"]["$ref"]]["properties"]
    if kind.wrapper:
        assert {kind.wrapper, kind.parameter} <= request.keys()
    elif kind.naming == "parameter":
        assert kind.parameter in made["parameters"]
    else:
        assert not kind.key or kind.key in request


@named(list(TYPES))
def test_the_labels_of_a_type_are_where_the_document_says(kind: ResourceType):
    """A type whose API has labels, which are texts by any name, has them here."""
    texts = {"type": "string"}
    of = {name for name, it in schema(kind).items() if it.get("additionalProperties") == texts}
    assert of & {"labels", "userLabels"} - OTHER_LABELS.get(kind.name, set()) == {kind.labels} - {
        ""
    }


@named(list(TYPES))
def test_the_policy_of_a_type_is_read_as_the_document_says(kind: ResourceType):
    """A type whose API has policies has them here."""
    found = calls(kind)
    verbs = [verb for verb, path in found if path == f"{one_of(kind)}:getIamPolicy"]
    assert verbs == ([kind.policy] if kind.policy else [])
    for verb in verbs:
        method = found[verb, f"{one_of(kind)}:getIamPolicy"]
        assert ("request" in method) == kind.policy_by_body
        assert kind.policy_by_body or "options.requestedPolicyVersion" in method["parameters"]


@named(list(TYPES))
def test_fields_of_the_table_are_fields_of_the_type(kind: ResourceType):
    """What is looked into is there."""
    fields = schema(kind)
    looked = {kind.identifier, *filter(None, [kind.key])}
    looked |= {path.split(".")[0] for path in kind.calls}
    looked |= {path.split(".")[0].removesuffix("[]") for path in kind.assigned}
    assert looked <= fields.keys()
    for name in kind.below:
        assert ("GET", f"{one_of(kind)}/{name}") in calls(kind)


@named(PAUSED)
def test_a_writer_is_paused_as_the_document_says(kind: ResourceType):
    """The calls that stop and start it are methods, and what they send is theirs."""
    found = calls(kind)
    for pause in kind.pauses:
        assert {pause.field, *pause.made} <= schema(kind).keys()
        for order in (pause.stop, pause.start):
            method = f":{order.method}" if order.method else ""
            body = {pause.field: None} if order.body is None else dict(order.body)
            assert body.keys() <= schema(kind).keys()
            query, sent = kind.change(body, order.mask) if order.mask else ({}, body)
            check_request(kind, found[order.verb, f"{one_of(kind)}{method}"], query, sent)


@named([kind for kind in TYPES if kind.naming not in ("given", "enabled")])
def test_a_type_is_deleted_as_the_document_says(kind: ResourceType):
    """On the condition that it still is what was looked at, wherever Google takes one."""
    takes_etag = "etag" in calls(kind)["DELETE", one_of(kind)]["parameters"]
    assert takes_etag == kind.deleted_by_etag
    assert not takes_etag or "etag" in schema(kind)


@named([kind for kind in TYPES if kind.changing != "never"])
def test_a_change_names_a_version_as_the_document_says(kind: ResourceType):
    """On the condition that it still is what was looked at, wherever Google takes one in what is sent.

    Eventarc takes one in what is made alone, and that of an account is not to be used any more.
    """
    verb = "PUT" if kind.changing == "replaced" else "PATCH"
    sent = calls(kind)[verb, one_of(kind)]["request"]["$ref"]
    field = document(kind)["schemas"][sent]["properties"].get("etag", {"readOnly": True})
    is_taken = not (field.get("readOnly") or "Output only" in field["description"])
    assert is_taken == kind.changed_by_etag


def check_request(
    kind: ResourceType, method: dict[str, Any], query: dict[str, str], body: dict[str, Any]
) -> None:
    """Hold the parameters and the fields of a request against a method."""
    fields = document(kind)["schemas"][method["request"]["$ref"]].get("properties", {})
    assert query.keys() <= method["parameters"].keys()
    assert body.keys() <= fields.keys()
    if kind.changed_in in body:
        assert fields[kind.changed_in]["$ref"] == schema_name(kind)


@named(list(TYPES))
def test_a_type_is_changed_as_the_document_says(kind: ResourceType):
    """By a mask, and where that is; whole, where there is none; or not at all."""
    found = calls(kind)
    request = changed(kind, "name", {"name": "name", **dict.fromkeys(schema(kind), "x")}, ("x",))
    method = found.get((request.verb, one_of(kind)))
    if kind.changing == "never":
        assert method is None or kind.naming == "given"
        return
    assert method is not None
    check_request(kind, method, request.query, request.body)
    takes_mask = "updateMask" in {**method["parameters"], **fields_of(kind, method)}
    assert takes_mask == (kind.changing == "mask")


def fields_of(kind: ResourceType, method: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a method's request."""
    return dict(document(kind)["schemas"][method["request"]["$ref"]]["properties"])


@pytest.mark.parametrize(
    "wrong",
    [
        {"parameter": "topcId", "naming": "parameter"},
        {"collection": "projects/{project}/topic"},
        {"items": "topcs"},
        {"query": {"wiev": "FULL"}},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_misspelt_row_is_found(wrong: dict[str, Any]):
    """Each field of a row that names something of Google's is judged."""
    row = next(item for item in TYPES if item.name == "pubsub/topic")._replace(**wrong)
    with pytest.raises((AssertionError, KeyError, StopIteration)):
        judged(row)


def judged(kind: ResourceType) -> None:
    """Hold a row against the document."""
    schema_name(kind)
    test_a_type_is_listed_read_and_made_as_the_document_says(kind)
