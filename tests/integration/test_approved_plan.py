"""A plan that is written to a file, approved, and carried out as it is."""

import json
from pathlib import Path

from tests.harness import Rebound
from tests.integration import lake
from tests.integration.damages import DAMAGES, destroy
from tests.integration.state import state
from tests.served import Function

SCENARIO = "bigquery-dataset-loss"


def test_approved_plan(rebound: Rebound, function: Function, tmp_path: Path):
    """A plan in a file is carried out as it is, unless anything it is about was written since."""
    function.complete("night")
    before = state(rebound)
    destroy(rebound, DAMAGES["partition missing"])
    file = str(tmp_path / "plan.json")
    rebound.run("plan", SCENARIO, "--out", file)
    games = f"`{rebound.project}.{lake.GAMES}`"
    other = "INSERT INTO {} (game_id, game_date) VALUES ('late', DATE '2024-01-06')"
    rebound.query(other.format(games))
    moved = rebound.run("recover", "--plan", file, "--yes", code=5).stderr
    assert f"the world is not what the plan saw: {lake.GAMES}" in moved
    rebound.query(f"DELETE FROM {games} WHERE game_id = 'late'")
    rebound.run("plan", SCENARIO, "--out", file)
    refused = rebound.run("recover", "--plan", file, "--exact", "--yes", code=2).stderr
    assert "`exact` is a part of the plan that `--plan` names" in refused
    planned = json.loads(Path(file).read_text(encoding="utf-8"))["plan"]
    assert rebound.json("recover", "--plan", file, "--yes")["plan"] == planned
    assert state(rebound) == before
