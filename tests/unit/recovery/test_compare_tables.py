from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from manifests.values import Resource
from recovery.compare.findings import Finding
from recovery.compare.observed import ObservedTable
from recovery.compare.tables import (
    dataset_findings,
    definition_findings,
    property_findings,
    row_findings,
    shape_findings,
    table_findings,
)
from tests.unit.samples import (
    ARRIVALS,
    GAMES,
    POLICY,
    arrivals,
    fingerprint_of,
    games,
    manifest,
    nothing_yet,
)

Edit = Callable[[dict[str, Any]], object]
EQUAL = {item.partition_id: item.fingerprint for item in games().partitions}


def edited(edit: Edit, resource: Resource = GAMES) -> Resource:
    """Return a table's resource after an edit."""
    copy = deepcopy(resource)
    edit(copy)
    return copy


def observed(edit: Edit = lambda _: None, **changes: Any) -> ObservedTable:  # noqa: ANN401 - fields
    """Return the sample table as it is at the recovery point, or edited."""
    now = ObservedTable(
        resource=edited(edit), row_access_policies=(POLICY,), partitions=dict(EQUAL)
    )
    return now.model_copy(update=changes)


def aspects(findings: tuple[Finding, ...]) -> list[str]:
    """Return what about the table differs."""
    assert all(item.expected != item.actual for item in findings)
    return [item.aspect for item in findings]


