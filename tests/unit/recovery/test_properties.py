"""What BigQuery alone writes is what Google's discovery document says, and all else is compared."""

import json
import re
from collections.abc import Iterator
from importlib import resources
from typing import Any

import pytest

from manifests.errors import BackupDamagedError
from manifests.kinds.tables.properties import SORTS, Properties, settings
from recovery.compare.properties import changes, comparable
from recovery.compare.tables import definition_findings
from tests.unit.samples import GAMES

_DOCUMENT = resources.files("googleapiclient") / "discovery_cache/documents/bigquery.v2.json"
SCHEMAS: dict[str, Any] = json.loads(_DOCUMENT.read_text())["schemas"]
KEY = "projects/p/locations/us/keyRings/r/cryptoKeys/k"


def output_only(schema: dict[str, Any], path: str, seen: tuple[str, ...]) -> Iterator[str]:
    """Yield what a schema of the document calls output only, dotted, and nothing below it."""
    for name, described in schema.get("properties", {}).items():
        own = f"{path}.{name}" if path else name
        is_told = re.search(r"output[- ]only", described.get("description", ""), re.IGNORECASE)
        inner = described.get("items", described)
        reference = inner.get("$ref")
        if described.get("readOnly") or is_told:
            yield own
        elif reference is None:
            yield from output_only(inner, own, seen)
        elif reference not in seen:
            yield from output_only(SCHEMAS[reference], own, (*seen, reference))


@pytest.mark.parametrize("sort", SORTS, ids=lambda sort: sort.schema)
def test_output_only_is_what_google_says(sort: Properties):
    """No more and no less; what names a resource is a property of the document, too."""
    assert sort.output_only == set(output_only(SCHEMAS[sort.schema], "", (sort.schema,)))
    assert sort.names <= set(SCHEMAS[sort.schema]["properties"])
    for name, value in sort.defaults.items():
        assert SCHEMAS[sort.schema]["properties"][name]["type"] == "boolean"
        assert isinstance(value, bool)


@pytest.mark.parametrize("sort", SORTS, ids=lambda sort: sort.schema)
def test_every_other_property_counts(sort: Properties):
    """Each property that can be written is compared and written, and so is one that is unknown."""
    bare = {next(iter(sort.names - {"kind"})): {}}
    properties = set(SCHEMAS[sort.schema]["properties"]) - sort.output_only - sort.names
    for name in sorted({*properties, "madeUpTomorrow"} - {"schema", "access"}):
        value = {"some": "value"} if name != "grantees" else ["user:a@b.c"]
        changed = {**bare, name: value}
        assert comparable(changed) != comparable(bare), name
        assert changes(changed, bare).keys() == {name}
        assert changes(bare, changed).keys() == {name}
    for name in sort.output_only:
        resource = bare
        for part in reversed(name.split(".")):
            resource = {part: "value" if resource is bare else resource}
        assert name.split(".")[-1] not in json.dumps(settings({**bare, **resource}))


def test_access_is_a_set_of_entries_with_roles_of_two_names():
    """Order and the spelling of roles mean nothing; a condition does."""
    entries: list[dict[str, Any]] = [
        {"role": "roles/bigquery.dataViewer", "userByEmail": "a@b.c"},
        {"view": {"projectId": "p", "datasetId": "d", "tableId": "v"}},
        {"role": "OWNER", "specialGroup": "projectOwners"},
    ]
    dataset = {"datasetReference": {}, "access": entries}
    spelled = [entries[2], {"role": "READER", "userByEmail": "a@b.c"}, entries[1], entries[2]]
    assert comparable({**dataset, "access": spelled}) == comparable(dataset)
    conditional = [{**entries[0], "condition": {"expression": "true"}}, *entries[1:]]
    assert comparable({**dataset, "access": conditional}) != comparable(dataset)


def test_a_patch_names_what_goes():
    """Silence keeps: labels, an expiration and policy tags go by name, and tags only if they change."""
    tagged = {"name": "team", "type": "STRING", "policyTags": {"names": ["taxonomies/1/tags/2"]}}
    plain = {"name": "note", "type": "STRING"}
    bare = {
        "tableReference": {},
        "timePartitioning": {"type": "DAY"},
        "schema": {"fields": [{**plain, "description": "x"}, tagged]},
    }
    full = {
        "tableReference": {},
        "labels": {"a": "b"},
        "timePartitioning": {"type": "DAY", "expirationMs": "1000"},
        "schema": {"fields": [{**plain, "policyTags": tagged["policyTags"]}, tagged]},
    }
    patch = changes(bare, full)
    assert patch["labels"] == {"a": None}
    assert patch["timePartitioning"] == {"type": "DAY", "expirationMs": None}
    untagged, untouched = patch["schema"]["fields"]
    assert untagged == {**plain, "description": "x", "policyTags": {"names": []}}
    assert "policyTags" not in untouched
    assert changes(full, bare)["schema"]["fields"][0]["policyTags"] == tagged["policyTags"]
    assert changes(GAMES, GAMES) == {}


def test_what_means_the_same_is_equal():
    """A key in another version, an empty tag list, and the older name of a demand differ in nothing."""
    one = {
        "tableReference": {},
        "encryptionConfiguration": {"kmsKeyName": f"{KEY}/cryptoKeyVersions/7"},
        "requirePartitionFilter": True,
        "schema": {"fields": [{"name": "a", "type": "STRING"}]},
    }
    other = {
        "tableReference": {},
        "encryptionConfiguration": {"kmsKeyName": KEY},
        "timePartitioning": {"requirePartitionFilter": True},
        "schema": {"fields": [{"name": "a", "type": "STRING", "policyTags": {}}]},
    }
    assert changes(one, other) == {}
    assert settings(one)["encryptionConfiguration"] == {"kmsKeyName": KEY}
    assert changes({"routineReference": {}}, {"routineReference": {}, "strictMode": True}) == {}
    assert changes({"routineReference": {}}, {"routineReference": {}, "strictMode": False})


def test_a_refresh_is_no_difference():
    """When a materialized view was refreshed is BigQuery's; that it is refreshed is not."""
    view = {"tableReference": {}, "type": "MATERIALIZED_VIEW", "materializedView": {"query": "q"}}
    later = {**view, "materializedView": {"query": "q", "lastRefreshTime": "2"}}
    assert definition_findings(view, later, subject="m") == ()
    slower = {**view, "materializedView": {"query": "q", "refreshIntervalMs": "3600000"}}
    assert definition_findings(view, slower, subject="m")


@pytest.mark.parametrize("resource", [{}, {"kind": "bigquery#table"}, {"description": "x"}])
def test_a_resource_of_nothing(resource: dict[str, Any]):
    """What does not say what it is of is damage, and no bug."""
    with pytest.raises(BackupDamagedError, match="does not say what it is of"):
        comparable(resource)
