"""A score is computed of what was looked at: what is believed, expired or unknown counts for nothing."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from manifests.errors import UsageError
from manifests.model.proof import ProofRecord
from recovery.health import Health, HealthFinding
from recovery.ops.facts import Backups, Execution
from recovery.ops.readiness.document import readiness_document
from recovery.ops.readiness.levels import service_levels
from recovery.ops.readiness.model import (
    Declarations,
    Declared,
    DeclaredLevel,
    Readiness,
    ReadinessCriteria,
    ReadinessRecord,
    ServiceLevel,
    read_declared,
    shipped_criteria,
)
from recovery.ops.readiness.promises import PROMISES
from recovery.ops.readiness.scoring import (
    CHECKLIST,
    Found,
    band,
    health_of,
    planned,
    readiness,
)
from recovery.report.html import page_of
from recovery.report.text import text_of
from tests.unit.looks import NOW, answer, run

CRITERIA = ReadinessCriteria.model_validate(
    {
        "pass": 70,
        "dimensions": [
            {
                "name": "operations",
                "weight": 60,
                "criteria": [
                    {"name": "disaster recovery", "looks": ["status:proof"], "command": "rebound status"},
                    {"name": "on-call", "why": "it is on a wall"},
                ],
            },
            {
                "name": "security",
                "weight": 40,
                "criteria": [{"name": "data", "looks": ["security:vault"], "command": "rebound security"}],
            },
        ],
    }
)  # fmt: skip
SAID = Declared(
    points=20, by="Ann", on=date(2026, 11, 1), expires=date(2027, 1, 1), evidence="the rota"
)

ERROR = "mean absolute error of the model"
ERROR_SAID = DeclaredLevel(
    value=4.27, by="Ann", on=date(2026, 11, 1), expires=date(2027, 1, 1), evidence="the report"
)


def finding(check: str, health: Health, subject: str = "") -> HealthFinding:
    """Return a finding of a check."""
    return HealthFinding(check, subject, health, "so it is", mend="mend it")


def found(*proofs: Health, vault: Health = Health.HEALTHY) -> Found:
    """Return what was looked at: how each part was shown to restore, and how the vault is."""
    return {
        "status": [finding("proof", health) for health in proofs],
        "security": [finding("vault", vault)],
    }


def scored(looks: Found, **declared: Declared) -> Readiness:
    """Return the readiness of what was looked at."""
    said = {f"operations/{name.replace('_', '-')}": item for name, item in declared.items()}
    return readiness(CRITERIA, looks, said, (), project="p", now=NOW)


def test_weights_and_points():
    """A dimension is the share of its points, the score their weighted sum."""
    whole = scored(found(Health.HEALTHY), on_call=SAID)
    assert (whole.score, whole.dimensions) == (100, {"operations": 100, "security": 100})
    half = scored(found(Health.HEALTHY, Health.CRITICAL), on_call=SAID)
    assert half.dimensions == {"operations": 75, "security": 100}
    assert half.score == 85
    assert [(item.name, item.lost) for item in half.gaps] == [("disaster recovery", 15)]


@pytest.mark.parametrize(
    ("health", "points"),
    [(Health.HEALTHY, 20), (Health.WARNING, 10), (Health.UNKNOWN, 0), (Health.CRITICAL, 0)],
)
def test_what_is_not_shown_counts_for_nothing(health: Health, points: float):
    """A part that was never shown to restore is unknown, and so is what was not looked at."""
    assert scored(found(health)).criteria[0].scored == points
    nobody = scored(found())
    assert nobody.criteria[0].scored == 0
    assert (nobody.criteria[0].basis, nobody.criteria[0].on) == ("nobody", None)


@pytest.mark.parametrize(
    ("changes", "points"),
    [
        ({}, 20),
        ({"points": 12}, 12),
        ({"expires": date(2026, 12, 4)}, 0),
        ({"on": date(2026, 12, 5)}, 0),
    ],
    ids=["valid", "some", "expired", "not yet"],
)
def test_declared(changes: dict[str, Any], points: float):
    """What somebody says counts until it expires, with his name."""
    item = scored(found(Health.HEALTHY), on_call=SAID.model_copy(update=changes)).criteria[1]
    assert item.scored == points
    assert "Ann says so" in item.evidence
    assert ("until" in item.evidence) == (points > 0)


def test_declarations_are_read(tmp_path: Path):
    """Each has a name, a day and an end, and is of something that nothing can look at."""
    path = tmp_path / "said.json"
    said = json.loads(SAID.model_dump_json())
    level = json.loads(ERROR_SAID.model_dump_json())
    path.write_text(json.dumps({"documentation/API": said, f"promised/{ERROR}": level}))
    assert read_declared(path) == Declarations(
        criteria={"documentation/API": SAID}, levels={ERROR: ERROR_SAID}
    )
    assert read_declared(None) == Declarations()
    for wrong in (
        {"documentation/API": {**said, "by": ""}},
        {"documentation/API": {**said, "expires": said["on"]}},
        {"documentation/API": {**said, "points": 21}},
        {"operations/disaster recovery": said},
        {"operations/alerting": said},
        {"weather": said},
        {"promised/weather": level},
        {f"promised/{ERROR}": {**level, "value": "much"}},
        {f"promised/{ERROR}": {**level, "is_met": True}},
        {f"promised/{ERROR}": said},
        {"promised/tables are fresh": level},
        [],
    ):
        path.write_text(json.dumps(wrong))
        with pytest.raises(UsageError):
            read_declared(path)


def test_shipped_criteria():
    """Six dimensions of five criteria, a hundred points each; disaster recovery is never declared."""
    shipped = shipped_criteria()
    weights = {item.name: item.weight for item in shipped.dimensions}
    assert weights == {
        "data pipeline": 25, "model": 20, "operations": 20, "infrastructure": 15,
        "documentation": 10, "security": 10,
    }  # fmt: skip
    for dimension in shipped.dimensions:
        assert sum(item.points for item in dimension.criteria) == 100
        assert all(bool(item.looks) == bool(item.command) for item in dimension.criteria)
        assert all(bool(item.looks) != bool(item.why) for item in dimension.criteria)
    assert shipped.dimensions[2].criteria[2].looks == ("status:proof",)
    with pytest.raises(ValueError, match="a hundred"):
        ReadinessCriteria(**{"pass": 70}, dimensions=shipped.dimensions[:1])


def test_checklist():
    """What was not looked at is not so."""
    everything: Found = {
        look: [
            finding(check if check != "*" else "clock", Health.HEALTHY)
            for looks in CHECKLIST.values()
            for name, _, check in [it.partition(":") for it in looks]
            if name == look
        ]
        for look in ("ops", "doctor", "security", "status")
    }
    for looks in CHECKLIST.values():
        everything["doctor"].extend(())  # type: ignore[attr-defined]
        assert looks
    whole = scored(everything)
    assert dict(whole.checklist) == dict.fromkeys(CHECKLIST, True)
    assert not any(is_so for _, is_so in scored({}).checklist)


def test_plan_and_bands():
    """What costs most is closed first; a score below the pass line is critical."""
    gaps = scored(found(Health.UNKNOWN, vault=Health.WARNING), on_call=SAID).gaps
    assert [(item.name, item.lost) for item in gaps] == [("disaster recovery", 30), ("data", 20)]
    assert {days: len(its) for days, its in planned(gaps).items()} == {30: 2, 60: 0, 90: 0}
    assert [band(score) for score in (95, 85, 75, 65, 10)] == [
        "excellent", "good", "fair", "marginal", "poor",
    ]  # fmt: skip
    assert health_of(scored(found(Health.UNKNOWN))) is Health.CRITICAL
    assert health_of(scored(found(Health.HEALTHY), on_call=SAID)) is Health.WARNING


def test_service_levels():
    """What was measured is told beside the target; what was not is not known to be kept."""
    facts = {
        "feature-completeness": answer(
            {"feature": "minutes_played", "records": 100, "present": 97},
            {"feature": "usage_rate", "records": 100, "present": 94},
        ),
        "freshness": answer({"days_behind": 1}, {"days_behind": None}),
        "season-coverage": answer({"percent": 40.0}, {"percent": 92.0}),
        "workflows": [
            Execution("a", "SUCCEEDED"),
            Execution("b", "FAILED"),
            Execution("c", "MISSING"),
        ],
        "schedules": [{"state": "ENABLED", "status": {"code": 7}}, {"state": "ENABLED"}],
        "backups": Backups((run("a", 27),)),
        "feature-availability": answer({"player_games": 8, "with_features": 4, "percent": 50.0}),
        "backfill-rate": answer({"dates_an_hour": 6.0}, {"dates_an_hour": 24.0}),
    }
    proof = ProofRecord(
        recovery_id="x", scenario="bigquery-dataset-loss", how="drill", proven_at=NOW,
        seconds=3600, parts=(),
    )  # fmt: skip
    levels = {item.name: item for item in service_levels(facts, (proof,), {}, NOW)}
    assert {name: item.is_met for name, item in levels.items() if item.measured} == {
        "features are complete": False,
        "critical features that are missing": False,
        "phases 3 and 4 succeed": True,
        "schedules end well": False,
        "phases 1 and 2 succeed": False,
        "a recovery loses": False,
        "recovery after bigquery-dataset-loss": True,
        "features are there": False,
        "a backfill does in an hour": False,
    }
    assert levels["a backfill does in an hour"].measured == "6 dates, the slowest of 2"
    assert levels["tables are fresh"].is_met is None
    assert levels["recovery after gcs-bucket-corruption"].is_met is None
    nothing = tuple(service_levels({}, (), {}, NOW))
    assert all(item.is_met is None and item.why for item in nothing)


@pytest.mark.parametrize(
    ("changes", "is_met", "measured"),
    [
        ({}, True, "4.27"),
        ({"value": 4.51}, False, "4.51"),
        ({"value": 4.5}, True, "4.5"),
        ({"expires": date(2026, 12, 4)}, None, ""),
        ({"on": date(2026, 12, 5)}, None, ""),
    ],
    ids=["kept", "missed", "just kept", "expired", "not yet"],
)
def test_what_people_measure(changes: dict[str, Any], is_met: bool | None, measured: str):  # noqa: FBT001 - of a table
    """They tell a number, who they are and until when; whether the promise is kept is computed."""
    said = {ERROR: ERROR_SAID.model_copy(update=changes)}
    levels = {item.name: item for item in service_levels({}, (), said, NOW)}
    assert (levels[ERROR].is_met, levels[ERROR].measured) == (is_met, measured)
    assert levels[ERROR].basis == "declared"
    assert "Ann says so" in levels[ERROR].evidence
    others = [levels[name] for name in PROMISES if name != ERROR]
    assert {(item.is_met, item.basis) for item in others} == {(None, "nobody")}


def test_more_is_better_where_it_was_promised_so():
    """A share has a least, a time has a most."""
    assert PROMISES["availability"].is_met_by(99)
    assert not PROMISES["availability"].is_met_by(98.9)
    assert PROMISES["somebody begins with a P0"].target == "at most 1 h"
    with pytest.raises(ValueError, match="known by something"):
        ServiceLevel(name="a", target="b", measured="c", is_met=True)


def test_document():
    """The score, what is missing, each criterion with its evidence, and how the score went."""
    past = tuple(
        ReadinessRecord(looked_at=NOW - timedelta(days=days), score=score, dimensions={})
        for days, score in ((1, 60.0), (30, 40.0))
    )
    made = readiness(
        CRITERIA, found(Health.UNKNOWN), {"operations/on-call": SAID}, service_levels({}, (), {}, NOW),
        project="p", now=NOW, past=past,
    )  # fmt: skip
    text = text_of(readiness_document(made))
    assert "70 of 100, fair; 70 are enough" in text
    assert "within 30 days:\n  operations/disaster recovery: 30.00, `rebound status`" in text
    assert "2026-11-04 to 2026-12-04" in text
    assert "NOT SO" in text
    page = page_of(readiness_document(made))
    assert "<svg" in page
    assert "Ann says so" in page
