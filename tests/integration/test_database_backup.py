"""The backup of Firestore databases, through the served function."""

from collections.abc import Callable
from pathlib import Path

from tests.harness import Rebound, serving
from tests.integration.orchestration import State, awkward, write_catalog


def test_complete_run(new_rebound: Callable[..., Rebound], tmp_path: Path):
    """A run holds every document of every collection as of its recovery point."""
    rebound = new_rebound(REBOUND_CATALOG=write_catalog(tmp_path))
    state = State(rebound)
    with rebound.cloud.minutes_ago(3):
        state.write(awkward(state.name))
    state.write({"phase3_completion/2026-01-02": {"later": True}, "late/document": {}})
    with serving(rebound) as function:
        function.complete("first")
    manifest = rebound.json("show", "first")
    database = manifest["databases"][0]
    assert database["document_count"] == len(awkward(state.name))
