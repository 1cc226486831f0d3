"""The recovery of Firestore databases, through the operator's command."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from google.api_core.exceptions import NotFound

from tests.harness import RUN_SECONDS, Rebound, of_kind
from tests.integration.orchestration import (
    AWKWARD_ID,
    EPHEMERAL,
    State,
    awkward,
    referring,
    write_catalog,
)
from tests.integration.state import renew_vault
from tests.served import serving

SCENARIO = "firestore-state-loss"


def filled(rebound: Rebound, documents: Mapping[str, Mapping[str, Any]]) -> State:
    """Fill the default database, back it up as the run `night`, and return it."""
    state = State(rebound)
    with rebound.cloud.minutes_ago(3):
        state.write(documents)
    with serving(rebound) as function:
        function.complete("night")
    return state


def durable(content: dict[str, bytes]) -> dict[str, bytes]:
    """Return what a recovery brings back: everything but ephemeral collections."""
    return {path: item for path, item in content.items() if path.split("/")[0] not in EPHEMERAL}


@pytest.fixture
def rebound(new_rebound: Callable[..., Rebound], tmp_path: Path) -> Rebound:
    """Return a platform whose catalog has one database."""
    return new_rebound(REBOUND_CATALOG=write_catalog(tmp_path))


@pytest.fixture
def state(rebound: Rebound) -> State:
    """Return the platform's database with every awkward document, backed up as `night`."""
    return filled(rebound, awkward(f"projects/{rebound.project}/databases/(default)"))


def test_everything_lost(rebound: Rebound):
    """A database that was emptied is exactly what it was, but for what is never restored.

    That is a top-level collection with all below it. One of the same id below a document comes back,
    and is counted among what does.
    """
    nested = {"processing_locks/p_2026-01-02/holders/a": {"n": 1}}
    platform = awkward(f"projects/{rebound.project}/databases/(default)")
    state = filled(rebound, platform | nested)
    before = state.content()
    back = durable(before)
    assert "types/every/processing_locks/kept" in back
    state.lose(*before)
    plan = rebound.run("plan", SCENARIO).stdout
    assert "never restored (processing_locks 2, processor_heartbeats 1)" in plan
    (step,) = of_kind(rebound.json("plan", SCENARIO), "database")
    assert step["ephemeral"] == {"processing_locks": 2, "processor_heartbeats": 1}
    assert sum(item["missing"] for item in step["state"]["collections"]) == len(back)
    done = rebound.run("recover", SCENARIO, "--yes")
    assert state.content() == back
    told = f"{len(back)} documents are equal to the backup, {len(back)} of them written by this recovery"
    assert told in done.stdout
    assert "never restored: processing_locks, processor_heartbeats" in done.stdout
    assert "1 of 1 databases proven equal" in done.stdout


def test_newer_and_extra_documents(rebound: Rebound, state: State):
    """What is newer or unknown is kept and listed, until the word for each is said."""
    before = state.content()
    state.lose("types/every", "missing/parent/below/first")
    state.write({"prediction_batches/batch_1": {"garbage": True}, "extra/one": {"n": 1}})
    live = {path: state.content()[path] for path in ("prediction_batches/batch_1", "extra/one")}
    refused = rebound.run("recover", SCENARIO, "--yes", code=5).stderr
    assert "1 documents hold something else now, 1 of them were changed after" in refused
    (outcome,) = of_kind(rebound.json("recover", SCENARIO, "--yes", "--only-missing"), "database")
    assert {item["path"]: item["state"] for item in outcome["kept"]} == {
        "prediction_batches/batch_1": "newer",
        "extra/one": "extra",
    }
    assert outcome["left_count"] == 1
    assert state.content() == before | live
    done = rebound.run("recover", SCENARIO, "--yes", "--overwrite", "(default)")
    assert "but for 1 document kept" in done.stdout
    assert state.content() == before | {"extra/one": live["extra/one"]}
    done = of_kind(rebound.json("recover", SCENARIO, "--yes", "--exact"), "database")[0]
    assert (done["action"], done["written"], done["removed"]) == ("restore", 0, 1)
    assert state.content() == before
    prefix = done["undo"].removeprefix(f"gs://{rebound.landing.name}/")
    assert len(list(rebound.landing.list_blobs(prefix=prefix))) == 1


