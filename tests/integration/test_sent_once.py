"""A request that does more when it is sent twice is sent once, and what came of it is looked at."""

from collections.abc import Callable
from typing import Any

import pytest

from manifests.cloud.configuration import Configuration
from manifests.cloud.rest import Rest
from manifests.errors import CloudError
from manifests.kinds.resources.table import TYPES, resource_type
from recovery.fence.work import Fencing
from recovery.kinds.resources.cloud.making import Making
from tests.harness import LOCATION, Rebound
from tests.integration.configuration import enable, make_job

ASSIGNED = {
    "monitoring/channel": {
        "displayName": "on call",
        "type": "email",
        "labels": {"email_address": "a@example.com"},
    },
    "monitoring/alert-policy": {
        "displayName": "errors",
        "combiner": "OR",
        "conditions": [
            {
                "displayName": "high",
                "conditionThreshold": {
                    "filter": 'metric.type="a/b"',
                    "comparison": "COMPARISON_GT",
                },
            }
        ],
    },
    "bigquery/transfer": {
        "displayName": "hourly",
        "dataSourceId": "scheduled_query",
        "params": {"query": "SELECT 1"},
        "schedule": "every 1 hours",
    },
}
OPERATIONS = {
    "monitoring/channel": "monitoring.projects.notificationChannels.create",
    "monitoring/alert-policy": "monitoring.projects.alertPolicies.create",
    "bigquery/transfer": "bigquerydatatransfer.projects.locations.transferConfigs.create",
}


@pytest.fixture
def rebound(new_rebound: Callable[..., Rebound]) -> Rebound:
    """Return a project whose services are enabled."""
    made = new_rebound()
    services = ("monitoring", "bigquerydatatransfer", "cloudscheduler")
    enable(made, *(f"{name}.googleapis.com" for name in services))
    return made


def fired(rebound: Rebound) -> int:
    """Return how often the fault fired, and take it away."""
    (fault,) = rebound.cloud.clear_faults("platform")
    times: int = fault["fired"]
    return times


def lose(rebound: Rebound, operation: str) -> None:
    """Lose every answer of an operation, which is carried out."""
    rebound.cloud.order("platform", "faults", operation=operation, kind="lost", times=None)


def configuration(rebound: Rebound) -> tuple[Rest, Configuration]:
    """Return what calls the APIs of the project, and what reads them."""
    rest = Rest(rebound.env["REBOUND_API_ENDPOINT"])
    return rest, Configuration(rest, rebound.project)


def test_every_type_that_its_service_names_is_tried():
    """Of any other type a second request would be told that there is one.

    A lost answer about a bucket's notification is `test_outage`'s: it needs the bucket.
    """
    assert {*ASSIGNED, "storage/notification"} == {
        kind.name for kind in TYPES if kind.naming == "assigned"
    }


@pytest.mark.parametrize("name", ASSIGNED)
def test_what_its_service_names_is_made_once(rebound: Rebound, name: str):
    """The answer is lost, and what was made is found by its title."""
    rest, reading = configuration(rebound)
    kind, wanted = resource_type(name), dict[str, Any](ASSIGNED[name])
    collection = kind.collection.format(project=rebound.project, location=LOCATION)
    lose(rebound, OPERATIONS[name])
    made = Making(rest, reading).create(kind, f"{collection}/as-it-was", wanted)
    assert fired(rebound) == 1
    assert list(reading.resources(kind, [LOCATION])) == [made]


def test_one_answer_that_there_is_no_such_place_hides_nothing(rebound: Rebound):
    """What is there would be made again beside itself: a list is believed when it says so twice."""
    rest, reading = configuration(rebound)
    name = next(iter(ASSIGNED))
    kind, wanted = resource_type(name), dict[str, Any](ASSIGNED[name])
    collection = kind.collection.format(project=rebound.project, location=LOCATION)
    made = Making(rest, reading).create(kind, f"{collection}/as-it-was", wanted)
    listed = f"{OPERATIONS[name].rpartition('.')[0]}.list"
    for times, found in ((1, [made]), (2, [])):
        with rebound.cloud.fault("platform", listed, "status", status=404, times=times):
            told = reading.resources(kind, [LOCATION], none_where_missing=True)
        assert list(told) == found


def test_what_was_not_made_is_told(rebound: Rebound):
    """A request that was refused for a while is not sent again: the recovery that goes on looks."""
    rest, reading = configuration(rebound)
    kind, wanted = (
        resource_type("monitoring/channel"),
        dict[str, Any](ASSIGNED["monitoring/channel"]),
    )
    operation = OPERATIONS[kind.name]
    rebound.cloud.order("platform", "faults", operation=operation, kind="status", times=None)
    with pytest.raises(CloudError) as caught:
        Making(rest, reading).create(
            kind, f"projects/{rebound.project}/notificationChannels/1", wanted
        )
    assert caught.value.retryable
    assert fired(rebound) == 1
    assert not reading.resources(kind, [])


def test_an_account_that_is_once_said_to_be_gone_for_good_is_undeleted(rebound: Rebound):
    """One that is made instead has another id, and what was granted to the old one stays dead."""
    enable(rebound, "iam.googleapis.com")
    rest, reading = configuration(rebound)
    kind = resource_type("iam/service-account")
    name = f"projects/{rebound.project}/serviceAccounts/loader@{rebound.project}.iam.gserviceaccount.com"
    making = Making(rest, reading)
    making.create(kind, name, {"displayName": "loads"})
    unique_id = str((reading.resource(kind, name) or {})["uniqueId"])
    making.remove(kind, name)
    assert reading.resource(kind, name) is None
    fault = {"status": 404, "match": unique_id}
    with rebound.cloud.fault("platform", r"iam\..*undelete", "status", **fault):
        assert making.undelete(kind, name, {"uniqueId": unique_id})
    assert (reading.resource(kind, name) or {})["uniqueId"] == unique_id


def test_a_schedule_is_run_once(rebound: Rebound):
    """Its run has an effect each time: that nobody said whether it runs is told."""
    make_job(rebound, "load")
    name = f"projects/{rebound.project}/locations/{LOCATION}/jobs/load"
    lose(rebound, "cloudscheduler.projects.locations.jobs.run")
    with pytest.raises(CloudError) as caught:
        Fencing(configuration(rebound)[1]).run(resource_type("scheduler/job"), name)
    assert caught.value.retryable
    assert fired(rebound) == 1
