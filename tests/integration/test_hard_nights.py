"""Nights that something is in the way of: they complete, or say in words why not and what helps."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.harness import Rebound
from tests.integration import lake
from tests.served import Function, serving

TWINS = ("lake.games", "lake.Games")


def game(rebound: Rebound, table: str, number: int, words: str = "CREATE TABLE") -> None:
    """Make a table of one row."""
    rebound.query(f"{words} `{rebound.project}.{table}` AS SELECT {number} AS id")


def make_lake(rebound: Rebound, *tables: str) -> None:
    """Make a dataset and tables of one row, as if some minutes ago."""
    with rebound.cloud.minutes_ago(5):
        rebound.bigquery_client.create_dataset(lake.DATASET)
        for number, table in enumerate(tables):
            game(rebound, table, number)


def errors(function: Function) -> list[dict[str, Any]]:
    """Return what was logged as an error."""
    return [line for line in function.log_lines() if line["severity"] == "ERROR"]


def test_table_made_since_the_last_minute(new_rebound: Callable[..., Rebound], tmp_path: Path):
    """A table that was made seconds ago is in a run of the next minute, which is waited for."""
    rebound = new_rebound(REBOUND_CATALOG=lake.write_catalog(tmp_path, ("lake.games",)))
    make_lake(rebound)
    now = datetime.now(UTC)
    ahead = now.replace(second=50, microsecond=0) - now
    with serving(rebound) as function, rebound.cloud.minutes_ago(-ahead.total_seconds() / 60):
        game(rebound, "lake.games", 1)
        assert function.complete("night")["rows"] == 1
    manifest = rebound.manifest("night")
    table = rebound.bigquery_client.get_table("lake.games")
    assert table.created < manifest.recovery_point <= manifest.started_at
    assert manifest.recovery_point < table.created + timedelta(minutes=2)


def test_table_replaced_since_the_recovery_point(
    new_rebound: Callable[..., Rebound], tmp_path: Path
):
    """A run whose instant no table tells of any more ends, and the schedule's next call makes another."""
    rebound = new_rebound(REBOUND_CATALOG=lake.write_catalog(tmp_path, ("lake.games",)))
    make_lake(rebound, "lake.games")
    scheduled_at = datetime.now(UTC)
    refused = {"status": 403, "match": f"{rebound.project}.*/games"}
    with serving(rebound) as function:
        with rebound.cloud.fault("bigquery", "bigquery.tables.get", "status", **refused):
            first = function.scheduled(scheduled_at)
        assert "the same call continues the run" in first.json()["hint"]
        rebound.query(f"DROP TABLE `{rebound.project}.lake.games`")
        game(rebound, "lake.games", 7)
        ended = function.scheduled(scheduled_at)
        assert ended.status_code == 500
        assert "made after the recovery point" in ended.json()["message"]
        assert "this run can never be complete" in ended.json()["hint"]
        with rebound.cloud.minutes_ago(-2):
            other = function.scheduled(scheduled_at)
            assert other.status_code == 200, other.text
            assert other.json()["run_id"] == f"{ended.json()['subject']}-r2"
            assert other.json()["rows"] == 1
            assert function.scheduled(scheduled_at).json()["run_id"] == other.json()["run_id"]


def test_dataset_that_is_not_there(new_rebound: Callable[..., Rebound], tmp_path: Path):
    """Each part that fails has one line in words, and the answer is short."""
    tables = [f"lake.table{number}" for number in range(13)]
    rebound = new_rebound(REBOUND_CATALOG=lake.write_catalog(tmp_path, tables))
    with serving(rebound) as function:
        answer = function.manual("night")
        assert answer.status_code == 422, answer.text
        assert answer.json()["message"].startswith("13 of 13 parts failed, the first: lake.table0")
        assert len(answer.json()["message"]) < 200
        told = errors(function)
    assert sorted(line.get("part", "") for line in told) == sorted(["", *(name for name in tables)])
    assert not any("stack_trace" in line or len(json.dumps(line)) > 800 for line in told)


def test_names_that_differ_by_case(new_rebound: Callable[..., Rebound], tmp_path: Path):
    """Tables that only case tells apart are backed up each, unless the dataset takes them for one."""
    rebound = new_rebound(REBOUND_CATALOG=lake.write_catalog(tmp_path, TWINS))
    make_lake(rebound, *TWINS)
    with serving(rebound) as function:
        assert function.complete("night")["rows"] == 2
    one, other = (rebound.manifest("night").table(name) for name in TWINS)
    assert one is not None
    assert other is not None
    assert one.fingerprint != other.fingerprint


def test_parts_that_are_not_required(new_rebound: Callable[..., Rebound], tmp_path: Path):
    """A run is complete without parts that are backed up by best effort, and says what it lacks."""
    rebound = new_rebound(REBOUND_CATALOG=str(tmp_path / "catalog.json"))
    lake.write_catalog(tmp_path, ("lake.games",))
    catalog = json.loads((tmp_path / "catalog.json").read_text())
    odds = {"table": "lake.odds", "group": "lake", "backup": "best effort"}
    bucket = {"bucket": f"{rebound.project}-raw", "backup": "best effort"}
    catalog |= {"tables": [*catalog["tables"], odds], "buckets": [bucket]}
    (tmp_path / "catalog.json").write_text(json.dumps(catalog))
    make_lake(rebound, "lake.games")
    lacking = {"lake.odds", f"bucket {rebound.project}-raw"}
    with serving(rebound) as function:
        for _ in range(2):
            assert set(function.complete("night")["lacking"]) == lacking
        assert {item.part for item in rebound.manifest("night").lacking} == lacking
        (run,) = rebound.json("list")
        assert run["state"] == "complete"
        assert "lacks " in run["reason"]
        assert "LACKS lake.odds: does not exist" in rebound.run("show", "night").stdout
        with rebound.cloud.minutes_ago(5):
            game(rebound, "lake.odds", 3)
        assert set(function.complete("later")["lacking"]) == lacking - {"lake.odds"}
        odds["backup"] = "required"
        (tmp_path / "catalog.json").write_text(json.dumps(catalog))
        assert function.manual("night").status_code == 409
