"""What a database, its indexes and its fields are set to be is compared, set back, and goes back."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from google.cloud.firestore_admin_v1 import types
from google.protobuf.field_mask_pb2 import FieldMask

from manifests.errors import CloudError
from tests.harness import RUN_SECONDS, Rebound, of_kind
from tests.integration.orchestration import State, administered, write_catalog
from tests.served import serving

SCENARIO = "firestore-state-loss"
RECOVER = ("recover", SCENARIO, "--yes")
YOUNG = "enhancedTextSearchQueryMode"
LONG_AGO = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.fixture
def rebound(new_rebound: Callable[..., Rebound], tmp_path: Path) -> Rebound:
    """Return a platform with two documents of a day that is long past, of which one was lost since."""
    made = new_rebound(REBOUND_CATALOG=write_catalog(tmp_path))
    state = State(made)
    with made.cloud.minutes_ago(3):
        state.write({f"games/{number}": {"day": LONG_AGO, "n": number} for number in (1, 2)})
    set_young(made, "AS_EVER")
    with serving(made) as function:
        function.complete("night")
    state.lose("games/1")
    return made


def set_young(rebound: Rebound, value: str) -> None:
    """Set what no client of Firestore knows yet."""
    name = State(rebound).name
    rebound.cloud.order("firestore", "fields", database=name, field=YOUNG, value=value)


def expire(state: State) -> None:
    """Let documents expire at their day, by mistake, and add an index."""
    let_expire(state, "day")
    add_index(state, "n", "day")


def let_expire(state: State, field: str, group: str = "games") -> None:
    """Let the documents of a collection group expire at the time in a field."""
    name = f"{state.name}/collectionGroups/{group}/fields/{field}"
    request = {"field": {"name": name, "ttl_config": {}}}
    state.admin.update_field(request | {"update_mask": FieldMask(paths=["ttl_config"])}).result()


def add_index(state: State, *paths: str) -> None:
    """Make an index."""
    fields = [{"field_path": path, "order": 1} for path in paths]
    index = {"query_scope": "COLLECTION", "fields": fields}
    state.admin.create_index(parent=f"{state.name}/collectionGroups/games", index=index).result()


def set_of(state: State) -> set[str]:
    """Return what somebody set about indexes and fields, by Google's client."""
    everywhere = f"{state.name}/collectionGroups/-"
    expiring = state.admin.list_fields({"parent": everywhere, "filter": "ttlConfig:*"})
    indexes = state.admin.list_indexes(parent=everywhere)
    return {item.name.rpartition("/")[2] for item in expiring} | {
        ",".join(field.field_path for field in item.fields) for item in indexes
    }


def test_a_time_to_live_set_by_mistake(rebound: Rebound):
    """It is told before anything is written, left with a word and 7, or set back first; and goes back."""
    state = State(rebound)
    expire(state)
    mistake = {"day", "n,day,__name__"}
    assert set_of(state) == mistake
    planned = rebound.run("plan", SCENARIO).stdout
    for told in (
        "time to live of games.day is on, and was not set (left alone; `--settings` sets it back)",
        "index on games (n, day, __name__) is there (left alone",
        "expires  2 documents past their time, by time to live of games.day",
        "2 documents of (default) that time to live of games.day deletes again",
    ):
        assert told in planned
    refused = rebound.run(*RECOVER, code=5).stderr
    assert "time to live of games.day deletes 2 documents again" in refused
    assert "`--settings` sets it back first; or `--keep-ttl` writes them all the same" in refused
    assert set(state.content()) == {"games/2"}

    left = rebound.run(*RECOVER, "--keep-ttl", code=7).stdout
    assert "time to live of games.day is on, and was not set" in left
    assert set(state.content()) == {"games/1", "games/2"}
    state.lose("games/1")
    assert "(it is taken away)" in rebound.run("plan", SCENARIO, "--settings").stdout
    done = rebound.json(*RECOVER, "--settings")
    assert of_kind(done, "database")[0]["findings"] == []
    assert set(state.content()) == {"games/1", "games/2"}
    assert set_of(state) == set()
    rebound.run(*RECOVER)

    undone = rebound.run("undo", done["recovery_id"], "--yes").stdout
    assert "time to live of games.day: on, now not set" in undone
    assert set_of(state) == mistake
    assert set(state.content()) == {"games/2"}


def test_what_somebody_set_since_the_plan_stays(rebound: Rebound):
    """In the wait of a recovery and before it is resumed: what the plan showed goes, no more; told with 7."""
    state = State(rebound)
    expire(state)
    with rebound.cloud.held("firestore", "firestore.admin.ListIndexes", skip=1):
        process = rebound.begin(*RECOVER, "--settings")
        rebound.cloud.await_fault("firestore", process)
        add_index(state, "day", "n")
        let_expire(state, "until", "others")
    out, err = process.communicate(RUN_SECONDS)
    assert process.returncode == 7, err
    assert "index on games (day, n, __name__): there, expected not there" in out
    assert "time to live of others.until: on, expected not set" in out
    assert set_of(state) == {"day,n,__name__", "until"}


