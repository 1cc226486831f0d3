"""Nights that something is in the way of: they complete, or say in words why not and what helps."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from google.cloud import bigquery

from manifests.kinds.tables.kind import TABLES
from tests.harness import Rebound, minutes_ago, of_kind
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


LEFT = {"datasets": 1, "buckets": 1, "databases": 1, "dropped tables": 0}


def come_and_go(rebound: Rebound, *tables: str) -> None:
    """Make tables that are gone before a night sees them, and could have been there at its instant."""
    with rebound.cloud.minutes_ago(2):
        for table in tables:
            game(rebound, table, 3)
    for table in tables:
        rebound.query(f"DROP TABLE `{rebound.project}.{table}`")


def errors(function: Function) -> list[dict[str, Any]]:
    """Return what was logged as an error."""
    return [line for line in function.log_lines() if line["severity"] == "ERROR"]


def test_table_dropped_since_the_recovery_point(
    rebound: Rebound, function: Function, tmp_path: Path
):
    """Tables that are gone, made again or replaced are in the run as they were at its instant.

    Which definition they have is told: that of an earlier run, or that of their copy.
    """
    function.complete("zero")
    lake.write_catalog(tmp_path, (*lake.TABLES, "lake.fresh"))
    with rebound.cloud.minutes_ago(5):
        game(rebound, "lake.fresh", 3)
    dropped = (lake.GAMES, lake.TYPES, "lake.fresh")
    before = {table: lake.rows(rebound, table) for table in (*dropped, lake.EVENTS)}
    layout = rebound.bigquery_client.get_table(lake.GAMES).time_partitioning
    refused = {
        "status": 403,
        "match": f"{rebound.project}.*/(games|types|fresh|events)\\b",
        "times": None,
    }
    with rebound.cloud.fault("bigquery", "bigquery.tables.get", "status", **refused):
        assert function.manual("night").json()["message"].startswith("4 of 5 parts failed")
    for table in dropped:
        rebound.query(f"DROP TABLE `{rebound.project}.{table}`")
    game(rebound, lake.TYPES, 7)
    game(rebound, lake.EVENTS, 7, "CREATE OR REPLACE TABLE")
    function.complete("night")
    # Its instant is fixed: it waits for none at which the new tables were there.
    assert not [line for line in function.log_lines() if "waiting for" in line["message"]]
    found = {table.name: table.definition for table in rebound.manifest("night").tables}
    kept = dict.fromkeys(lake.TABLES, "own")
    known = dict.fromkeys((lake.GAMES, lake.TYPES, lake.EVENTS), "earlier run")
    assert found == {**kept, **known, "lake.fresh": "copy"}
    of_night = ("bigquery-dataset-loss", "--run", "night")
    for told in (rebound.run("show", "night"), rebound.run("plan", *of_night)):
        assert f"{lake.GAMES} was dropped or replaced after the recovery point" in told.stdout
        assert "policies, are not known" in told.stdout
    words = ["--overwrite", "*", "--access", "--yes"]
    report = rebound.json("recover", *of_night, *words)
    assert not [item for item in of_kind(report, "table") if item["findings"] or item["failure"]]
    assert {table: lake.rows(rebound, table) for table in before} == before
    assert rebound.bigquery_client.get_table(lake.GAMES).time_partitioning == layout


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
    one, other = (rebound.manifest("night").part(TABLES, name) for name in TWINS)
    assert one is not None
    assert other is not None
    assert one.fingerprint != other.fingerprint


def test_names_that_are_one(new_rebound: Callable[..., Rebound], tmp_path: Path):
    """Two names of one table, in a dataset that does not tell case, are refused: it is listed twice."""
    rebound = new_rebound(REBOUND_CATALOG=lake.write_catalog(tmp_path, TWINS))
    dataset = bigquery.Dataset(f"{rebound.project}.lake")
    dataset.is_case_insensitive = True
    with rebound.cloud.minutes_ago(5):
        rebound.bigquery_client.create_dataset(dataset)
        game(rebound, "lake.games", 1)
    with serving(rebound) as function:
        refused = function.manual("night")
    assert refused.status_code == 400, refused.text
    assert "does not tell names apart by case: lake.Games, lake.games" in refused.json()["message"]
    assert not rebound.vault.blob("runs/night/manifest.json").exists()


def test_all_tables_of_a_dataset(new_rebound: Callable[..., Rebound], tmp_path: Path):
    """Every table of such a dataset is in a night, a new one in the next; what is not is named."""
    whole = {"dataset": "lake", "tables": "all", "group": "lake", "exclude": ["tmp_*"]}
    spare = {"dataset": "pond", "tables": "all", "group": "lake", "backup": "best effort"}
    catalog = lake.write_catalog(tmp_path, (), datasets=[whole, spare])
    rebound = new_rebound(REBOUND_CATALOG=catalog)
    rebound.storage_client.create_bucket("nobodys-exports")
    with serving(rebound) as function:
        absent = function.manual("early").json()
        assert (absent["subject"], absent["message"]) == ("lake", "the dataset does not exist")
        make_lake(rebound, "lake.games", "lake.tmp_1")
        with rebound.cloud.minutes_ago(5):
            own = f"{rebound.project}.lake"
            rebound.query(f"CREATE VIEW `{own}.kept` AS SELECT * FROM `{own}.tmp_1`")
            rebound.bigquery_client.create_dataset("swamp")
        first = function.complete("first", recovery_point=minutes_ago(3))
        assert (first["tables"], first["rows"], first["unprotected_tables"]) == (1, 1, 1)
        assert first["lacking"] == {"dataset pond": "does not exist"}
        assert first["unprotected"] == LEFT
        with rebound.cloud.minutes_ago(5):
            game(rebound, "lake.odds", 2)
        come_and_go(rebound, "lake.fleeting", "lake.tmp_2")
        assert function.complete("second")["rows"] == 2
    assert {table.name for table in rebound.manifest("second").tables} == {
        "lake.games",
        "lake.odds",
    }
    rebound.query(f"DROP TABLE `{rebound.project}.lake.odds`")
    told = {
        "show": (
            "1 table that no backup holds: tmp_1",
            "view lake.kept reads what the run does not hold: lake.tmp_1",
            "buckets of the project that are not in the catalog: nobodys-exports",
        ),
        "plan": (
            "1 table of lake that no backup holds: tmp_1",
            "what view lake.kept reads and no backup holds: lake.tmp_1",
        ),
    }
    for word, subject in (("show", "second"), ("plan", "bigquery-dataset-loss")):
        out = rebound.run(word, subject).stdout
        lines = (
            *told[word],
            "datasets of the project that are not in the catalog: swamp",
            "dropped since the run before, of which no run holds any: lake.fleeting",
        )
        assert [line for line in lines if line not in out] == []
    report = rebound.json("recover", "bigquery-dataset-loss", "--table", "lake.odds", "--yes")
    assert [(item["name"], item["rows"]) for item in of_kind(report, "table")] == [("lake.odds", 1)]


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
