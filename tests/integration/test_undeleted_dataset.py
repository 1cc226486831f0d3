"""A recovery that is killed behind the undeletion of a dataset: the next one authorizes it again in others."""

from tests.harness import RUN_SECONDS, Rebound
from tests.integration import test_definitions
from tests.integration.test_definitions import SCENARIO, access_of_gold, holding

gilded = test_definitions.gilded


def test_a_kill_behind_an_undeletion_is_gone_on_from_by_another_recovery(gilded: Rebound):
    """No journal was begun by then: what was undeleted is written down beside them, until it is authorized."""
    access = access_of_gold(gilded)
    gilded.bigquery_client.delete_dataset("lake", delete_contents=True)
    how = {"seconds": 30, "match": gilded.project}
    with gilded.cloud.fault("bigquery", r"bigquery\.datasets\.undelete", "stall", **how):
        process = gilded.begin("recover", SCENARIO, "--access", "--yes")
        gilded.cloud.await_fault("bigquery", process)
        process.kill()
        process.communicate(RUN_SECONDS)
    assert gilded.bigquery_client.get_dataset("lake")
    assert holding(gilded) == {"view": False, "routine": False, "dataset": False}
    planned = gilded.run("plan", SCENARIO).stdout
    for line in ("view lake.busy", "routine lake.double", "dataset lake"):
        assert f"authorize            {line} again, in dataset gold" in planned
    gilded.run("recover", SCENARIO, "--access", "--yes")
    assert holding(gilded) == {"view": True, "routine": True, "dataset": True}
    assert access_of_gold(gilded) == access
    assert "authorize" not in gilded.run("plan", SCENARIO).stdout
