"""What the configuration of the platform says of readiness, and why a number is missing."""

from datetime import UTC, datetime
from typing import Any

import pytest

from manifests.catalog_operations import Model
from recovery.health import Health
from recovery.ops.facts import Unread
from recovery.ops.readiness.evidence import CHANNELS, POLICIES, SERVICES, evidence
from recovery.ops.readiness.levels import service_levels
from recovery.ops.readiness.model import ReadinessRecord, shipped_criteria
from tests.unit.looks import NOW, answer


@pytest.mark.parametrize(
    ("fact", "why"),
    [
        (answer(), "no backfill ran in the last 90 days"),
        (Unread("answered 403"), "it could not be read: answered 403"),
        (None, "the catalog does not name its query in `operations.queries`"),
    ],
    ids=["nothing", "unread", "not asked"],
)
def test_what_has_no_number_says_why(fact: Any, why: str):  # noqa: ANN401 - a fact
    """A level that nothing measured is not known to be kept, and never typed."""
    facts = {} if fact is None else {"backfill-rate": fact}
    (level,) = (it for it in service_levels(facts, (), {}, NOW) if "backfill" in it.name)
    assert (level.measured, level.is_met, level.why) == ("", None, why)


PLACE = "projects/p/locations/us-west2"
CALLED = {"name": f"{PLACE}/jobs/weekly-retrain-trigger", "lastAttemptTime": "2026-12-01T05:00:00Z"}
READY = {
    "name": f"{PLACE}/services/worker",
    "terminalCondition": {"state": "CONDITION_SUCCEEDED"},
    "latestReadyRevision": "r2",
    "latestCreatedRevision": "r2",
}
POLICY = {"name": "p/1", "displayName": "late", "enabled": True, "notificationChannels": ["c/1"], "documentation": {"content": "do"}}  # fmt: skip
UNSAID = {key: value for key, value in POLICY.items() if key != "enabled"}
CHANNEL = {"name": "c/1", "enabled": True}
MODEL = Model(services=("worker",), training=("weekly-retrain-*",))


@pytest.mark.parametrize(
    ("changed", "check", "health"),
    [
        ({}, "", Health.HEALTHY),
        ({POLICIES: []}, "alerting", Health.CRITICAL),
        ({POLICIES: []}, "instructions", Health.CRITICAL),
        ({POLICIES: [POLICY, {**POLICY, "notificationChannels": []}]}, "alerting", Health.WARNING),
        ({POLICIES: [POLICY, {**POLICY, "documentation": {}}]}, "instructions", Health.WARNING),
        ({CHANNELS: [{"name": "c/1", "enabled": False}]}, "alerting", Health.CRITICAL),
        ({CHANNELS: Unread("403")}, "alerting", Health.UNKNOWN),
        ({POLICIES: [UNSAID]}, "alerting", Health.UNKNOWN),
        ({POLICIES: [UNSAID]}, "instructions", Health.UNKNOWN),
        ({CHANNELS: [{"name": "c/1"}]}, "alerting", Health.UNKNOWN),
        ({CHANNELS: [{"name": "c/1"}]}, "channels", Health.UNKNOWN),
        ({CHANNELS: Unread("403")}, "channels", Health.UNKNOWN),
        ({CHANNELS: []}, "channels", Health.CRITICAL),
        (
            {CHANNELS: [CHANNEL, {**CHANNEL, "verificationStatus": "UNVERIFIED"}]},
            "channels",
            Health.WARNING,
        ),
        ({SERVICES: []}, "model service", Health.CRITICAL),
        ({SERVICES: [{**READY, "latestReadyRevision": "r1"}]}, "model service", Health.WARNING),
        ({SERVICES: [{**READY, "terminalCondition": {}}]}, "model service", Health.CRITICAL),
        ({"schedules": []}, "training", Health.CRITICAL),
        ({"schedules": []}, "trained", Health.UNKNOWN),
        ({"schedules": [{**CALLED, "state": "PAUSED"}]}, "training", Health.CRITICAL),
        ({"schedules": [{**CALLED, "status": {"code": 7}}]}, "trained", Health.UNKNOWN),
        (
            {"schedules": [{**CALLED, "lastAttemptTime": "2026-11-20T05:00:00Z"}]},
            "trained",
            Health.WARNING,
        ),
        ({SERVICES: None}, "model service", Health.UNKNOWN),
    ],
)
def test_evidence_of_the_configuration(changed: dict[str, Any], check: str, health: Health):
    """What the APIs list is judged; what could not be read, or is named nowhere, is unknown."""
    facts = {POLICIES: [POLICY], CHANNELS: [CHANNEL], SERVICES: [READY], "schedules": [CALLED]}  # fmt: skip
    found = list(evidence({**facts, **changed}, MODEL, NOW))
    assert {item.check for item in found} == {
        looks.partition(":")[2]
        for dimension in shipped_criteria().dimensions
        for criterion in dimension.criteria
        for looks in criterion.looks
        if looks.startswith("platform:")
    }
    bad = {item.check: item.health for item in found if item.health is not Health.HEALTHY}
    assert bad.get(check, Health.HEALTHY) is health
    unnamed = evidence(facts, Model(), NOW)
    told = {item.check: item.health for item in unnamed}
    assert {told[name] for name in ("model service", "training", "trained")} == {Health.UNKNOWN}


def test_what_mends_says_where():
    """A command without region or project asks for one, or reads another project."""
    policy = {**POLICY, "name": "projects/p/alertPolicies/1", "notificationChannels": []}
    facts = {
        POLICIES: [policy],
        CHANNELS: [{"name": "projects/p/notificationChannels/1", "enabled": False}],
        SERVICES: [{**READY, "terminalCondition": {}}],
        "schedules": [{**CALLED, "state": "PAUSED"}],
    }
    mends = {item.check: item.mend for item in evidence(facts, MODEL, NOW)}
    assert mends["alerting"] == "gcloud monitoring policies list --project=p"
    assert mends["channels"] == "gcloud beta monitoring channels list --project=p"
    place = "--{}=us-west2 --project=p"
    worker, job = "gcloud run services describe worker", "gcloud scheduler jobs describe"
    assert mends["model service"] == f"{worker} {place.format('region')}"
    assert mends["training"] == f"{job} weekly-retrain-trigger {place.format('location')}"
    gone = {**facts, SERVICES: [{**READY, "name": f"{PLACE}/services/other"}]}
    mends = {item.check: item.mend for item in evidence(gone, MODEL, NOW)}
    assert mends["model service"] == "gcloud run services list --project=p"


def test_moments_are_kept():
    """A record keeps what it does not know, and says when it was."""
    kept = ReadinessRecord(looked_at=datetime(2026, 1, 1, tzinfo=UTC), score=1, dimensions={"a": 2})
    again = ReadinessRecord.model_validate({**kept.model_dump(mode="json"), "later": 1})
    assert again.score == 1
    assert again.model_dump()["later"] == 1
