"""Databases that answer late, put writes off or cannot be counted: what the emulator never does."""

from collections.abc import Callable
from pathlib import Path

import pytest

from manifests.cloud.databases import Databases
from manifests.cloud.firestore import Connection
from tests.harness import Rebound
from tests.integration.orchestration import State, write_catalog
from tests.served import serving

SCENARIO = "firestore-state-loss"
COUNT = 900


@pytest.fixture
def rebound(new_rebound: Callable[..., Rebound], tmp_path: Path) -> Rebound:
    """Return a platform with one database, backed up as `night`."""
    made = new_rebound(REBOUND_CATALOG=write_catalog(tmp_path))
    with made.cloud.minutes_ago(3):
        State(made).write({f"many/{number:04d}": {"n": number} for number in range(COUNT)})
    with serving(made) as function:
        function.complete("night")
    return made


def test_queries_over_what_was_just_deleted(rebound: Rebound):
    """After a mass deletion no query comes to its end in time; the rest is read in parts."""
    state = State(rebound)
    before = state.content()
    paths = [path for path in before if path != "many/0500"]
    for start in range(0, len(paths), 300):
        state.delete(*paths[start : start + 300])
    rebound.cloud.order("firestore", "patience", database=state.name, deleted=20)
    (outcome,) = rebound.json("recover", SCENARIO, "--yes", "--unthrottled")["databases"]
    assert outcome["equal"] == COUNT
    rebound.cloud.order("firestore", "patience", database=state.name, deleted=None)
    assert state.content() == before


def test_one_deleted_document_is_too_many(rebound: Rebound):
    """Where no part is small enough, the database cannot be read, and that is no success."""
    state = State(rebound)
    state.lose("many/0100")
    rebound.cloud.order("firestore", "patience", database=state.name, deleted=0)
    done = rebound.run("plan", SCENARIO, code=9)
    assert "Query timed out" in done.stderr


def test_writes_that_are_put_off(rebound: Rebound):
    """Writes that Firestore puts off for longer than a call is repeated are made in the end."""
    state = State(rebound)
    before = state.content()
    state.lose(*list(before)[:100])
    fault = rebound.cloud.fault(
        "firestore", "firestore.BatchWrite", "status", reason="ABORTED", times=10
    )
    with fault:
        rebound.run("recover", SCENARIO, "--yes", "--unthrottled")
    assert state.content() == before


def test_documents_that_cannot_be_counted(rebound: Rebound):
    """A count that takes too long is no failure, and no reason to try it for minutes."""
    fault = rebound.cloud.fault(
        *("firestore", "firestore.RunAggregationQuery", "status"),
        reason="DEADLINE_EXCEEDED",
        times=None,
    )
    with fault, serving(rebound) as function:
        function.complete("uncounted")
        lines = [line for line in function.log_lines() if "does not count them" in line["message"]]
    assert sum(line["found"] for line in lines) == COUNT
    assert rebound.manifest("uncounted").databases[0].document_count == COUNT


def test_key_and_settings_of_a_created_database(new_rebound: Callable[..., Rebound]):
    """A database is created with the key, the history and the protection of the one it replaces."""
    rebound = new_rebound()
    like = {
        "locationId": "nam5",
        "type": "FIRESTORE_NATIVE",
        "pointInTimeRecoveryEnablement": "POINT_IN_TIME_RECOVERY_ENABLED",
        "deleteProtectionState": "DELETE_PROTECTION_ENABLED",
        "cmekConfig": {"kmsKeyName": "projects/k/key", "activeKeyVersion": ["projects/k/key/1"]},
        "aFieldOfTomorrow": 1,
    }
    made = Databases(Connection(rebound.project, "keyed"))
    made.create(like)
    resource = made.resource()
    assert resource is not None
    assert resource["cmekConfig"] == {"kmsKeyName": "projects/k/key", "activeKeyVersion": []}
    names = ("locationId", "type", "pointInTimeRecoveryEnablement", "deleteProtectionState")
    assert [resource[name] for name in names] == [like[name] for name in names]
