"""Triggers of Eventarc that the catalog names as writers: nothing pauses one, but its subscription."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.harness import LOCATION, Rebound
from tests.integration import lake
from tests.integration.configuration import (
    call,
    enable,
    job,
    make_job,
    make_trigger,
    subscription,
    subscriptions,
    with_fence,
)

WRITERS = (
    {"type": "eventarc/trigger", "targets": ["listener"], "writes": ["dataset *"]},
    {"type": "bigquery/transfer", "names": ["*"], "writes": ["dataset *"]},
    {"type": "scheduler/job", "names": ["load-*"], "writes": ["dataset *"]},
)
TRANSFERS = "bigquerydatatransfer.googleapis.com/v1"


@pytest.fixture
def rebound(new_rebound: Callable[..., Rebound], tmp_path: Path) -> Rebound:
    """Return a platform whose service writes for each event that a trigger brings it."""
    catalog = lake.write_catalog(tmp_path)
    with_fence(catalog, writers=WRITERS)
    made = new_rebound(REBOUND_CATALOG=catalog)
    lake.create(made)
    enable(made, "pubsub.googleapis.com")
    # As one on a bucket of more than one region, which is where no schedule can be.
    told = {"type": "google.cloud.audit.log.v1.written", "serviceName": "x"}
    make_trigger(made, "loaded", location="us", **told)
    return made


def test_a_trigger_delivers_nothing_until_a_thaw(rebound: Rebound):
    """Eventarc's own subscription is pulled meanwhile, and pushes again as it did."""
    (name,) = (it for it in subscriptions(rebound) if it.startswith("eventarc-"))
    before = subscription(rebound, name)
    assert before["pushConfig"]["pushEndpoint"].startswith("https://listener-")
    told = rebound.run("fence", "--yes").stdout
    assert "kept for 24 hours unless set" in told
    assert not subscription(rebound, name).get("pushConfig")
    assert name in rebound.run("fence", "--status").stdout
    rebound.run("thaw", "--yes")
    assert subscription(rebound, name)["pushConfig"] == before["pushConfig"]


def test_a_scheduled_query_waits_for_a_thaw(rebound: Rebound):
    """One whose statement says where it writes names no dataset: the catalog does."""
    enable(rebound, "bigquerydatatransfer.googleapis.com")
    path = f"{TRANSFERS}/projects/{rebound.project}/locations/{LOCATION}/transferConfigs"
    query = {
        "dataSourceId": "scheduled_query",
        "displayName": "totals",
        "schedule": "every day 11:00",
        "params": {"query": f"DELETE FROM {lake.EMPTY} WHERE TRUE"},
    }
    made = call(rebound, "POST", path, query)["name"]
    idle = call(rebound, "POST", path, {**query, "displayName": "old", "disabled": True})["name"]
    rebound.run("fence", "--yes")
    assert call(rebound, "GET", f"{TRANSFERS}/{made}")["disabled"] is True
    rebound.run("thaw", "--yes")
    assert not call(rebound, "GET", f"{TRANSFERS}/{made}").get("disabled")
    assert call(rebound, "GET", f"{TRANSFERS}/{idle}")["disabled"] is True


def test_schedules_of_every_region_are_paused(rebound: Rebound):
    """A writer can be in a region that the catalog names nowhere; it is resumed like any other."""
    enable(rebound, "cloudscheduler.googleapis.com")
    make_job(rebound, "load-far", "europe-west1")
    rebound.run("fence", "--yes")
    assert job(rebound, "load-far", "europe-west1")["state"] == "PAUSED"
    rebound.run("thaw", "--yes")
    assert job(rebound, "load-far", "europe-west1")["state"] == "ENABLED"
