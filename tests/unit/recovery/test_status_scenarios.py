"""What of a scenario was shown to restore together."""

from datetime import timedelta

from recovery.status.model import PartName
from recovery.status.rules import scenario_statuses
from tests.unit.recovery.test_status import GAMES, NOW, proof
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
    found = {item.scenario: item for item in scenario_statuses((GAMES, raw), proofs)}
    outage = found["complete-outage"]
    assert (outage.parts, outage.of, outage.by, outage.how) == (2, 2, "d", "drill")
    assert (outage.proven_at, outage.proven_point) == (
        NOW - timedelta(days=5),
        POINT - timedelta(days=1),
    )
    assert (found["bigquery-dataset-loss"].parts, found["bigquery-dataset-loss"].by) == (1, "x")
    assert found["bigquery-dataset-loss"].proven_at == NOW - timedelta(days=1)
    assert "firestore-state-loss" not in found
    (never,) = (it for it in scenario_statuses((GAMES,), ()) if it.scenario == "complete-outage")
    assert (never.proven_at, never.parts, never.of) == (None, 0, 1)
