"""What listens to BigQuery's audit logs is told of each table that is written, with the word only."""

from tests.harness import Rebound
from tests.integration import lake
from tests.integration.configuration import LOCATION, call, enable, make_trigger
from tests.integration.damages import DAMAGES, destroy
from tests.integration.state import state
from tests.served import Function

SCENARIO = "bigquery-dataset-loss"


def test_what_listens_to_tables_needs_the_word(rebound: Rebound, function: Function):
    """A trigger and a log sink are named once for all tables; where neither can be listed, so is that."""
    function.complete("night")
    before = state(rebound)
    audit = "google.cloud.audit.log.v1.written"
    make_trigger(rebound, "rows", type=audit, serviceName="bigquery.googleapis.com")
    enable(rebound, "logging.googleapis.com")
    sink = {
        "name": "told",
        "destination": f"pubsub.googleapis.com/projects/{rebound.project}/topics/jobs",
        "filter": 'protoPayload.serviceName="bigquery.googleapis.com"',
    }
    call(rebound, "POST", f"logging.googleapis.com/v2/projects/{rebound.project}/sinks", sink)
    destroy(rebound, DAMAGES["table gone"])
    destroy(rebound, DAMAGES["awkward types gone"])
    told = f"trigger rows in {LOCATION}, log sink told"
    assert f"of each table that is written: {told}" in rebound.run("plan", SCENARIO).stdout
    refused = rebound.run("recover", SCENARIO, "--yes", code=5).stderr
    assert f"{told} would be told of each table that is written: " in refused
    assert {lake.GAMES, lake.TYPES} == set(
        refused.partition("is written: ")[2].partition("\n")[0].split(", ")
    )
    for operation in ("eventarc.projects.locations.triggers.list", "logging.projects.sinks.list"):
        unlisted = {"status": 403, "reason": "PERMISSION_DENIED", "times": None}
        with rebound.cloud.fault("platform", operation, "status", **unlisted):
            planned = rebound.run("plan", SCENARIO).stdout
        assert "UNKNOWN" in planned
    rebound.run("recover", SCENARIO, "--yes", "--notify")
    assert state(rebound) == before