def test_what_somebody_set_before_a_resume_stays(rebound: Rebound):
    """A recovery that is continued days later sets back what its own plan showed."""
    state = State(rebound)
    expire(state)
    with rebound.cloud.held("firestore", "firestore.BatchWrite", is_done=False):
        process = rebound.begin(*RECOVER, "--settings")
        rebound.cloud.await_fault("firestore", process)
        process.kill()
        _, err = process.communicate(RUN_SECONDS)
    recovery = next(word for word in err.split() if word.startswith(SCENARIO))
    assert set_of(state) == set()
    add_index(state, "day", "n")
    left = rebound.run("resume", recovery, "--settings", "--yes", code=7).stdout
    assert "index on games (day, n, __name__) is there (since the plan, left alone)" in left
    assert set_of(state) == {"day,n,__name__"}
    assert set(state.content()) == {"games/1", "games/2"}


def test_a_time_to_live_and_an_index_that_the_backup_knows(rebound: Rebound):
    """What the one deletes again is told, and is no damage; a broken index is, and is made anew."""
    state = State(rebound)
    expire(state)
    state.write({"games/1": {"day": LONG_AGO, "n": 1}})
    with serving(rebound) as function:
        function.complete("second")
    state.lose("games/1")
    rebound.cloud.order("firestore", "broken-indexes", database=state.name)
    planned = rebound.run("plan", SCENARIO).stdout
    assert "expires  2 documents past their time, by time to live of games.day" in planned
    assert "index on games (n, day, __name__) is broken (NEEDS_REPAIR)" in planned
    done = rebound.run(*RECOVER, "--settings").stdout
    assert "2 documents past their time, by time to live of games.day" in done
    (index,) = state.admin.list_indexes(parent=f"{state.name}/collectionGroups/-")
    assert index.state.name == "READY"


def test_indexes_that_nobody_may_see(rebound: Rebound):
    """Then it is unknown what a time to live deletes, which takes the word and is told as lost."""
    denied = {"reason": "PERMISSION_DENIED", "times": None}
    with rebound.cloud.fault(
        "firestore", "firestore.admin.List(Indexes|Fields)", "status", **denied
    ):
        refused = rebound.run(*RECOVER, code=5).stderr
        assert "it is unknown which documents a time to live deletes again" in refused
        assert "datastore.indexes.list" in refused
        done = rebound.run(*RECOVER, "--keep-ttl").stdout
    assert "nobody could look whether they are as they were" in done
    assert set(State(rebound).content()) == {"games/1", "games/2"}


def test_a_setting_that_no_client_knows(rebound: Rebound):
    """A field of tomorrow is in the backup, is compared, and is set back by its name."""
    assert rebound.manifest("night").databases[0].resource[YOUNG] == "AS_EVER"
    set_young(rebound, "CHANGED")
    left = rebound.run(*RECOVER, code=7).stdout
    assert f'{YOUNG} is "CHANGED", not "AS_EVER"' in left
    rebound.run(*RECOVER, "--settings")
    found = administered(rebound).resource()
    assert found is not None
    assert found[YOUNG] == "AS_EVER"


def test_settings_are_set_under_the_version_that_was_seen(rebound: Rebound):
    """What somebody else set meanwhile stays, untold changes are none, a lost answer is looked at."""
    databases, state = administered(rebound), State(rebound)

    def looked() -> dict[str, Any]:
        found = databases.resource()
        assert found is not None
        return found

    seen = looked()
    protected = {"deleteProtectionState": "DELETE_PROTECTION_ENABLED", "locationId": "elsewhere"}
    with rebound.cloud.fault("firestore", "firestore.admin.UpdateDatabase", "lost"):
        databases.configure(protected, {"deleteProtectionState"}, seen=seen)
    assert looked()["deleteProtectionState"] == "DELETE_PROTECTION_ENABLED"
    mode = {"concurrencyMode": "PESSIMISTIC"}
    with pytest.raises(CloudError, match="changed meanwhile"):
        databases.configure(mode, set(mode), seen=seen)
    assert looked()["concurrencyMode"] == "OPTIMISTIC"
    # What is as it is to be is not sent: the location is fixed, and would be refused.
    same = {**mode, "locationId": "nam5"}
    databases.configure(same, set(same), seen=looked())
    assert state.admin.get_database(name=state.name).concurrency_mode == (
        types.Database.ConcurrencyMode.PESSIMISTIC
    )
