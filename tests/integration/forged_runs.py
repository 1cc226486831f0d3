"""What tests of a vault into which somebody else writes have in common."""

from tests.harness import Rebound

SCENARIO = "bigquery-dataset-loss"
NIGHT, FORGED = "night", "forged"


def states(rebound: Rebound) -> dict[str, str]:
    """Return the state of every run."""
    return {run["run_id"]: run["state"] for run in rebound.json("list")}
