"""Answers that something is not there, which are false: nothing is concluded from one alone."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.harness import Rebound, minutes_ago, of_kind
from tests.integration import lake, orchestration
from tests.integration.bucket_objects import NAMES, backup_of, fill, make_bucket, records_of
from tests.integration.configuration import (
    enable,
    make_job,
    make_subscription,
    subscription,
    with_fence,
)
from tests.integration.damages import DAMAGES, destroy
from tests.integration.state import state
from tests.integration.test_fence import PUSHED, WRITERS
from tests.served import Function, serving

SCENARIO = "bigquery-dataset-loss"


def deny(rebound: Rebound, operation: str, match: str, **how: int | None) -> None:
    """Have calls of one of BigQuery's operations answered as if what they name were not there."""
    fault = {"operation": f"bigquery.{operation}", "kind": "status", "status": 404}
    rebound.cloud.order("bigquery", "faults", **fault, match=match, **how)


@contextmanager
def denying(rebound: Rebound, *denied: tuple[str, str], skip: int = 0) -> Generator[None]:
    """Answer one call of each operation that what it names is not there; assert that each was.

    Args:
        rebound: The platform.
        denied: Operations of BigQuery, and what their path ends with.
        skip: How many calls of each are answered truly first.
    """
    for operation, path in denied:
        deny(rebound, operation, rf"{rebound.project}/.*{path}\?", skip=skip)
    yield
    removed = rebound.cloud.clear_faults("bigquery")
    assert [item["fired"] for item in removed] == [1] * len(denied), removed


def actions(plan: dict[str, object]) -> set[str]:
    """Return what a plan would do to tables, views, routines and datasets."""
    found = {item["action"] for item in of_kind(plan, "table", "view", "routine")}
    datasets = (item for item in of_kind(plan, "dataset") if item["action"] != "leave")
    return found | {f"{item['action']} {item['name']}" for item in datasets}


def test_what_is_there_is_backed_up_and_left(rebound: Rebound, function: Function):
    """A view, a routine and a table that are once said not to be there are in the run and the plan."""
    denied = (("tables.get", "/busy"), ("routines.get", "/double"))
    with denying(rebound, *denied):
        function.complete("night")
    (dataset,) = rebound.manifest("night").datasets
    assert {item["tableReference"]["tableId"] for item in dataset.views} == {"busy", "busiest"}
    assert [item["routineReference"]["routineId"] for item in dataset.routines] == ["double"]
    with denying(rebound, *denied, ("tables.get", "/games"), ("datasets.get", "/lake")):
        assert actions(rebound.json("plan", SCENARIO)) == {"leave"}


def test_rows_are_replaced_with_an_undo_point(rebound: Rebound, function: Function):
    """A table that is once said not to be there, just before its rows are replaced, is kept."""
    before = state(rebound)
    function.complete("night")
    destroy(rebound, DAMAGES["rows changed"])
    damaged = lake.rows(rebound, lake.GAMES)
    for skip in range(4):
        with denying(rebound, ("tables.get", "/games"), skip=skip):
            told = rebound.json("recover", SCENARIO, "--yes", "--overwrite", "*")
        undo = next(item["undo"] for item in of_kind(told, "table") if item["name"] == lake.GAMES)
        assert lake.rows(rebound, undo.removeprefix(f"{rebound.project}.")) == damaged
        assert state(rebound) == before
        destroy(rebound, DAMAGES["rows changed"])


def test_table_that_is_gone_since_the_plan(rebound: Rebound, function: Function):
    """Where a table was there in the plan and every answer says that it is gone, nothing is written."""
    function.complete("night")
    destroy(rebound, DAMAGES["rows changed"])
    damaged = state(rebound)
    games = rf"{rebound.project}/.*/games\?"
    deny(rebound, "tables.get", games, skip=2, times=None)
    deny(rebound, "tables.list", f"{rebound.project}/.*/lake/", times=None)
    told = rebound.run("recover", SCENARIO, "--yes", "--overwrite", "*", code=6)
    assert all(item["fired"] for item in rebound.cloud.clear_faults("bigquery"))
    assert "it was there when the plan was made, and is not there now" in told.stdout
    assert state(rebound) == damaged


def with_documents(
    new_rebound: Callable[..., Rebound], folder: Path
) -> tuple[Rebound, orchestration.State]:
    """Return a platform, and its database of two documents that are backed up."""
    rebound = new_rebound(REBOUND_CATALOG=orchestration.write_catalog(folder))
    database = orchestration.State(rebound)
    with rebound.cloud.minutes_ago(3):
        database.write({"done/one": {"n": 1}, "done/two": {"n": 2}})
    with serving(rebound) as function:
        function.complete("night")
    return rebound, database


