"""Old runs and `rebound expire`: nothing goes unasked, and nothing that a kept run still needs."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.harness import Rebound, minutes_ago
from tests.integration import lake
from tests.served import serving

DAY_MINUTES = 24 * 60
RETENTION = {"keep_days": 1, "keep_at_least": 1, "partial_days": 1}


@pytest.fixture
def rebound(new_rebound: Callable[..., Rebound], tmp_path: Path) -> Iterator[Rebound]:
    """Return a platform with four old runs; `second` lists the files of `first`."""
    made = new_rebound(REBOUND_CATALOG=lake.write_catalog(tmp_path, retention=RETENTION))
    with made.cloud.minutes_ago(6 * DAY_MINUTES):
        lake.create(made)
    with serving(made) as function:
        for days, run_id, full in (
            (5, "first", True),
            (4, "second", False),
            (3, "third", True),
            (2, "fourth", True),
        ):
            function.complete(run_id, full=full, recovery_point=minutes_ago(days * DAY_MINUTES))
    return made


def stored(rebound: Rebound) -> set[str]:
    """Return the runs that have any object in the vault."""
    return {blob.name.split("/")[1] for blob in rebound.vault.list_blobs(prefix="runs/")}


def kept(rebound: Rebound, *words: str) -> set[str]:
    """Run `rebound expire` and return the runs it keeps."""
    return {item["run_id"] for item in rebound.json("expire", *words) if item["keep"]}


def test_what_a_kept_run_needs_is_kept(rebound: Rebound):
    """Without `--yes` nothing goes; with it only what no held and no last run lists files of."""
    everything = {"first", "second", "third", "fourth"}
    rebound.run("hold", "second")
    assert kept(rebound) == {"first", "second", "fourth"}
    assert "would delete third" in rebound.run("expire").stdout
    assert not any(item["deleted"] for item in rebound.json("expire"))
    assert stored(rebound) == everything

    rebound.run("verify", "--all", "--quick")
    told = rebound.json("expire", "--yes")
    assert {item["run_id"] for item in told if item["deleted"]} == {"third"}
    assert stored(rebound) == {"first", "second", "fourth"}
    verdicts = {blob.name for blob in rebound.landing.list_blobs(prefix="verdicts/")}
    assert verdicts == {f"verdicts/{run_id}.json" for run_id in stored(rebound)}


def test_lost_and_false_answers_cost_nothing(rebound: Rebound):
    """Answers lost or false while runs are held, released and deleted do not change what becomes of them."""
    with rebound.cloud.fault("storage", "storage.objects.insert", "lost"):
        rebound.run("hold", "third")
    assert "third" in kept(rebound)
    with rebound.cloud.fault("storage", "storage.objects.delete", "lost"):
        rebound.run("release", "third")
    assert "third" not in kept(rebound)
    rebound.run("hold", "second")
    with rebound.cloud.fault("storage", "storage.objects.delete", "lost", times=3):
        told = rebound.json("expire", "--yes")
    assert {item["run_id"] for item in told if item["deleted"]} == {"third"}
    assert stored(rebound) == {"first", "second", "fourth"}

    # What is once said not to be there is looked for in a listing before anything follows from it.
    newest = rf"{rebound.vault.name}/o/.*fourth.*manifest\.json"
    rebound.run("release", "second")
    with (
        rebound.cloud.fault("storage", "storage.objects.get", "status", status=404, match=newest),
        rebound.cloud.fault("storage", "storage.objects.delete", "status", status=404, times=3),
    ):
        assert kept(rebound, "--yes") == {"fourth"}
    assert stored(rebound) == {"fourth"}


def test_what_the_vault_protects_is_kept(rebound: Rebound):
    """A run or a hold under a retention policy is told until when, and the others go."""
    for blob in rebound.vault.list_blobs(prefix="runs/third/"):
        blob.temporary_hold = True
        blob.patch()
    told = {item["run_id"]: item for item in rebound.json("expire", "--yes")}
    assert told["third"]["reason"].endswith("; protected until a hold of Cloud Storage is released")
    assert stored(rebound) == {"third", "fourth"}

    rebound.run("hold", "third")
    bucket = rebound.vault
    bucket.retention_period = 3600
    bucket.patch()
    refused = rebound.run("release", "third", "fourth", code=5)
    assert re.search(
        r"third: its hold is protected until \d{4}-\d\d-\d\d \d\d:\d\d UTC", refused.stdout
    )
    assert "fourth: was not held" in refused.stdout
    bucket.retention_period = None
    bucket.patch()
    rebound.run("hold", "fourth")
    assert rebound.run("release", "third", "fourth").stdout == "third: released\nfourth: released\n"


def test_a_run_that_is_held_by_the_vault_is_let_go(rebound: Rebound):
    """The event-based holds of a run end, and the retention policy counts from then on."""
    vault = rebound.vault
    for blob in vault.list_blobs(prefix="runs/third/"):
        blob.event_based_hold = True
        blob.patch()
    assert "third" not in kept(rebound)
    vault.retention_period = 3600
    vault.patch()
    told = {item["run_id"]: item for item in rebound.json("expire", "--yes")}
    assert "; protected until 20" in told["third"]["reason"]
    assert not any(blob.event_based_hold for blob in vault.list_blobs(prefix="runs/"))
    assert "third" in stored(rebound)
    vault.retention_period = None
    vault.patch()
    rebound.run("expire", "--yes")
    assert "third" not in stored(rebound)
