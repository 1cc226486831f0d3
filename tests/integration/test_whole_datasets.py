"""Datasets of which all tables are protected: what was there at an instant, and what vanished."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.harness import Rebound, minutes_ago
from tests.integration import lake
from tests.served import Function, serving

WHOLE = {"dataset": "lake", "tables": "all", "group": "lake"}


@pytest.fixture
def rebound(new_rebound: Callable[..., Rebound], tmp_path: Path) -> Rebound:
    """Return a platform that protects a dataset whole, in which there are two tables."""
    made = new_rebound(REBOUND_CATALOG=lake.write_catalog(tmp_path, (), datasets=[WHOLE]))
    with made.cloud.minutes_ago(9):
        made.bigquery_client.create_dataset(lake.DATASET)
        make(made, "games", 1)
        make(made, "odds", 2)
    return made


@pytest.fixture
def function(rebound: Rebound) -> Iterator[Function]:
    """Return the platform's function."""
    with serving(rebound) as served:
        yield served


def make(rebound: Rebound, table: str, number: int, words: str = "CREATE TABLE") -> None:
    """Make a table of one row."""
    rebound.query(f"{words} `{rebound.project}.lake.{table}` AS SELECT {number} AS id")


def drop(rebound: Rebound, *tables: str) -> None:
    """Drop tables."""
    for table in tables:
        rebound.query(f"DROP TABLE `{rebound.project}.lake.{table}`")


def rows_of(rebound: Rebound, run_id: str) -> dict[str, int]:
    """Return how many rows a run holds of each table."""
    return {table.name: table.fingerprint.row_count for table in rebound.manifest(run_id).tables}


def test_a_past_instant_has_what_was_there_then(rebound: Rebound, function: Function):
    """Tables that were replaced or dropped since are in it, and one that was made since is not."""
    function.complete("before")
    with rebound.cloud.minutes_ago(7):
        make(rebound, "late", 3)
    make(rebound, "games", 7, "CREATE OR REPLACE TABLE")
    make(rebound, "late", 7, "CREATE OR REPLACE TABLE")
    drop(rebound, "odds")
    make(rebound, "new", 4)
    function.complete("past", recovery_point=minutes_ago(2))
    assert rows_of(rebound, "past") == {"lake.games": 1, "lake.late": 1, "lake.odds": 1}
    drop(rebound, "games")
    rebound.run("recover", "bigquery-dataset-loss", "--run", "past", "--overwrite", "*", "--yes")
    found = rebound.query(f"SELECT id FROM `{rebound.project}.lake.games`")
    assert found == [{"id": 1}]


def test_tables_that_were_dropped_before_are_left_out(rebound: Rebound, function: Function):
    """What the last run holds and was gone at the instant is no part of the run, and is told."""
    function.complete("first")
    drop(rebound, "odds")
    with rebound.cloud.minutes_ago(-2):
        answer = function.complete("second")
    assert answer["lacking"] == {}
    assert rows_of(rebound, "second") == {"lake.games": 1}
    told = [line["message"] for line in function.log_lines()]
    assert any("not there at the recovery point" in line for line in told)


def test_a_dataset_that_lost_all_its_tables(rebound: Rebound, function: Function, tmp_path: Path):
    """A run of nothing is not complete, unless the catalog asks no more of it, and says how to mend."""
    function.complete("first")
    drop(rebound, "games", "odds")
    with rebound.cloud.minutes_ago(-2):
        refused = function.manual("second")
    assert refused.status_code == 422, refused.text
    told: dict[str, Any] = refused.json()
    assert "dataset lake: all 2 of its tables that run first holds are gone" in told["message"]
    assert "rebound recover bigquery-dataset-loss --run first" in told["message"]
    assert not rebound.vault.blob("runs/second/manifest.json").exists()
    assert "FAILED    dataset lake" in rebound.run("show", "second", code=4).stdout
    path = tmp_path / "catalog.json"
    catalog = json.loads(path.read_text())
    catalog["datasets"][0]["backup"] = "best effort"
    path.write_text(json.dumps(catalog))
    with rebound.cloud.minutes_ago(-2):
        assert set(function.complete("third")["lacking"]) == {"dataset lake"}
    rebound.run("recover", "bigquery-dataset-loss", "--run", "first", "--yes")
    with rebound.cloud.minutes_ago(-6):
        assert function.complete("fourth")["rows"] == 2
