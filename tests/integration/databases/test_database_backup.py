"""The backup of Firestore databases, through the served function."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.harness import Rebound, await_that, minutes_ago
from tests.integration.databases.documents import back_up, moment, stored_documents
from tests.integration.orchestration import State, awkward, write_catalog
from tests.served import serving
from tests.standin.firestore.creation import create_database


def test_content_is_that_of_the_recovery_point(rebound: Rebound):
    """A run holds every document as of its recovery point, and nothing that came later."""
    state, point = State(rebound), minutes_ago(1)
    state.write({"phase3_completion/2026-01-02": {"later": True}, "late/document": {}})
    state.delete("types/empty")
    manifest = back_up(rebound, recovery_point=point)
    (database,) = manifest["databases"]
    stored = stored_documents(rebound, database)
    assert stored.keys() == awkward(state.name).keys()
    assert stored == state.content(moment(manifest))
    assert database["document_count"] == len(stored)
    assert {item["collection_id"] for item in database["collections"]} == {
        path.split("/")[-2] for path in stored
    }
    assert database["resource"]["name"] == state.name
    told = {item["subject"]: item["skew_seconds"] for item in manifest["skews"]}
    assert told.keys() == {f"settings of database {database['database_id']}"}
    assert min(told.values()) > 0
    assert rebound.json("verify", "night")["findings"] == []


def test_writers_do_not_disturb(rebound: Rebound):
    """Documents that change while they are read are stored as they were."""
    state, done, point = State(rebound), threading.Event(), minutes_ago(0)

    def write() -> None:
        number = 0
        while not done.is_set():
            number += 1
            state.write({"types/every": {"n": number}, f"late/{number}": {}})

    writer = threading.Thread(target=write)
    writer.start()
    try:
        await_that(lambda: len(state.content()) > len(awkward(state.name)))
        manifest = back_up(rebound, recovery_point=point)
        assert writer.is_alive()
    finally:
        done.set()
        writer.join()
    stored = stored_documents(rebound, manifest["databases"][0])
    assert stored == state.content(moment(manifest))
    assert len(state.content()) > len(stored)
    assert stored.keys() == awkward(state.name).keys()


@pytest.mark.parametrize("reason", [None, "UNAVAILABLE", "CANCELLED", "UNKNOWN"])
def test_stream_that_ends_early(rebound: Rebound, reason: str | None):
    """A stream that stops in the middle, with an error or without, loses nothing."""
    with rebound.cloud.fault("firestore", "firestore.RunQuery", "truncate", times=2, reason=reason):
        manifest = back_up(rebound)
    stored = stored_documents(rebound, manifest["databases"][0])
    assert stored.keys() == awkward(State(rebound).name).keys()


def test_lost_answers(rebound: Rebound):
    """Answers that never arrive, of reads and of writes to the vault, are asked for again."""
    write = rebound.cloud.fault("storage", "storage.objects.insert", "lost", skip=2)
    read = rebound.cloud.fault("firestore", "firestore.RunQuery", "lost")
    with write, read:
        manifest = back_up(rebound)
    assert manifest["databases"][0]["document_count"] == len(awkward(State(rebound).name))


def test_several_databases(new_rebound: Callable[..., Rebound], tmp_path: Path):
    """Each database of the catalog is a part of its own."""
    rebound = new_rebound(
        REBOUND_CATALOG=write_catalog(tmp_path, {"(default)": {}, "other-db": {}})
    )
    first, second = State(rebound), State(rebound, "other-db")
    with rebound.cloud.minutes_ago(3):
        create_database(rebound.project, "other-db")
        first.write({"a/1": {"n": 1}})
        second.write({"a/1": {"n": 2}, "b/1": {}})
    databases = back_up(rebound)["databases"]
    assert [item["database_id"] for item in databases] == ["(default)", "other-db"]
    assert stored_documents(rebound, databases[0]) == first.content()
    assert stored_documents(rebound, databases[1]) == second.content()


def test_too_old_to_be_read(new_rebound: Callable[..., Rebound], tmp_path: Path):
    """An instant Firestore keeps no version of is refused, with what to do about it."""
    rebound = new_rebound(REBOUND_CATALOG=write_catalog(tmp_path, {"one-hour": {}}))
    with rebound.cloud.minutes_ago(180):
        create_database(rebound.project, "one-hour", recoverable=False)
    point = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(hours=2)
    with serving(rebound) as function:
        answer = function.manual("old", recovery_point=point.isoformat())
    assert answer.status_code == 422
    assert "cannot be read at that time any more" in answer.json()["message"]
    assert "point-in-time recovery" in answer.json()["message"]


def test_missing_database(new_rebound: Callable[..., Rebound], tmp_path: Path):
    """A database that does not exist is no empty backup."""
    rebound = new_rebound(REBOUND_CATALOG=write_catalog(tmp_path, {"not-there": {}}))
    with serving(rebound) as function:
        answer = function.manual("night")
    assert answer.status_code == 422
    assert "does not exist" in answer.json()["message"]


def test_datastore_mode(new_rebound: Callable[..., Rebound], tmp_path: Path):
    """A database of entities has no documents that could be backed up, and is told so."""
    rebound = new_rebound(REBOUND_CATALOG=write_catalog(tmp_path, {"entities": {}}))
    database = {"location_id": "nam5", "type_": "DATASTORE_MODE"}
    with rebound.cloud.minutes_ago(3):
        State(rebound).admin.create_database(
            parent=f"projects/{rebound.project}", database=database, database_id="entities"
        ).result()
    with serving(rebound) as function:
        answer = function.manual("night")
    assert answer.status_code == 422
    assert "is in Datastore mode" in answer.json()["message"]


def test_created_after_the_recovery_point(new_rebound: Callable[..., Rebound], tmp_path: Path):
    """A database that was not there yet is no empty backup; nothing of it is read."""
    rebound = new_rebound(REBOUND_CATALOG=write_catalog(tmp_path, {"new-one": {}}))
    with rebound.cloud.minutes_ago(3):
        create_database(rebound.project, "new-one")
    with serving(rebound) as function:
        answer = function.manual("night", recovery_point=minutes_ago(10))
    assert answer.status_code == 422
    assert "it was made after the recovery point, at " in answer.json()["message"]


def test_large_database(
    new_rebound: Callable[..., Rebound], tmp_path: Path, request: pytest.FixtureRequest
):
    """A database of many ranges and files is read in parallel, whole and in order.

    Where a nested collection is too large for one range, the next night cuts it.
    """
    rebound = new_rebound(REBOUND_CATALOG=write_catalog(tmp_path))
    state = State(rebound)
    documents = {f"big/00007/below/{number:05d}": {"n": number} for number in range(21_000)}
    documents |= {f"big/{number:05d}": {"n": number} for number in range(50)}
    with rebound.cloud.minutes_ago(3):
        state.write(documents)
    ranges = []
    with serving(rebound) as function:
        for run_id in ("first", "second"):
            function.complete(run_id)
            told = [line["ranges"] for line in function.log_lines() if "ranges" in line]
            ranges.append(told[-1])
            (database,) = rebound.json("show", run_id)["databases"]
            assert len(database["files"]) > 1
            stored = stored_documents(rebound, database)
            assert stored.keys() == documents.keys()
            assert stored == state.content()
    # The emulator knows no PartitionQuery.
    assert ranges == [1, 1 if "emulator" in request.node.name else 2]
    assert rebound.json("verify", "second")["findings"] == []
