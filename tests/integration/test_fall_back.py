"""A run with a damaged file: what leans on it comes from the newest older run in which it is whole."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from google.cloud import storage

from tests.harness import Rebound, minutes_ago
from tests.integration import bucket_objects, lake
from tests.integration.orchestration import State
from tests.served import serving
from tests.standin.cloud import Cloud
from tests.sweep.world import DOCUMENTS, OBJECTS, make_platform

OLDER, RUN = "older", "night"
TABLES = "bigquery-dataset-loss"
ALLOWED = ("--run", RUN, "--overwrite", "*", "--access")
HELD = ("tables/lake.games/**.avro", "buckets/**/inventory/*", "databases/**.avro")


class Nights(NamedTuple):
    """A platform, and what was there in each of its two runs."""

    rebound: Rebound
    older: dict[str, object]
    newer: dict[str, object]


@pytest.fixture
def nights(cloud: Cloud, tmp_path: Path) -> Iterator[Nights]:
    """Return a platform of all three services that changed between two full runs."""
    made = make_platform(cloud, tmp_path, f"fall-back-{time.time_ns()}")
    with serving(made) as function:
        function.complete(OLDER, full=True, recovery_point=minutes_ago(3))
        older = held(made)
        with cloud.minutes_ago(2):
            for table, column in ((lake.GAMES, "points"), (lake.TYPES, "id")):
                made.query(f"UPDATE `{made.project}.{table}` SET {column} = 7 WHERE TRUE")
            bucket_objects.put(protected(made), OBJECTS[0], b"newer")
            State(made).write({path: {"done": {"count": 50}} for path in DOCUMENTS})
        function.complete(RUN, full=True, recovery_point=minutes_ago(0))
        yield Nights(made, older, held(made))


def protected(rebound: Rebound) -> storage.Bucket:
    """Return the protected bucket."""
    return rebound.storage_client.bucket(bucket_objects.platform(rebound))


def held(rebound: Rebound) -> dict[str, object]:
    """Return what is there of all three services."""
    return {
        lake.GAMES: lake.rows(rebound, lake.GAMES),
        lake.TYPES: lake.rows(rebound, lake.TYPES),
        "objects": bucket_objects.looked_at(protected(rebound)),
        "documents": State(rebound).content(),
    }


def lose_file(rebound: Rebound, run_id: str, which: str) -> None:
    """Delete the first stored file of a run that a pattern names."""
    found = rebound.vault.list_blobs(match_glob=f"runs/{run_id}/{which}")
    min(found, key=lambda blob: str(blob.name)).delete()


def leaves_what_is_damaged(rebound: Rebound) -> None:
    """An outage is planned all the same: what is damaged is named, and the others come back."""
    outage = rebound.run("plan", "complete-outage", *ALLOWED, code=4)
    assert outage.stdout.count("DAMAGED, left") == 2
    assert f" {lake.TYPES}: " in outage.stdout
    assert "its backup is damaged, and is left: " in outage.stderr


def test_what_is_damaged_falls_back(nights: Nights, tmp_path: Path):
    """Without the word nothing happens; with it each part has its own point, told before and after."""
    rebound = nights.rebound
    for which in HELD:
        lose_file(rebound, RUN, which)
    for name in ("games", "types"):
        rebound.query(f"TRUNCATE TABLE `{rebound.project}.{lake.DATASET}.{name}`")
    protected(rebound).blob(OBJECTS[0]).delete()
    State(rebound).lose(next(iter(DOCUMENTS)))
    lost = held(rebound)
    for words in ((TABLES, "--from-vault"), ("gcs-bucket-corruption",), ("firestore-state-loss",)):
        refused = rebound.run("recover", *words, *ALLOWED, "--yes", code=4).stderr
        assert "`--fall-back` takes what is damaged" in refused
    assert held(rebound) == lost
    leaves_what_is_damaged(rebound)

    file = str(tmp_path / "plan.json")
    planned = rebound.run("plan", TABLES, *ALLOWED, "--fall-back", "--out", file).stdout
    assert f"before the rest, from run {OLDER}: a file of it in run {RUN} is damaged" in planned
    assert f"what was written to {lake.GAMES} from" in planned
    told = rebound.run("recover", "--plan", file, "--access", "--yes").stdout
    assert "2 of 2 tables proven equal to" in told
    assert f"but for {lake.GAMES} at its older point" in told
    for scenario in ("gcs-bucket-corruption", "firestore-state-loss"):
        words = ("recover", scenario, *ALLOWED, "--fall-back", "--yes")
        # Who recovers, and the plan, are written down, and nothing after that.
        with rebound.cloud.fault(
            "storage", "storage.objects.insert", "status", status=403, skip=2, times=None
        ):
            rebound.run(*words, code=9)
        report = rebound.json("resume", "--overwrite", "*", "--access", "--fall-back", "--yes")
        (fallen,) = report["plan"]["fallen_back"]
        assert fallen["run_id"] == OLDER
        assert fallen["recovery_point"] < report["plan"]["recovery_point"]
    assert held(rebound) == {**nights.older, lake.TYPES: nights.newer[lake.TYPES]}


def test_nothing_to_fall_back_to(nights: Nights):
    """A table that no older run has whole is named, with how the others come back."""
    for run_id in (OLDER, RUN):
        lose_file(nights.rebound, run_id, HELD[0])
    refused = nights.rebound.run("plan", TABLES, *ALLOWED, "--fall-back", code=4).stderr
    assert f"no older run has it whole: {lake.GAMES}" in refused
    assert f"`--exclude {lake.GAMES}` recovers the others" in refused
