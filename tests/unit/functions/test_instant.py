from datetime import UTC, datetime, timedelta

import pytest

from functions.exports.tables.datasets import gone_since
from functions.instant import current_run, serving_point
from manifests.model import FailedAttempt, Owner, RunId
from manifests.store import Vault
from tests.unit.samples import POINT, RUN, MemoryBucket, catalog, manifest

NOW = datetime(2026, 11, 24, 8, 1, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("seconds_ago", "point"),
    [
        ([], POINT),
        ([3600.0, 31.0], POINT),
        ([30.0], POINT),
        ([3600.0, 29.999], POINT + MINUTE),
        ([0.0], POINT + MINUTE),
    ],
)
def test_point_that_serves_every_table(seconds_ago: list[float], point: datetime):
    """The last whole minute serves, unless a table was made since: then the next one does."""
    created = [NOW - timedelta(seconds=seconds) for seconds in seconds_ago]
    assert serving_point(NOW, created) == point


def test_run_that_takes_the_place_of_others():
    """A schedule's time has another run after each that can never be complete, and no other."""
    vault = Vault(MemoryBucket(), Owner(platform="lake", project="p"), clock=lambda: NOW)
    for failed, current in ((RUN, f"{RUN}-r2"), (f"{RUN}-r2", f"{RUN}-r3")):
        ended = FailedAttempt(run_id=RunId(failed), attempted_at=NOW, failures=())
        vault.record_failure(ended)
        assert current_run(vault, RUN) == failed
        vault.record_failure(ended, is_last=True)
        assert current_run(vault, RUN) == current


def test_tables_that_are_gone_are_told():
    """Of a dataset of which all tables are protected nobody else would miss one."""
    protected = catalog(
        tables=[{"table": "ref.nothing-yet", "group": "g"}],
        datasets=[{"dataset": "nba", "group": "g", "tables": "all"}],
    )
    assert gone_since(protected, manifest(), ["nba.games"]) == ("nba.arrivals",)
    assert gone_since(protected, manifest(), ["nba.games", "nba.arrivals"]) == ()
