"""A plan that is written to a file, approved, and carried out as it is."""

import json
from pathlib import Path

from tests.harness import Rebound
from tests.integration import bucket_objects, lake
from tests.integration.damages import DAMAGES, destroy
from tests.integration.orchestration import State
from tests.integration.state import state
from tests.served import Function, serving
from tests.standin.cloud import Cloud
from tests.standin.firestore.creation import create_database
from tests.sweep.world import DOCUMENTS, OBJECTS, make_platform

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
    done = rebound.json("recover", "--plan", file, "--yes")
    assert done["plan"] == planned
    assert state(rebound) == before
    undo_as_approved(rebound, done["recovery_id"], tmp_path / "undo.json")


def undo_as_approved(rebound: Rebound, recovery: str, file: Path) -> None:
    """Undo a recovery by a plan in a file, which another write voids."""
    recovered = state(rebound)
    made = rebound.run("undo", recovery, "--out", str(file))
    assert "put back" in made.stdout
    assert f"`rebound undo --plan {file}` carries it out" in made.stderr
    assert state(rebound) == recovered
    games = f"`{rebound.project}.{lake.GAMES}`"
    rebound.query(f"INSERT INTO {games} (game_id, game_date) VALUES ('late', DATE '2024-01-03')")
    words = ("undo", "--plan", str(file))
    moved = rebound.run(*words, "--yes", code=5).stderr
    assert f"the world is not what the plan saw: table {lake.GAMES}" in moved
    rebound.query(f"DELETE FROM {games} WHERE game_id = 'late'")
    for beside in ((recovery,), ("--plan-only",)):
        rebound.run(*words, *beside, "--yes", code=2)
    other = rebound.run("recover", "--plan", str(file), "--yes", code=2).stderr
    assert "it is a plan that `rebound undo --out` wrote" in other
    assert "nobody is there to say yes" in rebound.run(*words, code=5).stderr
    rebound.run(*words, "--yes")
    assert state(rebound) != recovered


def test_approved_repair(rebound: Rebound, function: Function, tmp_path: Path):
    """Just the rows that were approved go and come back, or none."""
    function.complete("night")
    before = state(rebound)
    games, file = f"`{rebound.project}.{lake.GAMES}`", tmp_path / "repair.json"
    job = rebound.bigquery_client.query(f"DELETE FROM {games} WHERE game_id IN ('g1', 'g2')")
    job.result()
    damaged = state(rebound)
    words = ("repair", lake.GAMES, "--job", job.job_id, "--key", "game_id")
    assert "rows that come back" in rebound.run(*words, "--out", str(file)).stdout
    assert state(rebound) == damaged
    shown = rebound.json(*words, "--plan-only")
    assert shown["found"]["rows"]["coming"] == 2
    rebound.query(f"INSERT INTO {games} (game_id, game_date) VALUES ('late', DATE '2024-01-02')")
    words = ("repair", "--plan", str(file), "--yes")
    moved = rebound.run(*words, code=5).stderr
    assert "the world is not what the plan saw: what the table holds" in moved
    rebound.query(f"DELETE FROM {games} WHERE game_id = 'late'")
    told = rebound.run("repair", lake.GAMES, "--plan", str(file), "--yes", code=2).stderr
    assert "`table` is a part of the plan that `--plan` names" in told
    rebound.run(*words)
    assert state(rebound) == before
    scratch = rebound.bigquery_client.list_tables("rebound_scratch")
    assert not [item.table_id for item in scratch if "repair" in item.table_id]


def test_approved_plan_of_objects_and_documents(cloud: Cloud, tmp_path: Path):
    """Another write of what differs already is another world, although every count is the same."""
    with cloud.minutes_ago(90):
        # Older than what it keeps: when its earliest version was moves on.
        create_database("approved", recoverable=False)
    rebound = make_platform(cloud, tmp_path, "approved")
    with serving(rebound) as function:
        function.complete("night")
    raw = rebound.storage_client.bucket(bucket_objects.platform(rebound))

    def damage(text: str) -> None:
        bucket_objects.put(raw, OBJECTS[0], text.encode())
        State(rebound).write({next(iter(DOCUMENTS)): {"done": {"text": text}}})

    for scenario, name in (
        ("gcs-bucket-corruption", f"bucket {raw.name}"),
        ("firestore-state-loss", "database (default)"),
    ):
        damage("one")
        file = str(tmp_path / scenario)
        rebound.run("plan", scenario, "--overwrite", "*", "--out", file)
        damage("two")
        moved = rebound.run("recover", "--plan", file, "--yes", code=5).stderr
        assert f"the world is not what the plan saw: {name}" in moved
        rebound.run("plan", scenario, "--overwrite", "*", "--out", file)
        rebound.run("recover", "--plan", file, "--yes")
