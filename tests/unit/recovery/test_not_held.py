"""A recovery of all that a run holds is not one of all that is protected."""

import pytest

from manifests.catalog import Catalog
from manifests.errors import UsageError
from recovery.plan.not_held import with_not_held
from tests.unit.samples import catalog, manifest
from tests.unit.worlds import plan, world


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


def test_nothing_is_no_recovery():
    """What leaves everything out would end well, and nothing would be recovered."""
    with pytest.raises(UsageError, match="leaves nothing to recover"):
        plan(world(), exclude=("nba", "ref"))