def fields(resource: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the columns of a resource."""
    columns: list[dict[str, Any]] = resource["schema"]["fields"]
    return columns


def test_an_equal_table_has_no_findings():
    """A table as it was at the recovery point differs in nothing."""
    assert table_findings(games(), observed(), exact=True) == ()


def test_a_table_that_is_gone():
    """A table that is not there is one finding, whatever else is not there with it."""
    (found,) = table_findings(games(), ObservedTable(resource=None), exact=False)
    assert (found.subject, found.aspect, found.expected, found.actual) == (
        "nba.games",
        "table",
        "there",
        "gone",
    )


@pytest.mark.parametrize(
    ("edit", "aspect"),
    [
        (lambda r: r.update(type="VIEW"), "type"),
        (lambda r: r.update(type="EXTERNAL"), "type"),
        (lambda r: fields(r).pop(), "columns"),
        (lambda r: fields(r).append({"name": "more", "type": "STRING"}), "columns"),
        (lambda r: fields(r).reverse(), "columns"),
        (lambda r: fields(r)[0].update(mode="NULLABLE"), "columns"),
        (lambda r: fields(r)[1].update(mode="REPEATED"), "columns"),
        (lambda r: fields(r)[2].update(type="BYTES"), "columns"),
        (lambda r: fields(r)[2].update(maxLength="5"), "columns"),
        (lambda r: fields(r)[5].update(scale="2"), "columns"),
        (lambda r: fields(r)[5].pop("precision"), "columns"),
        (lambda r: fields(r)[6]["fields"].pop(), "columns"),
        (lambda r: fields(r)[6]["fields"][0].update(type="STRING"), "columns"),
        (
            lambda r: fields(r)[6]["fields"][1].update(rangeElementType={"type": "DATE"}),
            "columns",
        ),
        (lambda r: r.pop("schema"), "columns"),
        (lambda r: r.pop("timePartitioning"), "timePartitioning"),
        (lambda r: r["timePartitioning"].update(type="MONTH"), "timePartitioning"),
        (lambda r: r["timePartitioning"].pop("field"), "timePartitioning"),
        (lambda r: r.update(rangePartitioning={"field": "n"}), "rangePartitioning"),
    ],
)
def test_another_shape_is_recognised(edit: Edit, aspect: str):
    """What only a new table can have is compared: type, columns, modes, partitioning."""
    assert aspects(shape_findings(games(), edited(edit))) == [aspect]
    assert aspect in aspects(table_findings(games(), observed(edit), exact=False))


@pytest.mark.parametrize(
    "edit",
    [
        lambda r: r.update(etag="other", numRows="7", kind="x", lastModifiedTime="1"),
        lambda r: fields(r)[6].update(type="STRUCT"),
        lambda r: fields(r)[6]["fields"][0].update(type="INT64"),
        lambda r: fields(r)[1].update(mode="NULLABLE"),
        lambda r: fields(r)[5].update(precision=40, scale=20),
        lambda r: r["timePartitioning"].update(requirePartitionFilter=True),
        lambda r: r.update(resourceTags={}, friendlyName="", maxStaleness=None),
    ],
)
def test_other_words_for_the_same_are_equal(edit: Edit):
    """Synonyms, defaults and what BigQuery computes by itself are no differences."""
    assert table_findings(games(), observed(edit), exact=True) == ()


@pytest.mark.parametrize(
    ("edit", "aspect"),
    [
        (lambda r: r.pop("description"), "description"),
        (lambda r: r.update(labels={"tier": "low"}), "labels"),
        (lambda r: r["labels"].update(more="x"), "labels"),
        (lambda r: r.pop("clustering"), "clustering"),
        (lambda r: r.pop("requirePartitionFilter"), "requirePartitionFilter"),
        (lambda r: r.update(requirePartitionFilter=False), "requirePartitionFilter"),
        (lambda r: r.pop("tableConstraints"), "tableConstraints"),
        (lambda r: r.update(expirationTime="1800000000000"), "expirationTime"),
        (lambda r: r.update(encryptionConfiguration={"kmsKeyName": "k"}), "encryptionConfigur"),
        (lambda r: r.update(resourceTags={"a": "b"}), "resourceTags"),
        (lambda r: r.update(friendlyName="Games"), "friendlyName"),
        (lambda r: r.update(defaultCollation="und:ci"), "defaultCollation"),
        (lambda r: r["timePartitioning"].pop("expirationMs"), "partition expiration"),
        (lambda r: fields(r)[2].pop("policyTags"), "column properties"),
        (lambda r: fields(r)[2].update(description="x"), "column properties"),
        (lambda r: fields(r)[6]["fields"][0].update(description="x"), "column properties"),
        (lambda r: fields(r)[2].update(defaultValueExpression="'x'"), "column properties"),
    ],
)
def test_other_properties_are_recognised(edit: Edit, aspect: str):
    """Everything else the manifest holds is compared too, and is no reason for a new table."""
    (found,) = property_findings(games(), observed(edit))
    assert found.aspect.startswith(aspect)
    assert shape_findings(games(), edited(edit)) == ()


@pytest.mark.parametrize(
    "policies",
    [
        (),
        ({**POLICY, "filterPredicate": "TRUE"},),
        ({**POLICY, "grantees": ["allUsers"]},),
        ({**POLICY, "grantees": ["group:scouts@example.com", "allUsers"]},),
        (
            POLICY,
            {**POLICY, "rowAccessPolicyReference": {"policyId": "second"}},
        ),
    ],
)
def test_other_row_access_policies_are_recognised(policies: tuple[Resource, ...]):
    """Who may see which rows is part of the table."""
    found = property_findings(games(), observed(row_access_policies=policies))
    assert aspects(found) == ["row access policies"]
    swapped = {**POLICY, "grantees": POLICY["grantees"][::-1]}
    assert property_findings(games(), observed(row_access_policies=(swapped,))) == ()


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ({}, {"partition 20241231", "partition 20250101", "partition __NULL__"}),
        ({**EQUAL, "20250101": fingerprint_of([])}, {"partition 20250101"}),
        ({**EQUAL, "20241231": fingerprint_of(["g1", "g2"])}, {"partition 20241231"}),
        ({**EQUAL, "20241231": fingerprint_of(["g1", "g9", "g9"])}, {"partition 20241231"}),
        ({k: v for k, v in EQUAL.items() if k != "__NULL__"}, {"partition __NULL__"}),
    ],
)
def test_other_rows_are_recognised(now: dict[str, Any], expected: set[str]):
    """Emptied, truncated, changed and missing partitions are each found, and no other."""
    for exact in (False, True):
        assert set(aspects(row_findings(games(), now, exact=exact))) == expected


def test_newer_partitions_count_when_exactness_is_asked_for():
    """A partition the recovery point does not know is a difference only then."""
    now = {**EQUAL, "20250102": fingerprint_of(["new"])}
    assert row_findings(games(), now, exact=False) == ()
    (found,) = row_findings(games(), now, exact=True)
    assert (found.aspect, found.expected) == ("partition 20250102", "not there")
    assert found.text.startswith("partition 20250102 is not in the backup: 1 rows")


def test_rows_in_a_table_that_was_empty_always_count():
    """A table without partitions has none that could be newer."""
    now = {"__ALL__": fingerprint_of(["intruder"])}
    assert aspects(row_findings(nothing_yet(), now, exact=False)) == ["partition __ALL__"]
    assert row_findings(nothing_yet(), {}, exact=True) == ()


def test_only_what_is_asked_for_is_compared():
    """Damage in a partition nobody asked about is not told of, and a newer one neither."""
    now = {"20241231": EQUAL["20241231"], "20250102": fingerprint_of(["new"])}
    assert row_findings(games(), now, exact=True, only=("20241231",)) == ()
    found = row_findings(games(), now, exact=True, only=("20250101",))
    assert aspects(found) == ["partition 20250101"]


@pytest.mark.parametrize("only", [(), ("20250101",)])
def test_what_could_not_be_measured_differs(only: tuple[str, ...]):
    """Unknown is failed, whatever part of the table was asked for."""
    found = row_findings(games(), None, exact=False, only=only)
    assert aspects(found) == ["content"]
    assert aspects(table_findings(games(), observed(partitions=None), exact=False, only=only)) == [
        "content"
    ]


def test_partitioning_by_arrival_is_compared():
    """The unit of a table that is partitioned by arrival is part of its shape."""
    assert shape_findings(arrivals(), ARRIVALS) == ()
    daily = {**ARRIVALS, "timePartitioning": {"type": "DAY"}}
    assert aspects(shape_findings(arrivals(), daily)) == ["timePartitioning"]


DATASET = manifest().datasets[0].resource


@pytest.mark.parametrize(
    ("changes", "aspect"),
    [
        ({"labels": {}}, "labels"),
        ({"location": "EU"}, "location"),
        ({"access": [{"role": "OWNER", "specialGroup": "allUsers"}]}, "access"),
        ({"description": "x"}, "description"),
        ({"defaultTableExpirationMs": "3600000"}, "defaultTableExpirationMs"),
        ({"maxTimeTravelHours": "48"}, "maxTimeTravelHours"),
    ],
)
def test_datasets_are_compared(changes: dict[str, Any], aspect: str):
    """A dataset's own properties are compared; one that is gone is one finding."""
    assert dataset_findings(DATASET, {**DATASET, "etag": "x", "description": ""}) == ()
    assert aspects(dataset_findings(DATASET, {**DATASET, **changes})) == [aspect]
    assert aspects(dataset_findings(DATASET, None)) == ["dataset"]


@pytest.mark.parametrize("kind", ["views", "routines"])
def test_definitions_are_compared(kind: str):
    """A view or routine is what defines it; one that is gone is one finding."""
    (resource,) = getattr(manifest().datasets[0], kind)
    assert definition_findings(resource, {**resource, "etag": "x"}, subject="d") == ()
    assert aspects(definition_findings(resource, None, subject="d")) == ["definition"]
    key = "view" if kind == "views" else "definitionBody"
    changed = {**resource, key: {"query": "SELECT 1"}}
    assert aspects(definition_findings(resource, changed, subject="d")) == [key]
