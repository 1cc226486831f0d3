"""A recovery of resources that is killed between any two of its writes ends equal when it is resumed."""

from collections.abc import Iterator

import pytest

from tests.harness import RUN_SECONDS
from tests.integration.configuration import states
from tests.integration.kinds.resources import Resources
from tests.integration.kinds.worlds import made
from tests.standin.cloud import Cloud
from tests.standin.projects import project_number

JOBS = "cloudscheduler.projects.locations.jobs"
MOMENTS = {
    "a schedule is made": f"{JOBS}.create",
    "it is stopped": f"{JOBS}.pause",
    "what it says is set": f"{JOBS}.patch",
    "a topic is made": "pubsub.projects.topics.create",
    "its policy is set": "pubsub.projects.topics.setIamPolicy",
    "a scheduled query is made": "bigquerydatatransfer.projects.locations.transferConfigs.create",
    "its reader is made": "pubsub.projects.subscriptions.create",
}
"""Until what is done, whose answer the recovery does not live to read."""


@pytest.fixture(scope="module")
def world(local_cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Resources]:
    """Return resources that are backed up."""
    yield made(Resources, local_cloud, tmp_path_factory.mktemp("killed"))
    local_cloud.clear_faults("platform")


@pytest.mark.parametrize("when", MOMENTS)
def test_killed_recovery_is_resumed(world: Resources, when: str):
    """Nothing runs before the thaw, and everything is as it was after it."""
    rebound, before = world.rebound, world.state()
    for lost, lose in world.damages.items():
        if lost != "a setting":
            lose()
    # The scheduled query's own name has the number.
    named = f"({rebound.project}|{project_number(rebound.project)})"
    fault = {"operation": MOMENTS[when], "kind": "stall", "match": named, "seconds": 30}
    rebound.cloud.order("platform", "faults", **fault)
    process = rebound.begin("recover", *world.words, *world.agreed)
    rebound.cloud.await_fault("platform", process)
    process.kill()
    process.communicate(RUN_SECONDS)
    rebound.cloud.clear_faults("platform")
    assert world.state() != before
    (recovery,) = (
        item["recovery_id"] for item in rebound.json("report") if item["state"] == "under way"
    )
    done = rebound.json("resume", recovery, "--overwrite", "*", *world.agreed)
    assert not [item for item in done["outcomes"] if item["findings"] or item["failure"]]
    assert states(rebound) == {"hourly": "PAUSED", "paused": "PAUSED"}
    world.settle()
    assert world.state() == before
