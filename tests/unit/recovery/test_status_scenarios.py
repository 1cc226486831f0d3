"""What of a scenario was shown to restore together."""

from datetime import timedelta

from recovery.status.model import PartName
from recovery.status.rules import NEVER, scenario_statuses
from tests.unit.recovery.test_status import GAMES, NOW, RULE, proof
from tests.unit.samples import POINT


def test_a_scenario_is_shown_by_what_came_back_together():
    """The recoveries of one drill count together; parts that came back apart do not, nor do samples."""
    raw = PartName("buckets", "raw")
    of_bucket = proof().parts[0].model_copy(update={"kind": "buckets", "name": "raw"})
    drill = {"drill_id": "d", "drilled": "complete-outage"}
    tables, apart = proof(days_ago=5), proof(days_ago=1)
    buckets = tables.model_copy(update={"recovery_id": "y", "parts": (of_bucket,), **drill})
    buckets = buckets.model_copy(update={"scenario": "gcs-bucket-corruption"})
    proofs = (tables.model_copy(update=drill), buckets, apart, proof(how="sample", days_ago=0.5))
    found = {item.scenario: item for item in scenario_statuses((GAMES, raw), proofs, RULE)}
    outage = found["complete-outage"]
    assert (outage.parts, outage.of, outage.by, outage.how) == (2, 2, "d", "drill")
    assert (outage.proven_at, outage.proven_point) == (
        NOW - timedelta(days=5),
        POINT - timedelta(days=1),
    )
    assert (found["bigquery-dataset-loss"].parts, found["bigquery-dataset-loss"].by) == (1, "x")
    assert found["bigquery-dataset-loss"].proven_at == NOW - timedelta(days=1)
    assert "firestore-state-loss" not in found
    (never,) = (
        it for it in scenario_statuses((GAMES,), (), RULE) if it.scenario == "complete-outage"
    )
    assert (never.proven_at, never.parts, never.of) == (None, 0, 1)


def test_what_is_run_again_is_named_and_no_drill_is_asked_for():
    """Where the catalog names processors; of the others a drill is due in its time."""
    found = {
        item.scenario: item
        for item in scenario_statuses((GAMES,), (proof(days_ago=5),), RULE, runs_again=True)
    }
    again = found["processor-failure"]
    assert (again.drill_due_at, again.proven_at) == (None, None)
    assert "the platform's own code" in again.not_drilled
    assert found["bigquery-dataset-loss"].drill_due_at == NOW + timedelta(days=25)
    assert found["complete-outage"].drill_due_at == NEVER
