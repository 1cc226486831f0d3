"""What the hourly `tick` writes of backups and drills, and queries of BigQuery read."""

import json
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta

import pytest

from manifests.drill_layout import begun_name
from manifests.history import history_name
from manifests.store.envelope import encode
from tests.harness import Rebound, make_rebound
from tests.integration import lake
from tests.served import Function, serving
from tests.standin.cloud import Cloud
from tests.unit.drills import BEGUN, DRILL_ID


@pytest.fixture(scope="module")
def rebound(local_cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Rebound:
    """Return a platform of one table."""
    folder, project = tmp_path_factory.mktemp("history"), f"p-{uuid.uuid4().hex[:10]}"
    catalog = lake.write_catalog(folder, [f"{lake.DATASET}.a"])
    made = make_rebound(local_cloud, folder, project, REBOUND_CATALOG=catalog)
    with local_cloud.minutes_ago(30):
        lake.fill_with(made, "CREATE TABLE `{lake}.a` AS SELECT 1 AS id")
    return made


@pytest.fixture(scope="module")
def tick(rebound: Rebound) -> Iterator[Function]:
    """Make a backup, begin another, and serve the function that looks."""
    with ExitStack() as stack:
        stack.enter_context(serving(rebound)).complete("told")
        rebound.vault.blob("runs/half/manifest.json").upload_from_string("{")
        yield stack.enter_context(serving(rebound, "tick"))


def test_sql_tells_of_backups_and_drills(rebound: Rebound, tick: Function):
    """What the last look wrote is what a query reads, and it is what Rebound itself tells."""
    rebound.landing.blob(begun_name(DRILL_ID)).upload_from_string(encode(BEGUN))
    assert tick.call().status_code == 200
    first = rebound.landing.get_blob(history_name("runs"))
    assert tick.call().status_code == 200
    assert rebound.landing.get_blob(history_name("runs")).generation != first.generation

    [fresh] = rebound.json("ops", "query", "backup-freshness")["rows"]
    assert (fresh["state"], fresh["proven_point"]) == ("UNPROVEN", None)
    listed = {item["run_id"]: item for item in rebound.json("list")}
    told = {row["run_id"]: row for row in rebound.json("ops", "query", "run-summary")["rows"]}
    assert told.keys() == listed.keys() == {"told", "half"}
    assert [told[it]["state"] for it in ("told", "half")] == ["complete", "damaged"]
    assert told["told"]["size_bytes"] == listed["told"]["size_bytes"]
    assert told["told"]["parts"] == 1
    at = f"at={BEGUN.began_at + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"
    [drill] = rebound.json("ops", "query", "drill-history", "--param", at)["rows"]
    assert (drill["drill_id"], drill["verdict"]) == (DRILL_ID, "no record")
    assert drill["hours_lost"] >= 0


def test_a_history_that_somebody_holds_stops_no_tick(rebound: Rebound, tick: Function):
    """It is told, gets old, and says so; the other one is written."""
    assert tick.call().status_code == 200
    held = rebound.landing.get_blob(history_name("runs"))
    held.temporary_hold = True
    held.patch()
    drills = rebound.landing.get_blob(history_name("drills")).generation
    assert tick.call().status_code == 200
    assert any(line["message"] == "a history is not written" for line in tick.log_lines())
    assert rebound.landing.get_blob(history_name("runs")).generation == held.generation
    assert rebound.landing.get_blob(history_name("drills")).generation != drills
    held.temporary_hold = False
    held.patch()


def test_drills_of_a_time_to_come_hide_no_other(rebound: Rebound, tick: Function):
    """Of those that nobody can have begun none is told, however many there are."""
    rebound.landing.blob(begun_name(DRILL_ID)).upload_from_string(encode(BEGUN))
    planted = [DRILL_ID.replace("2026", str(year)) for year in range(2099, 2499)]
    names = [f"drills/{drill}/x" for drill in planted]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda it: rebound.landing.blob(it).upload_from_string(""), names))
    assert tick.call().status_code == 200
    lines = rebound.landing.blob(history_name("drills")).download_as_text().splitlines()
    assert [json.loads(line)["drill_id"] for line in lines[1:]] == [DRILL_ID]
    rebound.landing.delete_blobs(list(rebound.landing.list_blobs(prefix="drills/")))


def test_what_is_no_line_of_the_history_is_no_answer(rebound: Rebound, tick: Function):
    """Who can write the file can make the query fail, and make it say nothing that is no row."""
    assert tick.call().status_code == 200
    rebound.landing.blob(history_name("runs")).upload_from_string('{"run_id": ["a"]}\n')
    refused = rebound.run("ops", "query", "run-summary", code=9).stderr
    assert "too many errors" in refused
