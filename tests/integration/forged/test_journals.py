"""What is told and done of a planted journal of tables is what is there and in the run, whatever it says."""

from google.cloud import bigquery

from tests.harness import Rebound, of_kind
from tests.integration import lake
from tests.integration.forged_runs import NIGHT, PLANTED, SCENARIO, planted


def describe(rebound: Rebound, text: str) -> None:
    """Describe the dataset, as somebody does."""
    changed = bigquery.Dataset(f"{rebound.project}.{lake.DATASET}")
    changed.description = text
    rebound.bigquery_client.update_dataset(changed, ["description"])


def test_a_dataset_that_was_there_is_not_set_as_one_that_was_made(rebound: Rebound):
    """A journal that says that a recovery made it has it set to what it was, which nobody asked for.

    What differs is told, and left; so is that every table is equal, and what no recovery brings back.
    """
    plan = rebound.json("plan", SCENARIO, "--run", NIGHT) | {"cannot_bring_back": ["a song"]}
    of_kind(plan, "dataset")[0] |= {"action": "create"}
    describe(rebound, "of somebody")
    try:
        with planted(rebound, plan):
            told = rebound.run("resume", PLANTED, "--yes", code=7).stdout
        assert "description" in told
        assert "(left alone; `--settings` sets it back)" in told
        assert "already equal" in told
        assert "by now" not in told
        assert "rows written after" in told
        assert "a song" not in told
        found = rebound.bigquery_client.get_dataset(lake.DATASET)
        assert found.description == "of somebody"
    finally:
        describe(rebound, "A small lake")


def test_what_a_journal_leaves_out_is_decided_anew(rebound: Rebound):
    """A view of which it says nothing, or that it leaves, would be called recovered, as nobody looked.

    Rows are counted anew.
    """
    hidden, left = (f"{rebound.project}.{lake.DATASET}.{name}" for name in ("busiest", "busy"))
    for view in (hidden, left):
        rebound.bigquery_client.delete_table(view)
    rebound.query(f"DELETE FROM `{rebound.project}.{lake.GAMES}` WHERE TRUE")
    plan = rebound.json("plan", SCENARIO, "--run", NIGHT)
    (changed,) = (item for item in of_kind(plan, "table") if item["action"] == "fill")
    changed["rows"] = 10**9
    plan["steps"] = [item for item in plan["steps"] if item["name"] != "lake.busiest"]
    (of_left,) = (item for item in plan["steps"] if item["name"] == "lake.busy")
    of_left |= {"action": "leave", "findings": []}
    with planted(rebound, plan):
        # It says that it began long ago, so that its objective is missed.
        told = rebound.run("resume", PLANTED, "--yes", code=8).stdout
    assert "1,000,000,000" not in told
    for view in (hidden, left):
        assert f"proven    view lake.{view.rpartition('.')[2]}" in told
        assert rebound.bigquery_client.get_table(view)