def test_nothing_to_do(rebound: Rebound, state: State):
    """An equal database is left alone, and says so."""
    before = state.content()
    plan = rebound.run("plan", SCENARIO).stdout
    assert "already equal" in plan
    assert of_kind(rebound.json("recover", SCENARIO), "database")[0]["action"] == "leave"
    assert state.content() == before


def test_part_of_a_database(rebound: Rebound, state: State):
    """Only the collections, documents and subtrees that were named come back."""
    before = state.content()
    state.lose(*before)
    words = ("--collection", AWKWARD_ID, "--document", "types/__id7__")
    subtree = ("--document", "missing/parent/below/first/**")
    rebound.run("recover", SCENARIO, "--yes", *words, *subtree)
    named = {
        f"{AWKWARD_ID}/{AWKWARD_ID}",
        "types/__id7__",
        "missing/parent/below/first",
        "missing/parent/below/first/deeper/second",
    }
    assert state.content() == {path: before[path] for path in named}
    rebound.run("recover", SCENARIO, "--yes", "--collection", "nothing", code=2)
    rebound.run("recover", SCENARIO, "--yes", "--collection", "processing_locks", code=5)
    rebound.run("recover", SCENARIO, "--yes", "--database", "unknown", code=2)


def test_into_another_database(rebound: Rebound, state: State):
    """A copy is made in a database that is created for it; the original is not touched.

    Its references point at the original, which the plan says, unless they are rewritten.
    """
    before = state.content()
    done = rebound.run("recover", SCENARIO, "--yes", "--into-database", "copy-of-night").stdout
    assert "references of 1 document of copy-of-night that point at the original" in done
    assert State(rebound, "copy-of-night").content() == durable(before)
    other = f"{rebound.project}-dr"
    rebound.run("recover", SCENARIO, "--yes", "--into-project", other)
    assert State(rebound, project=other).content() == durable(before)
    words = ("--into-database", "own-references", "--rewrite-references")
    done = rebound.run("recover", SCENARIO, "--yes", *words).stdout
    assert "that point at the original" not in done
    copy = State(rebound, "own-references")
    every = referring(before["types/every"], copy.name)
    assert every != before["types/every"]
    assert copy.content() == durable(before) | {"types/every": every}
    assert state.content() == before


def test_deleted_database(rebound: Rebound, state: State):
    """A database that is gone is created as it was set up, and filled, whatever answer is lost."""
    before = state.content()
    with rebound.cloud.minutes_ago(5):
        state.admin.delete_database(name=state.name).result()
    with pytest.raises(NotFound):
        state.content()
    told = rebound.run("plan", SCENARIO).stdout
    assert 'make     databaseEdition "STANDARD"' in told
    assert "realtimeUpdatesMode" not in told
    assert "tags of (default), which is created" in told
    with rebound.cloud.fault("firestore", ".*CreateDatabase", "lost"):
        rebound.run("recover", SCENARIO, "--yes")
    assert State(rebound).content() == durable(before)


def test_id_that_is_not_free_yet(rebound: Rebound, state: State):
    """The id of a database that was just deleted is waited for: Google frees it after minutes."""
    before = state.content()
    with rebound.cloud.minutes_ago(5):
        state.admin.delete_database(name=state.name).result()
    # How long it takes is not the test's to wait for: the first answer is as it is until then.
    fault = rebound.cloud.fault(
        "firestore", ".*CreateDatabase", "status", reason="ALREADY_EXISTS", times=1
    )
    with fault:
        done = rebound.run("recover", SCENARIO, "--yes")
    assert "the id of a deleted database is not free yet" in done.stderr
    assert state.content() == durable(before)


def test_lost_answers(rebound: Rebound, state: State):
    """Batches whose answer never arrives are neither lost nor taken for somebody else's."""
    before = state.content()
    state.lose(*before)
    with rebound.cloud.fault("firestore", "firestore.BatchWrite", "lost", times=2):
        (outcome,) = of_kind(rebound.json("recover", SCENARIO, "--yes"), "database")
    assert outcome["kept_count"] == 0
    assert state.content() == durable(before)


