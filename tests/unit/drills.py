"""A drill that began, and what it went through."""

from datetime import UTC, datetime

from manifests import drill_layout
from manifests.model.drill import Control
from manifests.values import RunId
from recovery.drill.model import (
    Criteria,
    DrillBegun,
    DrilledPart,
    Phase,
)
from recovery.drill.phases import ORDER
from recovery.kinds.places import Places
from tests.unit.samples import POINT

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
CRITERIA = Criteria(rto_seconds=60, rpo_seconds=86400)
PLACES = Places("ab12cd34")
DRILL_ID = drill_layout.drill_id("bigquery-dataset-loss", NOW, "ab12cd34")
BEGUN = DrillBegun(
    drill_id=DRILL_ID,
    scenario="bigquery-dataset-loss",
    threat="tables",
    is_sample=False,
    criteria=CRITERIA,
    criteria_from="",
    criteria_digest="0",
    scope=("tables",),
    out_of_scope=(),
    sandbox="a-sandbox",
    isolation=("it has the label",),
    operator="mia",
    approver="",
    run_id=RunId("night"),
    recovery_point=POINT,
    chosen="newest",
    is_newest=True,
    passed_over=(),
    began_at=NOW,
    rebound_version="0.1.0",
    manifest_digest="0",
    catalog_digest="0",
)
PART = DrilledPart(
    label="table nba.games", into="x", state="proven", held=6, restored=6, lost_seconds=9
)
CAUGHT = Control(
    name="a changed row",
    subject="x",
    check="fingerprints",
    is_planted=True,
    is_caught=True,
    what="y",
)
PHASES = tuple(Phase(name=name, state="SUCCEEDED", began_at=NOW, seconds=2) for name in ORDER)
