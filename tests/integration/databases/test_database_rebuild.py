"""State rebuilt from run history, when no backup serves, through the operator's command."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from google.cloud import bigquery
from google.protobuf.field_mask_pb2 import FieldMask

from tests.harness import LOCATION, RUN_SECONDS, Rebound, of_kind
from tests.integration.databases.history import FALLBACK, TABLE, history, protect, today, yesterday
from tests.integration.forged_runs import PLANTED, planted
from tests.integration.orchestration import State, write_catalog
from tests.served import serving

SCENARIO = "firestore-state-loss"


@pytest.fixture
def rebound(new_rebound: Callable[..., Rebound], tmp_path: Path) -> Rebound:
    """Return a platform with a run history, whose state was lost and never backed up."""
    made = new_rebound(REBOUND_CATALOG=protect(tmp_path))
    dataset = bigquery.Dataset(f"{made.project}.nba_reference")
    dataset.location = LOCATION
    made.bigquery_client.create_dataset(dataset)
    made.query(TABLE)
    made.query(history())
    return made


def test_rebuilt(rebound: Rebound):
    """Flat documents of the right types appear; what a live writer wrote is kept."""
    state = State(rebound)
    live = {"player_daily_cache": {"status": "success"}, "_triggered": True}
    state.write({f"phase4_completion/{yesterday()}": live})
    rebound.run("recover", SCENARIO, "--yes", code=3)
    plan = rebound.run("plan", SCENARIO, "--rebuild").stdout
    assert f"create   phase3_completion/{yesterday()}: player_game_summary" in plan
    assert f"keep     phase4_completion/{yesterday()}: differs in _completed_count" in plan
    assert "ignore   1 run of UnknownProcessor" in plan
    assert "recovery point 2026-01-02 08:00 UTC" in plan
    before = state.content()
    done = of_kind(rebound.json("recover", SCENARIO, "--rebuild", "--yes"), "completions")[0]
    assert (done["written"], done["equal"], done["kept_count"]) == (2, 2, 1)
    assert done["ephemeral"] == ["processing_locks"]
    document = state.client.document(f"phase3_completion/{yesterday()}").get().to_dict()
    assert document == {
        "player_game_summary": {
            "completed_at": datetime(2026, 1, 2, 6, 30, 0, 250000, tzinfo=UTC),
            "status": "success",
            "record_count": 281,
            "correlation_id": None,
            "execution_id": "r1",
        },
        "_completed_count": 1,
        "_mode": "overnight",
        "_triggered": True,
        "_triggered_at": datetime(2026, 1, 2, 6, 30, 0, 250000, tzinfo=UTC),
        "_trigger_reason": "rebuilt_from_run_history",
    }
    now_open = state.client.document(f"phase3_completion/{today()}").get().to_dict()
    assert now_open["_triggered"] is False
    path = f"phase4_completion/{yesterday()}"
    assert state.content()[path] == before[path]


def test_rebuilt_over_what_is_there(rebound: Rebound):
    """With the word, a document that differs is replaced, and can go back; again nothing changes."""
    state = State(rebound)
    state.write({f"phase4_completion/{yesterday()}": {"garbage": 1}})
    words = ("recover", SCENARIO, "--rebuild", "--yes", "--overwrite", "(default)")
    lost = state.content()
    recovery = rebound.json(*words)["recovery_id"]
    back = f"rebound undo {recovery} --confirm-project {rebound.project}, until"
    assert back in rebound.run("report", recovery).stdout
    told = rebound.run("undo", recovery, "--yes").stdout
    assert f"phase4_completion/{yesterday()} as it was" in told
    assert f"phase3_completion/{yesterday()} goes" in told
    assert state.content() == lost
    rebound.run(*words)
    document = state.client.document(f"phase4_completion/{yesterday()}").get().to_dict()
    assert document["_first_completion_at"] == "2026-01-02T08:00:00+00:00"
    before = state.content()
    assert of_kind(rebound.json(*words), "completions")[0]["equal"] == 3
    assert state.content() == before


def test_lost_answer(rebound: Rebound):
    """A batch whose answer never arrives is looked at again."""
    with rebound.cloud.fault("firestore", "firestore.BatchWrite", "lost"):
        done = of_kind(rebound.json("recover", SCENARIO, "--rebuild", "--yes"), "completions")[0]
    assert (done["equal"], done["kept_count"]) == (3, 0)


def test_nothing_to_rebuild_from(new_rebound: Callable[..., Rebound], tmp_path: Path):
    """Without rules in the catalog the request is refused."""
    rebound = new_rebound(REBOUND_CATALOG=write_catalog(tmp_path))
    rebound.run("plan", SCENARIO, "--rebuild", code=2)


def test_history_that_tells_nothing(rebound: Rebound):
    """When no run is in the history there is nothing to rebuild, and no success."""
    rebound.query("DELETE FROM nba_reference.processor_run_history WHERE TRUE")
    for command in (("plan",), ("recover", "--yes")):
        told = rebound.run(*command, SCENARIO, "--rebuild", code=3).stderr
        assert "the history tells of no finished run" in told


def test_backup_options_are_refused(rebound: Rebound):
    """Beside `--rebuild`, what chooses a backup or a part of it is a mistake."""
    told = rebound.run("plan", SCENARIO, "--rebuild", "--at", "2026-01-01T00:00Z", code=2).stderr
    assert "`--at` says nothing to `--rebuild`" in told


def test_rows_tell_where_the_history_does_not(rebound: Rebound, tmp_path: Path):
    """A past date with rows counts as finished; where a table is gone, nothing is proven."""
    protect(tmp_path, FALLBACK)
    dataset = bigquery.Dataset(f"{rebound.project}.nba_precompute")
    dataset.location = LOCATION
    rebound.bigquery_client.create_dataset(dataset)
    rebound.query("CREATE TABLE nba_precompute.player_daily_cache (cache_date DATE, n INT64)")
    days = [yesterday(), yesterday() - timedelta(days=1), today()]
    values = ", ".join(f"(DATE '{day}', 1), (DATE '{day}', 2)" for day in days)
    rebound.query(f"INSERT INTO nba_precompute.player_daily_cache VALUES {values}")
    plan = rebound.run("plan", SCENARIO, "--rebuild").stdout
    assert (
        f"phase4_completion/{days[1]}: player_daily_cache (rows only: player_daily_cache)" in plan
    )
    assert f"phase4_completion/{yesterday()}: player_daily_cache\n" in plan
    assert f"phase4_completion/{today()}" not in plan
    assert "unread   nba_predictions.gone.game_date" in plan
    done = rebound.run("recover", SCENARIO, "--rebuild", "--yes", code=6)
    assert "0 of 1 databases rebuilt as the history tells" in done.stdout
    assert "not all was read: nba_predictions.gone.game_date" in done.stdout
    document = State(rebound).client.document(f"phase4_completion/{days[1]}").get().to_dict()
    assert document["player_daily_cache"]["record_count"] == 2
    assert document["player_daily_cache"]["execution_id"] is None
    assert document["player_daily_cache"]["completed_at"].date() == yesterday()
    assert document["_triggered"] is True


def test_a_document_that_firestore_refuses(rebound: Rebound):
    """It is named with the reason; the others are written."""
    rebound.query(
        "INSERT INTO nba_reference.processor_run_history VALUES ('MLFeatureStoreProcessor', "
        f"REPEAT('x', 1100000), 'success', 1, DATE '{yesterday()}', "
        "TIMESTAMP '2026-01-02 08:30:00+00', 'phase_4_precompute', NULL)"
    )
    done = rebound.run("recover", SCENARIO, "--rebuild", "--yes", code=7).stdout
    refused = f"phase4_completion/{yesterday()}"
    assert re.search(rf"Firestore refused 1 document; first {refused}: \w", done)
    written = {f"phase3_completion/{day}" for day in (yesterday(), today())}
    assert set(State(rebound).content()) == written


def test_a_time_to_live_over_what_is_rebuilt(rebound: Rebound):
    """What it would delete again is told, and takes the word."""
    state = State(rebound)
    name = f"{state.name}/collectionGroups/phase3_completion/fields/_triggered_at"
    request = {"field": {"name": name, "ttl_config": {}}}
    state.admin.update_field(request | {"update_mask": FieldMask(paths=["ttl_config"])}).result()
    told = "time to live of phase3_completion._triggered_at"
    assert (
        f"1 document past their time, by {told}"
        in rebound.run("plan", SCENARIO, "--rebuild").stdout
    )
    words = ("recover", SCENARIO, "--rebuild", "--yes")
    assert f"{told} deletes 1 document again" in rebound.run(*words, code=5).stderr
    assert not state.content()
    rebound.run(*words, "--keep-ttl")
    assert len(state.content()) == 3


def test_killed_and_resumed(rebound: Rebound):
    """A rebuild that was killed before its first write ends as planned when it is resumed."""
    with rebound.cloud.held("firestore", "firestore.BatchWrite", is_done=False):
        process = rebound.begin("recover", SCENARIO, "--rebuild", "--yes")
        rebound.cloud.await_fault("firestore", process)
        process.kill()
        _, err = process.communicate(RUN_SECONDS)
    recovery = next(word for word in err.split() if word.startswith(SCENARIO))
    done = rebound.run("resume", recovery, "--yes")
    assert "1 of 1 databases rebuilt as the history tells" in done.stdout
    assert len(State(rebound).content()) == 3


def test_a_planted_journal_writes_no_document_of_its_own(rebound: Rebound):
    """What a rebuild writes is read from the history again, whatever a journal holds."""
    plan = rebound.json("plan", SCENARIO, "--rebuild")
    (step,) = of_kind(plan, "completions")
    step["documents"][0]["path"] = "phase4_completion/forged"
    with planted(rebound, plan):
        rebound.run("resume", PLANTED, "--yes", code=8)
    content = State(rebound).content()
    assert len(content) == 3
    assert "phase4_completion/forged" not in content


@pytest.mark.parametrize("words", [("plan", SCENARIO), ("plan", SCENARIO, "--rebuild")])
def test_firestore_cannot_be_reached(rebound: Rebound, words: tuple[str, ...]):
    """A Firestore that is not there is looked for once and told of, whatever is asked of it."""
    with serving(rebound) as function:
        function.complete("night")
    done = rebound.run(*words, code=9, FIRESTORE_EMULATOR_HOST="127.0.0.1:9")
    assert "127.0.0.1:9: Google Cloud could not be reached: no connection within 3 s" in done.stderr
    assert "hint: check the network" in done.stderr