def test_a_database_that_is_once_said_to_be_gone_is_not_made(
    new_rebound: Callable[..., Rebound], tmp_path: Path
):
    """Whichever look is answered falsely, its documents come back into the database that is there."""
    rebound, database = with_documents(new_rebound, tmp_path)
    before = database.content()
    words = ("recover", "firestore-state-loss", "--yes")
    for skip in range(_looks(rebound, database, *words)):
        database.lose("done/one")
        asked = {"match": _asked(rebound), "skip": skip}
        with rebound.cloud.fault("platform", ".*", "status", status=404, **asked):
            (told,) = of_kind(rebound.json(*words), "database")
        assert told["action"] != "create"
        assert database.content() == before


@pytest.mark.parametrize("operation", ["RunQuery", "BatchWrite"])
def test_documents_come_back_though_their_database_is_once_said_to_be_gone(
    new_rebound: Callable[..., Rebound], tmp_path: Path, operation: str
):
    """Whichever call of Firestore is answered so: an operator is not told that there is no database."""
    rebound, database = with_documents(new_rebound, tmp_path)
    before = database.content()
    database.lose("done/one")
    gone = {"reason": "NOT_FOUND"}
    with rebound.cloud.fault("firestore", f"firestore.{operation}", "status", **gone):
        rebound.run("recover", "firestore-state-loss", "--yes")
    assert database.content() == before


def _looks(rebound: Rebound, database: orchestration.State, *words: str) -> int:
    """Return how often a recovery of one document asks for the database, undisturbed."""
    database.lose("done/one")
    counted = {"operation": ".*", "kind": "latency", "seconds": 0, "times": None}
    rebound.cloud.order("platform", "faults", **counted, match=_asked(rebound))
    rebound.run(*words)
    (fault,) = rebound.cloud.clear_faults("platform")
    assert fault["fired"]
    return int(fault["fired"])


def _asked(rebound: Rebound) -> str:
    """Return what the path of a question for the database itself looks like."""
    return rf"{rebound.project}/databases/\(default\)\?"


def test_clock_that_is_ahead(raw: Rebound, night: Function):
    """A machine whose clock is ahead backs up at an instant that has come, and what was there then."""
    bucket = make_bucket(raw)
    fill(raw, bucket)
    with raw.cloud.minutes_ago(3):
        # By the services' clock it is three minutes earlier than by the function's.
        assert night.complete("night")["recovery_point"] <= minutes_ago(3)
        assert night.manual("early", recovery_point=minutes_ago(1)).status_code == 400
        forced = night.scheduled(datetime.now(UTC) - timedelta(minutes=1))
        assert (forced.status_code, "forced run" in forced.text) == (400, True)
    assert set(records_of(raw, backup_of(raw, "night"))) == set(NAMES)
    assert raw.manifest("night").finished_at < datetime.now(UTC) - timedelta(minutes=2)


def test_a_dataset_that_is_once_said_to_be_gone_for_good_is_undeleted(
    rebound: Rebound, function: Function
):
    """Creating it instead would lose what nobody protects: one answer is not enough."""
    scrap = f"`{rebound.project}.{lake.DATASET}.scrap`"
    rebound.query(f"CREATE TABLE {scrap} AS SELECT 'nobody protects it' AS note")
    function.complete("night")
    rebound.bigquery_client.delete_dataset(lake.DATASET, delete_contents=True)
    with denying(rebound, ("datasets.undelete", "/lake:undelete")):
        told = rebound.run("recover", SCENARIO, "--yes")
    assert "dataset lake: undeleted" in told.stderr
    assert rebound.query(f"SELECT note FROM {scrap}")


def test_a_writer_that_is_twice_said_to_be_gone_is_paused_and_resumed(
    new_rebound: Callable[..., Rebound], tmp_path: Path
):
    """Whichever look of a fence, and of its thaw, is answered falsely."""
    catalog = lake.write_catalog(tmp_path)
    with_fence(catalog, writers=WRITERS)
    rebound = new_rebound(REBOUND_CATALOG=catalog)
    lake.create(rebound)
    enable(rebound, "pubsub.googleapis.com", "cloudscheduler.googleapis.com")
    make_job(rebound, "mail")
    make_subscription(rebound, "raw-sub", "raw-complete", PUSHED["pushEndpoint"])
    denied = {"status": 404, "match": "subscriptions/raw-sub", "times": 2}
    for skip in range(2):
        for command, push in (("fence", None), ("thaw", PUSHED)):
            fault = {"skip": skip, **denied}
            with rebound.cloud.fault("platform", r".*subscriptions\.get", "status", **fault):
                rebound.run(command, "--yes")
            assert subscription(rebound, "raw-sub").get("pushConfig") in (push, push or {})
