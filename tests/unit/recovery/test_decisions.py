"""A decision shows nothing, and before it holds no more that is told, with what it covers and what to do."""

from datetime import timedelta
from typing import Any

from manifests.catalog import Catalog, load_catalog
from manifests.catalog_decisions import NOBODY
from manifests.catalog_drills import DrillRule
from recovery.health import Health
from recovery.lapsing import lapsing_findings, unconfirmed_findings
from recovery.status.model import PartFacts, PartName, Point, Status
from recovery.status.rules import answer_of, part_status
from tests.unit.samples import POINT, RUN, catalog

NOW = POINT + timedelta(hours=8)


def decision(days: int, *parts: str) -> dict[str, Any]:
    """Return that somebody lives with what no drill shows, for some days."""
    return {
        "parts": parts,
        "decided_by": "ada",
        "decided_on": f"{NOW:%Y-%m-%d}",
        "until": f"{NOW + timedelta(days=days):%Y-%m-%d}",
        "why": "read",
    }


def test_where_nothing_was_ever_shown_nobody_knows():
    """Whatever somebody decided: the answer is no yes, and the state is no healthy one."""
    label = "resources run/service"
    rule = DrillRule.model_validate({"not_shown": [decision(30, label)]})
    part, newest = PartName("resources", "run/service"), Point(RUN, POINT, things=6, size_bytes=100)
    facts = PartFacts(part, label, is_required=True, newest=newest, whole=None, some=None)
    found = part_status(facts, rule, now=NOW)
    answer = answer_of((found,), now=NOW)
    assert answer.startswith("Nobody knows: of 1 part the oldest recovery point is of 8 h ago, and")
    assert f"nothing was shown to restore. 1 are shown by no drill, by decision: {label}." in answer
    alone = Status(
        project="p", platform="b", looked_at=NOW, answer=answer, parts=(found,), others=()
    )
    assert (found.health, alone.health) == (Health.HEALTHY, Health.UNKNOWN)
    assert (found.proven, alone.not_shown) == ("none", (label,))


def test_a_decision_is_told_of_before_it_lapses():
    """From thirty days before its last day on, with what it covers; but not where it was taken again."""
    part, services = "resources run/service", {"kind": "service", "names": ["dataform.*", "a.*"]}
    shown = decision(60, part, "a.one")
    omitted = {**shown, **services}
    del omitted["parts"]

    def told(days: int, *more: dict[str, object]) -> list[str]:
        known = catalog(drills={"not_shown": [shown]}, left_out=[omitted, *more])
        found = list(lapsing_findings(known, NOW.date() + timedelta(days=days)))
        assert {item.health for item in found} <= {Health.WARNING}
        assert all("a later day and the name of who answers" in item.mend for item in found)
        return [item.what for item in found]

    assert told(29) == told(61) == []
    until = f"{NOW + timedelta(days=60):%Y-%m-%d}"
    for days in (30, 60):
        first, second = told(days)
        assert first.startswith(f"the decision of ada until {until} lapses then, about 2 parts")
        assert "1 service" not in second
        assert "what is in no backup: 2 services: dataform.*, a.*" in second
    later = {**omitted, "until": f"{NOW + timedelta(days=61):%Y-%m-%d}", "names": ["data*"]}
    assert "1 service: a.*" in told(40, later)[1]


def test_the_shipped_catalog_warns_before_its_decisions_lapse():
    """Nobody of the platform took them, and all of them end on one day."""
    shipped = load_catalog()
    last = min(item.until for item in (*shipped.drills.not_shown, *shipped.left_out))
    assert list(lapsing_findings(shipped, last - timedelta(days=31))) == []
    found = list(lapsing_findings(shipped, last - timedelta(days=30)))
    assert len(found) == len(shipped.drills.not_shown) + len(shipped.left_out)


def test_what_no_owner_has_confirmed_is_a_warning():
    """The shipped decisions are nobody's until somebody puts a name there, or they hold no more."""
    shipped = load_catalog()
    decisions = (*shipped.drills.not_shown, *shipped.left_out)
    on = max(item.decided_on for item in decisions)
    (found,) = unconfirmed_findings(shipped, on)
    assert found.health is Health.WARNING
    assert found.what.startswith(f"{len(decisions)} decisions nobody has confirmed")
    assert "rebound doctor" in found.mend
    owned = Catalog.model_validate_json(shipped.model_dump_json().replace(NOBODY, "ada"))
    after = max(item.until for item in decisions) + timedelta(days=1)
    assert [*unconfirmed_findings(owned, on), *unconfirmed_findings(shipped, after)] == []
