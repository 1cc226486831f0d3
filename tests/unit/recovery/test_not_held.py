"""A recovery of all that a run holds is not one of all that is protected."""

from datetime import timedelta

import pytest

from manifests.catalog import Catalog
from manifests.errors import NotEqualError, UsageError
from recovery.kinds.decision import Origin
from recovery.outcome import RecoveryReport
from recovery.plan.model import Plan
from recovery.plan.not_held import with_not_held
from recovery.plan.whole import make_plan
from recovery.report.conclusion import outcome_error, state_of
from tests.unit.samples import POINT, catalog, manifest
from tests.unit.worlds import plan, request, world


def naming(*tables: str) -> Catalog:
    """Return a catalog of these tables and a bucket."""
    entries = [{"table": name, "group": "g"} for name in tables]
    return catalog(tables=entries, buckets=[{"bucket": "raw-files"}])


def test_what_the_run_lacks_is_named():
    """Of the kinds that the scenario is about, unless it was left out, or something was named."""
    named = naming("nba.games", "nba.lost", "nba.left_out")
    made = with_not_held(plan(world(), exclude=("nba.games",)), named, manifest())
    assert made.cannot_bring_back[:2] == tuple(
        f"nba.{name}: the run does not hold it; an older one may, see `rebound list`"
        for name in ("lost", "left_out")
    )
    whole = with_not_held(plan(world()), naming("nba.games"), manifest())
    assert not any("does not hold" in line for line in whole.cannot_bring_back)
    some = with_not_held(plan(world(), tables=("nba.games",)), named, manifest())
    assert not any("does not hold" in line for line in some.cannot_bring_back)


def test_what_the_run_lacks_is_not_proven():
    """A scenario asks for all that is protected: what its run does not hold makes it no success."""
    ended = report(with_not_held(plan(world()), naming("nba.games", "nba.lost"), manifest()))
    assert not ended.is_proven
    error = outcome_error(ended)
    assert isinstance(error, NotEqualError)
    assert "it does not hold nba.lost" in error.message
    assert "`--exclude nba.lost` asks for the rest" in error.hint
    assert state_of(ended, None)[0] == "not equal"
    origin = Origin(manifest(), protected=frozenset({"nba.lost"}))
    for asked in (request(exclude=("nba.lost",)), request(tables=("nba.games",))):
        made = with_not_held(
            make_plan(origin, {"tables": world()}, asked),
            naming("nba.games", "nba.lost"),
            manifest(),
        )
        assert outcome_error(report(made)) is None


def report(made: Plan) -> RecoveryReport:
    """Return the report of a plan of which everything is proven."""
    return RecoveryReport(
        recovery_id="r",
        plan=made,
        started_at=POINT,
        finished_at=POINT + timedelta(minutes=1),
        outcomes=(),
    )


def test_nothing_is_no_recovery():
    """What leaves everything out would end well, and nothing would be recovered."""
    with pytest.raises(UsageError, match="leaves nothing to recover"):
        plan(world(), exclude=("nba", "ref"))
