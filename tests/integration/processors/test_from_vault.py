"""Dates come back from the backup, as far as it holds them."""

from collections.abc import Callable
from pathlib import Path

from tests.harness import Rebound
from tests.integration.lake import rows
from tests.integration.processors import platform
from tests.integration.processors.platform import GAME_DAYS, TABLES
from tests.integration.processors.services import Phases
from tests.served import serving

SCENARIO = "processor-failure"


def test_dates_come_back_as_far_as_the_backup_holds_them(phases: Phases):
    """What it holds is equal to what was there; what it lacks is told, still lacks, and is run."""
    assert phases.rebound is not None
    league, later = phases.rebound, GAME_DAYS[-1]
    table = f"{TABLES['players']}"
    kept = GAME_DAYS[3:5]
    # A night goes back to a whole minute, and that has to lie behind the loss.
    with league.cloud.minutes_ago(3):
        platform.lose(league, "players", later)
    with serving(league) as function:
        function.complete("before")
    league.query(platform.written("players", [later]))
    before = rows(league, table)
    platform.lose(league, "players", *kept, later)
    shown = league.run("plan", SCENARIO, "--from-vault").stdout
    assert f"{table}: {later}" in shown.split("NOT HELD")[1]
    assert f"{table}: {kept[0]} to {kept[1]}" in shown.split("bring back")[1]
    league.run("recover", SCENARIO, "--from-vault", code=5)
    failed = league.run("recover", SCENARIO, "--from-vault", "--yes", code=7)
    assert "dates still lack: players 1" in failed.stderr
    assert not phases.calls
    back = set(rows(league, table))
    assert back < set(before)
    assert set(platform.counts(league, "players")) == set(GAME_DAYS) - {later}
    league.run("recover", SCENARIO, "--yes")
    assert phases.asked == [("players", later)]


def test_the_run_is_only_named_for_the_backup(new_rebound: Callable[..., Rebound], tmp_path: Path):
    """Where processors run again there is none."""
    made = new_rebound(REBOUND_CATALOG=platform.write_catalog(tmp_path))
    refused = made.run("plan", SCENARIO, "--run", "before", code=2)
    assert "`--run` says nothing" in refused.stderr
