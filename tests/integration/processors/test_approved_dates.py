"""A plan of missed dates that is written to a file, approved, and run as it is."""

import json
from pathlib import Path

from tests.integration.processors import platform
from tests.integration.processors.platform import GAME_DAYS
from tests.integration.processors.services import Phases
from tests.integration.processors.test_rerun import SCENARIO, platform_of


def test_an_approved_plan_is_run_as_it_is(phases: Phases, tmp_path: Path):
    """Another date that lacks is another plan; what was approved is run, and nothing beside it."""
    league, file = platform_of(phases), str(tmp_path / "plan.json")
    before = platform.counts(league, "teams")
    platform.lose(league, "teams", GAME_DAYS[0])
    league.run("plan", SCENARIO, "--processor", "teams", "--out", file)
    platform.lose(league, "teams", GAME_DAYS[1])
    moved = league.run("recover", "--plan", file, "--yes", code=5).stderr
    assert "the world is not what the plan saw: teams" in moved
    assert not phases.calls
    league.run("plan", SCENARIO, "--processor", "teams", "--out", file)
    beside = league.run("recover", "--plan", file, "--date", str(GAME_DAYS[0]), "--yes", code=2)
    assert "`date` is a part of the plan that `--plan` names" in beside.stderr
    report = league.json("recover", "--plan", file, "--yes")
    assert report["plan"] == json.loads(Path(file).read_text(encoding="utf-8"))["plan"] | {
        "observed_at": report["plan"]["observed_at"]
    }
    assert platform.counts(league, "teams") == before
    vault = ("plan", SCENARIO, "--from-vault", "--out", file)
    assert "each with a plan of its own" in league.run(*vault, code=2).stderr
