"""Whoever can write ten thousand names into the vault stops no night, no list and no expiry."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from manifests.run_folders import FEW, MOST_BEGUN
from tests.harness import Rebound
from tests.integration.forged_runs import NIGHT, states
from tests.served import serving

MANY = FEW + 20
DAYS_AGO = 30 * 24 * 60
AFTER = "the-night-after"


@pytest.fixture
def planted(rebound: Rebound) -> Iterator[None]:
    """Plant folders of a month ago; none is left after the test."""
    with rebound.cloud.minutes_ago(DAYS_AGO), ThreadPoolExecutor(8) as pool:
        names = [f"runs/planted-{number}/x" for number in range(MANY)]
        list(pool.map(lambda name: rebound.vault.blob(name).upload_from_string(b""), names))
    yield
    for blob in rebound.vault.list_blobs(prefix="runs/planted-"):
        blob.delete()


@pytest.mark.usefixtures("planted")
def test_planted_folders_stop_no_night_and_expire(rebound: Rebound):
    """A night builds on the genuine run, nothing of the folders is asked for, and they expire."""
    rebound.cloud.order(
        "storage",
        "faults",
        operation=r"storage\.objects\.(get|list)",
        kind="latency",
        seconds=0,
        times=1_000_000,
        match="planted-",
    )
    with serving(rebound) as function:
        function.complete(AFTER)
    assert rebound.json("plan", "bigquery-dataset-loss")["run_id"] == AFTER
    assert sum(item["fired"] for item in rebound.cloud.clear_faults("storage")) < 10
    after = rebound.manifest(AFTER)
    assert {export.run_id for table in after.tables for export in table.exports} == {NIGHT}
    assert states(rebound) == {NIGHT: "complete", AFTER: "complete", "planted-0": "damaged"}
    told = rebound.run("verify", code=4)
    assert f"{MANY - 1} more folders with no manifest" in told.stderr

    dry = rebound.json("expire")
    assert sum(not item["keep"] for item in dry) == MANY
    assert states(rebound)["planted-0"] == "damaged"
    rebound.run("expire", "--yes")
    assert not list(rebound.vault.list_blobs(prefix="runs/planted-"))
    assert states(rebound) == {NIGHT: "complete", AFTER: "complete"}


@pytest.mark.usefixtures("planted")
def test_nothing_is_pruned_while_runs_that_were_begun_are_not_looked_into(rebound: Rebound):
    """One of them can go on, and need what nothing else lists."""
    names = [f"runs/planted-{number}/start.json" for number in range(MOST_BEGUN + 10)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: rebound.vault.blob(name).upload_from_string(b"{"), names))
    told = rebound.run("prune", code=5).stderr
    assert "10 runs are not looked into, so that what they need is not known" in told
