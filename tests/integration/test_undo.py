"""The way back: after each recovery everything is as it was before it, where nobody wrote since."""

import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from tests.harness import Rebound, make_rebound
from tests.integration import bucket_objects, lake
from tests.integration.orchestration import State
from tests.integration.state import state
from tests.served import serving
from tests.standin.cloud import SERVICES, Cloud
from tests.standin.firestore.creation import create_database

DOCUMENTS: dict[str, dict[str, Any]] = {
    "done/one": {"n": 1},
    "done/two": {"n": 2.5},
    "done/three": {"n": 3},
}


@pytest.fixture(scope="module")
def rebound(local_cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rebound]:
    """Return a platform with one complete night."""
    folder, project = tmp_path_factory.mktemp("undo"), f"p-{uuid.uuid4().hex[:10]}"
    with local_cloud.minutes_ago(100, ("firestore",)):
        create_database(project)
    catalog = lake.write_catalog(
        folder,
        (lake.GAMES, lake.EVENTS),
        buckets=[{"bucket": f"{project}-raw"}],
        databases=[{"database": "(default)", "triggers": []}],
    )
    made = make_rebound(local_cloud, folder, project, REBOUND_CATALOG=catalog)
    lake.fill(made)
    bucket_objects.fill(made, bucket_objects.make_bucket(made))
    with local_cloud.minutes_ago(3):
        State(made).write(DOCUMENTS)
    with serving(made) as function:
        function.complete("night")
    yield made
    for service in SERVICES:
        local_cloud.clear_faults(service)


def damage_tables(rebound: Rebound) -> None:
    """Drop a table, change rows of another, and replace a view."""
    dataset = f"{rebound.project}.{lake.DATASET}"
    rebound.query(f"UPDATE `{dataset}.games` SET home = 'nobody' WHERE game_id = 'first'")
    rebound.query(f"DROP TABLE `{dataset}.events`")
    rebound.query(f"CREATE OR REPLACE VIEW `{dataset}.busy` AS SELECT 1 AS one")


def damage_objects(rebound: Rebound) -> None:
    """Delete an object and overwrite another."""
    bucket = rebound.storage_client.bucket(bucket_objects.platform(rebound))
    bucket.blob(bucket_objects.NAMES[5]).delete()
    bucket_objects.put(bucket, bucket_objects.NAMES[1], b"garbage")


def damage_documents(rebound: Rebound) -> None:
    """Delete a document, change another, and make one that no backup knows."""
    documents = State(rebound)
    documents.lose("done/two")
    documents.write({"done/one": {"n": "changed"}, "done/extra": {"n": 9}})


def tables_of(rebound: Rebound) -> object:
    """Return everything about tables and views, by our own look."""
    return state(rebound)


def objects_of(rebound: Rebound) -> object:
    """Return every object."""
    bucket = rebound.storage_client.bucket(bucket_objects.platform(rebound))
    return bucket_objects.looked_at(bucket)


def documents_of(rebound: Rebound) -> object:
    """Return every document."""
    return State(rebound).content()


WORLDS: Mapping[str, tuple[Callable[[Rebound], None], Callable[[Rebound], object], list[str]]] = {
    "bigquery-dataset-loss": (damage_tables, tables_of, ["--overwrite", "*"]),
    "gcs-bucket-corruption": (damage_objects, objects_of, ["--overwrite", "*"]),
    "firestore-state-loss": (
        damage_documents,
        documents_of,
        ["--overwrite", "*", "--exact", "--unthrottled"],
    ),
}


def recovered(rebound: Rebound, scenario: str) -> str:
    """Recover everything of a scenario and return the id of the recovery."""
    words = WORLDS[scenario][2]
    told = rebound.json("recover", scenario, *words, "--run", "night", "--yes")
    return str(told["recovery_id"])


@pytest.mark.parametrize("scenario", list(WORLDS))
def test_an_undo_brings_back_what_was_there_before(rebound: Rebound, scenario: str):
    """Equal to before by our own look; what is undone is recovered again, as if nothing had been."""
    damage, look, words = WORLDS[scenario]
    damage(rebound)
    before = look(rebound)
    recovery = recovered(rebound, scenario)
    assert look(rebound) != before
    assert f"rebound undo {recovery}, until" in rebound.run("report", recovery).stdout
    refused = rebound.run("undo", recovery, code=5)
    assert "nobody is there to say yes" in refused.stderr
    told = rebound.json("undo", recovery, "--yes", "--reason", f"back, {scenario}")
    assert look(rebound) == before
    acted = [item for item in rebound.json("actions") if item["verb"] == "undo"][-1]
    assert (acted["subject"], acted["operator"]["reason"]) == (recovery, f"back, {scenario}")
    assert told["left"] == []
    assert not [item for item in told["outcomes"] if item["failure"]]
    rebound.run("recover", scenario, *words, "--run", "night", "--yes")
    assert look(rebound) != before


def test_newer_writes_are_never_lost(rebound: Rebound):
    """What somebody wrote after the recovery stays, and the rest of the plan is done."""
    scenario = "bigquery-dataset-loss"
    damage_tables(rebound)
    recovery = recovered(rebound, scenario)
    games = f"{rebound.project}.{lake.DATASET}.games"
    rebound.query(f"UPDATE `{games}` SET home = 'newer' WHERE game_id = 'first'")
    newer = lake.rows(rebound, lake.GAMES)
    told = rebound.json("undo", recovery, "--yes", code=6)
    assert lake.rows(rebound, lake.GAMES) == newer
    assert [text for text in told["left"] if "after the recovery ended" in text]
    assert "events" not in {item.table_id for item in rebound.bigquery_client.list_tables("lake")}
    rebound.run("recover", scenario, "--overwrite", "*", "--run", "night", "--yes")


def test_one_part_goes_back_alone(rebound: Rebound):
    """The others stay as the recovery left them; an unknown one is refused."""
    damage_tables(rebound)
    recovery = recovered(rebound, "bigquery-dataset-loss")
    rebound.run("undo", recovery, "lake.nothing", "--yes", code=2)
    rebound.run("undo", recovery, lake.EVENTS, "--yes")
    names = {item.table_id for item in rebound.bigquery_client.list_tables("lake")}
    assert "events" not in names
    assert "'nobody'" not in "".join(lake.rows(rebound, lake.GAMES))
    rebound.run("recover", "bigquery-dataset-loss", "--run", "night", "--yes")