def test_a_document_that_is_refused_for_good(rebound: Rebound, state: State):
    """It is named with the reason, the others come back, and a resume brings it, too."""
    before = state.content()
    state.lose("types/every", "types/empty")
    # First the two together, then each alone: the first of them.
    refused = {"reason": "INVALID_ARGUMENT", "times": 2}
    with rebound.cloud.fault("firestore", "firestore.BatchWrite", "status", **refused):
        done = rebound.run("recover", SCENARIO, "--yes", code=7)
    assert "Firestore refused 1 document; first types/" in " ".join(done.stdout.split())
    assert len(before.keys() - state.content().keys()) == 1
    recovery = max(rebound.recoveries)
    rebound.run("resume", recovery, "--yes")
    assert state.content() == before


def test_live_writer_wins(rebound: Rebound, state: State):
    """A document somebody writes while the recovery runs is kept, reported, and no success."""
    before = state.content()
    state.lose("types/every", "types/empty")
    with rebound.cloud.held("firestore", "firestore.BatchWrite"):
        process = rebound.begin("recover", SCENARIO, "--yes", "--json")
        rebound.cloud.await_fault("firestore", process)
        state.write({"types/every": {"mine": True}})
    out, err = process.communicate(RUN_SECONDS)
    assert process.returncode == 7, err
    assert '"path": "types/every"' in out
    after = state.content()
    assert after["types/every"] != before["types/every"]
    assert after["types/empty"] == before["types/empty"]


def test_live_writer_against_the_word(rebound: Rebound, state: State):
    """Where all was to be replaced or removed, a write in between stays, and is no success."""
    state.write({"types/every": {"garbage": 1}, "extra/one": {"garbage": 1}})
    words = ("--yes", "--overwrite", "*", "--exact")
    with rebound.cloud.held("firestore", "firestore.BatchWrite"):
        process = rebound.begin("recover", SCENARIO, *words)
        rebound.cloud.await_fault("firestore", process)
        state.write({"types/every": {"mine": True}, "extra/one": {"mine": True}})
        live = state.content()
    out, _ = process.communicate(RUN_SECONDS)
    assert process.returncode == 7
    assert "NOT EQUAL" in out
    assert state.content() == live


def test_killed_and_resumed(rebound: Rebound):
    """A recovery that was killed between two batches ends in the same state when resumed.

    But for what was written since it began: that stays, though all else unknown was to be removed.
    """
    state = filled(rebound, {f"many/{number:04d}": {"n": number} for number in range(900)})
    before = state.content()
    state.lose(*list(before)[:450])
    state.lose(*list(before)[450:])
    state.write({"extra/old": {"garbage": 1}})
    with rebound.cloud.held("firestore", "firestore.BatchWrite", is_done=False, skip=1, times=None):
        process = rebound.begin("recover", SCENARIO, "--yes", "--unthrottled", "--exact")
        rebound.cloud.await_fault("firestore", process)
        process.kill()
        _, err = process.communicate(RUN_SECONDS)
    state.write({"extra/new": {"n": 1}})
    new = {"extra/new": state.content()["extra/new"]}
    recovery = next(word for word in err.split() if word.startswith(SCENARIO))
    assert rebound.json("report", recovery)["state"] == "under way"
    (outcome,) = of_kind(rebound.json("resume", recovery, "--exact", "--yes"), "database")
    assert (outcome["equal"], outcome["kept"]) == (900, [{"path": "extra/new", "state": "added"}])
    # The attempt that was killed removed it, and wrote a batch at least.
    assert (outcome["removed"], bool(outcome["undo"])) == (1, True)
    assert outcome["written"] == 900
    assert state.content() == before | new
    assert of_kind(rebound.json("report", recovery), "database") == [outcome]


def test_damaged_backup(rebound: Rebound, state: State):
    """A stored file that is not what the manifest says restores nothing."""
    state.lose("types/every")
    before = state.content()
    name = rebound.json("show", "night")["databases"][0]["files"][0]["stored"]["name"]
    blob = rebound.vault.blob(name)
    content = bytearray(blob.download_as_bytes())
    content[len(content) // 2] ^= 1
    blob.upload_from_string(bytes(content), content_type="application/avro")
    rebound.run("recover", SCENARIO, "--yes", code=4)
    rebound.run("verify", "night", code=4)
    assert state.content() == before


def test_copied_vault(rebound: Rebound, state: State):
    """Files under other generations are read when their bytes are those of the manifest."""
    before = state.content()
    renew_vault(rebound)
    state.lose("types/every")
    assert rebound.json("verify", "night")["other_generations"] == 1
    rebound.run("recover", SCENARIO, "--yes")
    assert state.content() == before
