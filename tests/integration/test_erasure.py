"""A restore of a point older than an erasure: what was erased stays so, and all else comes back."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from google.cloud import storage

from manifests.store.envelope import encode
from tests.harness import Rebound
from tests.integration import bucket_objects, drills, lake
from tests.integration.orchestration import State
from tests.integration.test_signed_runs import public_key, signing_key
from tests.standin.cloud import Cloud
from tests.unit.manifests.test_erasures import entry

GAMES = lake.GAMES
TABLES, BUCKETS, STATE = (
    "bigquery-dataset-loss",
    "gcs-bucket-corruption",
    "firestore-state-loss",
)


@pytest.fixture
def rebound(local_cloud: Cloud, tmp_path: Path) -> Rebound:
    """Return a platform with tables, a bucket and a database, a night, and operators who sign."""
    made = drills.platform(local_cloud, tmp_path)
    key = signing_key(made)
    made.env.update(REBOUND_OPERATOR_KEY=key, REBOUND_OPERATOR_KEYS=public_key(made, key))
    return made


def recover(rebound: Rebound, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    """Recover, whatever is there."""
    own = ("--overwrite", "*", "--confirm-project", rebound.project, "--yes")
    return rebound.run("recover", *words, *own, code=code)


def recovered(rebound: Rebound, *words: str) -> dict[str, Any]:
    """Do the same, and return the report."""
    return dict(json.loads(recover(rebound, *words, "--json").stdout))


def erasing(rebound: Rebound, *words: str, keys: tuple[str, ...]) -> tuple[str, ...]:
    """Return the command that writes keys down that stay erased."""
    file = rebound.folder / "keys.txt"
    file.write_text("".join(f"{key}\n" for key in keys))
    return ("erase", *words, "--keys", str(file), "--reason", "asked")


def erase(rebound: Rebound, *words: str, keys: tuple[str, ...]) -> str:
    """Write keys down that stay erased."""
    return rebound.run(*erasing(rebound, *words, keys=keys), "--yes").stdout


def undo(rebound: Rebound, recovery: str, code: int = 0) -> str:
    """Undo a recovery; return what is told."""
    words = ("undo", recovery, "--confirm-project", rebound.project, "--yes")
    return rebound.run(*words, code=code).stdout


def ids(rebound: Rebound) -> set[str]:
    """Return the keys of the rows that are there."""
    found = rebound.query(f"SELECT DISTINCT game_id FROM `{rebound.project}.{GAMES}`")
    return {row["game_id"] for row in found}


def test_rows_that_were_erased_stay_erased(rebound: Rebound):
    """Staging is proven equal to the backup, then loses them; what is published is proven without them."""
    games = f"`{rebound.project}.{GAMES}`"
    was = lake.rows(rebound, GAMES)
    rebound.query(f"DELETE FROM {games} WHERE game_id IN ('g9', 'twin', 'g10')")
    assert "erasure 1: table lake.games, column game_id, 2 keys" in erase(
        rebound, "--table", GAMES, "--column", "game_id", keys=("g9", "twin")
    )
    stored = rebound.vault.blob("erasures/000001.json").download_as_bytes()
    told = [
        blob.download_as_bytes()
        for blob in (*rebound.landing.list_blobs(), *rebound.vault.list_blobs(prefix="records/"))
    ]
    assert stored in told
    assert not [content for content in told if b"twin" in content]
    shown = rebound.run("plan", TABLES).stdout
    assert "2 keys, by the ledger of erasures" in shown
    compared = rebound.json("diff", GAMES)
    assert (compared["coming"], compared["erased"]) == (1, 3)

    done = recover(rebound, TABLES)
    assert "4 of 4 tables proven equal" in done.stdout
    assert "but for 3 rows that stay erased" in done.stdout
    kept = [row for row in was if "'g9'" not in row and "'twin'" not in row]
    assert (lake.rows(rebound, GAMES), len(was) - len(kept)) == (kept, 3)

    (recovery,) = rebound.recoveries
    proven = rebound.run("resume", recovery, "--confirm-project", rebound.project)
    assert "everything is proven already" in proven.stderr

    # Once more: it differs by what stays erased alone, and nothing is written.
    again = recovered(rebound, TABLES)
    (outcome,) = (item for item in again["outcomes"] if item["name"] == GAMES)
    assert (outcome["action"], outcome["erased"]["rows"], outcome["undo"]) == ("leave", 3, "")
    # A drill restores the same, and knows what it left out when it looks again.
    project = drills.sandbox(rebound)
    drilled = rebound.run("drill", TABLES, "--project", project).stdout
    assert "pass" in drilled
    assert not drills.left(rebound, project)
    check_what_is_gone(rebound, stored)
    assert lake.rows(rebound, GAMES) == kept


def check_what_is_gone(rebound: Rebound, stored: bytes) -> None:
    """The whole table, and the newest entry: it comes back without what stays erased, too."""
    rebound.bigquery_client.delete_table(f"{rebound.project}.{GAMES}")
    rebound.vault.blob("erasures/000001.json").delete()
    assert not list(rebound.vault.list_blobs(prefix="erasures/"))
    assert "somebody removed them from the vault" in recover(rebound, TABLES).stdout
    erase(rebound, "--table", GAMES, "--column", "game_id", keys=("g8",))
    assert rebound.vault.blob("erasures/000001.json").download_as_bytes() == stored


def check_that_it_asks(rebound: Rebound) -> None:
    """See that what would be written down is shown, and that nothing is without a yes."""
    of_games = ("--table", GAMES, "--column", "game_id")
    before = [blob.name for blob in rebound.vault.list_blobs()]
    refused = rebound.run(*erasing(rebound, *of_games, keys=("g9",)), code=5)
    assert f"1 key of table {GAMES}, column game_id" in refused.stdout
    assert "nobody is there to say yes" in refused.stderr
    assert [blob.name for blob in rebound.vault.list_blobs()] == before


def test_who_has_not_the_key_can_neither_erase_nor_bring_back(rebound: Rebound):
    """An entry that nobody signed, or that cannot be read, ends a recovery before it begins."""
    check_that_it_asks(rebound)
    rebound.query(f"DELETE FROM `{rebound.project}.{GAMES}` WHERE game_id IN ('g9', 'g10')")
    erase(rebound, "--table", GAMES, "--column", "game_id", keys=("g9",))
    words = ("--table", GAMES, "--column", "game_id", "--keys")
    (rebound.folder / "planted.txt").write_text("g10\n")
    planted = str(rebound.folder / "planted.txt")
    rebound.run(
        "erase",
        *words,
        planted,
        "--reason",
        "x",
        "--yes",
        REBOUND_OPERATOR_KEY="",
        REBOUND_OPERATOR_KEYS="",
    )
    refused = recover(rebound, TABLES, code=5)
    assert "no trusted key signed 1 erasure of the ledger" in refused.stderr
    assert "g9" not in ids(rebound)
    # By it less would be restored, and called whole.
    sandbox = drills.sandbox(rebound)
    refused = rebound.run("drill", TABLES, "--project", sandbox, code=5)
    assert "no trusted key signed 1 erasure of the ledger" in refused.stderr
    recover(rebound, TABLES, "--skip-erasures")
    assert ids(rebound) & {"g9", "g10"} == {"g10"}
    # What is left, since it is equal, the recovery did not write: it is told.
    told = recover(rebound, TABLES, "--unsigned-erasures").stdout
    assert "1 row of partitions that were left are to stay erased" in told
    assert ids(rebound) & {"g9", "g10"} == {"g10"}
    # What nobody signed removes nothing from a live table, until that is asked for.
    option = (
        f"ALTER TABLE `{rebound.project}.{GAMES}` SET OPTIONS (require_partition_filter = {{}})"
    )
    for said, left in (((), {"g10"}), (("--unsigned-erasures",), set[str]())):
        rebound.query(option.format("TRUE"))
        (statement,) = rebound.run("erasures", "--statements", *said, code=4).stdout.splitlines()
        rebound.query(statement)
        rebound.query(option.format("FALSE"))
        assert ids(rebound) & {"g9", "g10"} == left

    check_what_cannot_be_read(rebound, *words, planted)


def check_what_cannot_be_read(rebound: Rebound, *words: str) -> None:
    """It ends a recovery, and what is written behind it, until an operator says that it does not count."""
    blob = rebound.vault.blob("erasures/000002.json")
    blob.upload_from_string(b"not an entry")
    assert "erasures/000002.json" in recover(rebound, TABLES, code=5).stderr
    assert "NOT READ" in rebound.run("erasures", code=4).stdout
    assert "000002" in rebound.run("erase", *words, "--reason", "x", code=5).stderr
    rebound.run("erase", "--revoke", "2", "--reason", "planted", "--yes")
    rebound.run("erasures")
    recover(rebound, TABLES)
    assert ids(rebound) & {"g9", "g10"} == {"g10"}


def test_a_repair_brings_back_nothing_that_was_erased(rebound: Rebound):
    """Of a table that demands a filter, too; an entry that nobody signed could let live rows go."""
    games, day = f"`{rebound.project}.{GAMES}`", "game_date = DATE '2024-01-02'"
    asked = f"SELECT DISTINCT game_id FROM {games} WHERE {day}"
    rebound.query(f"ALTER TABLE {games} SET OPTIONS (require_partition_filter = TRUE)")
    was = {row["game_id"] for row in rebound.query(asked)}
    erase(rebound, "--table", GAMES, "--column", "game_id", keys=("g10",))
    job = rebound.bigquery_client.query(f"DELETE FROM {games} WHERE {day}")
    job.result()
    said = ("--key", "game_id", "--confirm-project", rebound.project, "--yes", "--reason", "slip")
    words = ("repair", GAMES, "--job", job.job_id, *said)
    planted = entry("table", GAMES, "g19", number=2, column="game_id")
    rebound.vault.blob("erasures/000002.json").upload_from_string(encode(planted))
    assert "no trusted key signed 1 erasure" in rebound.run(*words, code=5).stderr
    rebound.run("erase", "--revoke", "2", "--reason", "planted", "--yes")
    rebound.run(*words)
    assert {row["game_id"] for row in rebound.query(asked)} == was - {"g10"}
    assert "g10" in was


def test_an_undo_brings_back_nothing_that_was_erased(rebound: Rebound):
    """What a recovery left is known although rows were erased; an undo point with such rows stays away."""
    games = f"`{rebound.project}.{GAMES}`"
    erase(rebound, "--table", GAMES, "--column", "game_id", keys=("g9",))
    rebound.query(f"DELETE FROM {games} WHERE game_id = 'g9'")
    rebound.query(f"UPDATE {games} SET points = -1 WHERE game_id IN ('g18', 'g27')")
    damaged = lake.rows(rebound, GAMES)
    first = recovered(rebound, TABLES)["recovery_id"]
    assert lake.rows(rebound, GAMES) != damaged
    undo(rebound, first)
    assert lake.rows(rebound, GAMES) == damaged

    second = recovered(rebound, TABLES)["recovery_id"]
    rebound.query(f"DELETE FROM {games} WHERE game_id = 'g18'")
    erase(rebound, "--table", GAMES, "--column", "game_id", keys=("g18",))
    now = lake.rows(rebound, GAMES)
    refused = undo(rebound, second, code=5)
    assert "its undo point holds 1 row that stay erased" in refused
    assert lake.rows(rebound, GAMES) == now


def test_objects_and_documents_that_were_erased_are_not_written(rebound: Rebound):
    """They are counted and named nowhere; everything beside them comes back."""
    bucket = rebound.storage_client.bucket(bucket_objects.platform(rebound))
    state = State(rebound)
    objects, documents = bucket_objects.looked_at(bucket), state.content()
    gone = bucket_objects.NAMES[6]
    assert gone.startswith("games/")
    path = next(name for name in sorted(documents) if name.count("/") == 1)
    for name in objects:
        bucket.blob(name).delete()
    state.delete(*documents)
    assert not bucket_objects.looked_at(bucket)
    assert not state.content()
    erase(rebound, "--bucket", bucket.name, "--prefixes", keys=("games/",))
    erase(rebound, "--database", "(default)", keys=(path,))

    told = recover(rebound, BUCKETS).stdout
    assert "but for 2 objects that stay erased" in told
    kept = {name: item for name, item in objects.items() if not name.startswith("games/")}
    assert (bucket_objects.looked_at(bucket), len(objects) - len(kept)) == (kept, 2)
    told = recover(rebound, STATE).stdout
    left = {
        name: item
        for name, item in documents.items()
        if name != path and not name.startswith(f"{path}/")
    }
    lost = len(documents) - len(left)
    assert lost > 0
    assert "that stay erased" in told
    assert state.content() == left
    check_undo_of_an_object(rebound, bucket)


def check_undo_of_an_object(rebound: Rebound, bucket: storage.Bucket) -> None:
    """What a recovery replaced can have been erased since: an undo does not put it back."""
    other = bucket_objects.NAMES[8]
    bucket_objects.put(bucket, other, b"as it was before")
    recovery = recovered(rebound, BUCKETS)["recovery_id"]
    bucket.blob(other).delete()
    erase(rebound, "--bucket", bucket.name, keys=(other,))
    assert other not in undo(rebound, recovery, code=5)
    assert other not in bucket_objects.looked_at(bucket)
