"""Writers that say themselves what they write: a fence finds them whatever the catalog says."""

from datetime import UTC, datetime
from typing import Any

import pytest

from manifests.catalog_writers import CatalogWriter, FenceRule
from manifests.kinds.resources.table import resource_type
from recovery.fence.addresses import own_places, strange_addresses
from recovery.fence.model import FenceRecord
from recovery.fence.rules import as_before, planned_fence, planned_thaw
from tests.unit.writers import subscription

NOW = datetime(2026, 11, 29, 9, tzinfo=UTC)
SUBSCRIPTION = resource_type("pubsub/subscription")
LOOP = CatalogWriter(type="scheduler/job", names=("gap-*",), writes=("*",))
RULE = FenceRule(locations=("us-west2",), writers=(LOOP,))


def planned(found: dict[str, Any], things: tuple[str, ...]) -> FenceRecord:
    """Return the fence of some things."""
    return planned_fence(RULE, things, found, fence_id="f", project="p", why="", now=NOW)


def names(record: FenceRecord) -> list[str]:
    """Return the last part of the name of every writer that is paused."""
    return [item.name.rpartition("/")[2] for item in record.writers]


EXPORTS = {
    "bigqueryConfig": {"table": "p.nba_analytics.t", "state": "ACTIVE"},
    "cloudStorageConfig": {"bucket": "lake"},
}


@pytest.mark.parametrize("field", EXPORTS)
def test_a_subscription_that_exports_writes_whatever_the_catalog_says(field: str):
    """It is neither pushed nor pulled; stopped, it has no such field, and a thaw gives it back."""
    running = {**subscription("s", "news"), field: EXPORTS[field]}
    elsewhere = subscription("t", "news")
    elsewhere["bigqueryConfig"] = {"table": "other.nba_analytics.t"}
    found = {"pubsub/subscription": [running, elsewhere]}
    record = planned(found, ("bucket lake", "dataset nba_analytics"))
    assert names(record) == ["s"]
    (writer,) = record.writers
    assert writer.field == field
    assert "state" not in writer.before, "what Google alone writes is not sent back"
    stopped = {key: value for key, value in running.items() if key != field}
    (step,) = planned_thaw(record, {running["name"]: stopped}, changed_too=False)
    assert step.action == "resume"
    assert step.address in ("p.nba_analytics.t", "gs://lake")
    held = {writer.name: writer}
    assert as_before(SUBSCRIPTION, stopped, held) == {**stopped, field: writer.before}
    assert as_before(SUBSCRIPTION, running, held) == running
    assert as_before(SUBSCRIPTION, stopped, {}) == stopped
    own = list(own_places("p", ["nba_analytics"], ["lake"]))
    assert not strange_addresses([step], own, {}, ())
    (refused,) = strange_addresses([step], list(own_places("q", ["other"], ["pond"])), {}, ())
    assert "`--address p.nba_analytics`" in refused.hint or "gs://lake" in refused.hint


def test_a_scheduled_query_writes_where_it_says():
    """The dataset of its results; one that is disabled is idle."""
    query = {"name": "projects/p/locations/l/transferConfigs/1", "destinationDatasetId": "nba"}
    other = {**query, "name": "projects/p/locations/l/transferConfigs/2", "disabled": True}
    record = planned({"bigquery/transfer": [query, other]}, ("dataset nba",))
    assert names(record) == ["1"]
    assert record.idle == ("bigquery/transfer 2",)
    assert not planned({"bigquery/transfer": [query]}, ("dataset x",)).writers
