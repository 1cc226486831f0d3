"""Writers that say themselves what they write: a fence finds them whatever the catalog says."""

from datetime import UTC, datetime
from typing import Any

import pytest

from manifests.catalog_writers import CatalogWriter, FenceRule
from manifests.errors import RefusedError
from manifests.kinds.resources.table import resource_type
from recovery.document import Rows
from recovery.fence.addresses import own_places, strange_addresses
from recovery.fence.model import FenceRecord, PlannedFence
from recovery.fence.rules import as_before, planned_fence, planned_thaw, writer_types
from recovery.fence.text import fence_lines
from recovery.report.fenced import fence_section
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


TRIGGERED = FenceRule(
    locations=("us-west2",),
    writers=(
        LOOP,
        CatalogWriter(type="eventarc/trigger", targets=("nba-raw",), writes=("dataset nba_raw",)),
    ),
)
CARRIER = "projects/p/subscriptions/eventarc-us-west2-raw-sub-1"


def trigger(service: str, subscription_name: str = CARRIER) -> dict[str, Any]:
    """Return a trigger of Eventarc as its API returns it."""
    return {
        "name": "projects/p/locations/us-west2/triggers/raw",
        "destination": {"cloudRun": {"service": service, "region": "us-west2"}},
        "transport": {
            "pubsub": {"topic": "projects/p/topics/x", "subscription": subscription_name}
        },
    }


def triggered(*triggers: dict[str, Any], things: tuple[str, ...]) -> FenceRecord:
    """Return the fence where a trigger's subscription and another one are pushed."""
    own = subscription(CARRIER.rpartition("/")[2], "x", pushEndpoint="https://nba-raw.a.run.app/")
    other = subscription("other", "x", pushEndpoint="https://other.a.run.app/")
    found = {"pubsub/subscription": [own, other], "eventarc/trigger": triggers}
    return planned_fence(TRIGGERED, things, found, fence_id="f", project="p", why="", now=NOW)


def test_a_trigger_of_eventarc_is_paused_by_its_subscription():
    """Nothing pauses a trigger; what carries its events is pulled, and only where it writes."""
    record = triggered(trigger("nba-raw"), things=("dataset nba_raw",))
    assert names(record) == ["eventarc-us-west2-raw-sub-1"]
    assert record.writers[0].writes == ("dataset nba_raw",)
    assert record.writers[0].before == {"pushEndpoint": "https://nba-raw.a.run.app/"}
    assert "24 hours" in "\n".join(fence_lines(record))
    assert names(triggered(trigger("mail"), things=("dataset nba_raw",))) == []
    assert names(triggered(trigger("nba-raw"), things=("dataset ref",))) == []
    assert "24 hours" not in "\n".join(fence_lines(triggered(things=("dataset nba_raw",))))


def test_a_trigger_that_nothing_can_pause_is_no_part_of_a_fence():
    """Its events would be delivered while what they write is restored."""
    unknown = {**trigger("nba-raw"), "transport": {}}
    with pytest.raises(RefusedError, match="it names no subscription: nothing of it can be paused"):
        triggered(unknown, things=("dataset nba_raw",))
    with pytest.raises(RefusedError) as refused:
        triggered(trigger("nba-raw", "projects/1/subscriptions/x"), things=("dataset nba_raw",))
    assert "delete it" not in str(refused.value.hint)


def test_a_trigger_whose_subscription_is_gone_stands_still():
    """Every scenario was refused for want of it, and no plan was shown."""
    gone = trigger("nba-raw", "projects/p/subscriptions/gone")
    record = triggered(gone, things=("dataset nba_raw",))
    told = "eventarc/trigger raw: its subscription is gone, and it delivers nothing"
    assert (names(record), record.idle, record.unsubscribed) == ([], (), ("eventarc/trigger raw",))
    lines = fence_lines(record)
    assert f"  leave  {told}" in lines
    assert lines[-1] == "0 writers to pause, 0 paused already, 1 trigger without a subscription"
    fence = PlannedFence(
        things=record.things,
        writers=(),
        idle=("scheduler/job x",),
        unsubscribed=record.unsubscribed,
        quiet_seconds=60,
    )
    (section,) = fence_section(fence)
    rows = [row.text for block in section.blocks if isinstance(block, Rows) for row in block.rows]
    assert rows[:2] == [told, "1 writer that does not run"]
    elsewhere = triggered(gone, things=("dataset ref",))
    assert (elsewhere.idle, elsewhere.unsubscribed) == ((), ())


def test_a_trigger_into_a_cluster_is_not_taken_for_idle():
    """What is pulled from its subscription is forwarded there, and no pause of it stops that."""
    writer = CatalogWriter(type="eventarc/trigger", names=("raw",), writes=("dataset nba_raw",))
    rule = FenceRule(locations=("us-west2",), writers=(writer,))
    pulled = {"name": CARRIER, "topic": "projects/p/topics/x"}
    into = {**trigger(""), "destination": {"gke": {"cluster": "c", "service": "loader"}}}
    found = {"pubsub/subscription": [pulled], "eventarc/trigger": [into]}

    def fence(*things: str) -> FenceRecord:
        return planned_fence(rule, things, found, fence_id="f", project="p", why="", now=NOW)

    with pytest.raises(RefusedError, match="its events are pulled into a cluster"):
        fence("dataset nba_raw")
    assert fence("dataset ref").idle == ()


def test_triggers_are_looked_for_where_the_catalog_names_any():
    """A project without Eventarc is not asked."""
    assert "eventarc/trigger" not in {kind.name for kind in writer_types(RULE)}
    assert "eventarc/trigger" in {kind.name for kind in writer_types(TRIGGERED)}
