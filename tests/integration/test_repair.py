"""One day's rows are deleted while somebody debugs: they come back, and nothing else changes."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from google.cloud import bigquery
from pydantic import RootModel

from manifests.layout import recovery_id
from manifests.store.envelope import encode
from tests.harness import RUN_SECONDS, Rebound, await_that
from tests.integration import lake
from tests.integration.forged_runs import undone
from tests.served import Function

GAMES = lake.GAMES


def rows(rebound: Rebound, where: str = "TRUE") -> list[str]:
    """Return the rows of the table that meet a condition, as sorted text."""
    found = rebound.query(f"SELECT * FROM `{rebound.project}.{GAMES}` WHERE {where}")
    return sorted(repr(sorted(row.items())) for row in found)


def change(rebound: Rebound, statement: str) -> bigquery.QueryJob:
    """Run a statement on the table to its end; return its job."""
    job = rebound.bigquery_client.query(statement.format(games=f"`{rebound.project}.{GAMES}`"))
    job.result()
    return job


def test_a_job_is_taken_back_and_later_writes_stay(rebound: Rebound, function: Function):
    """What one job did wrongly is shown, taken back and proven; what came later stays; undo goes back."""
    function.complete("night")
    day = "game_date = DATE '2024-01-02'"
    was = rows(rebound, day)
    job = change(rebound, f"DELETE FROM {{games}} WHERE {day}")
    assert rows(rebound, day) == []
    later = "UPDATE {games} SET points = -5 WHERE game_id = 'g9'"
    change(rebound, later)
    change(
        rebound,
        "INSERT INTO {games} (game_id, game_date, points) VALUES ('g10', DATE '2024-01-02', -7)",
    )
    before, others = rows(rebound), rows(rebound, f"NOT IFNULL({day}, FALSE)")
    assert len(was) == 23

    refused = rebound.run("repair", GAMES, "--job", job.job_id, "--yes", code=5)
    assert "nothing says which rows are the same" in refused.stderr
    words = ("repair", GAMES, "--job", job.job_id, "--key", "game_id")
    shown = rebound.run(*words, code=5)
    assert "nobody is there to say yes" in shown.stderr
    assert rows(rebound) == before
    for told in (
        "partitions that differ: 20240102",
        "0 rows that go",
        "22 rows that come back",
        "1 row of those that went wrong, written since, left as is",
        "just so in run night",
    ):
        assert told in shown.stdout, shown.stdout
    done = rebound.run(*words, "--yes", "--reason", "a slip")
    assert "22 rows back and 0 rows gone in 1 partition, proven" in done.stdout
    kept = [row for row in was if "'g10'" not in row]
    assert [row for row in rows(rebound, day) if "-7" not in row] == kept
    assert "-7" in str(rows(rebound, "game_id = 'g10'"))
    assert rows(rebound, f"NOT IFNULL({day}, FALSE)") == others
    (name,) = re.findall(r"rebound undo ([\w-]+)", done.stdout)
    assert "proven" in rebound.run("report", name).stdout
    scratch = rebound.bigquery_client.list_tables("rebound_scratch")
    assert not [item.table_id for item in scratch if "repair" in item.table_id]

    rebound.run("undo", name, "--yes")
    assert rows(rebound) == before


def test_a_while_is_taken_back_without_duplicates(rebound: Rebound, function: Function):
    """Without its history the backup is the witness; of equal rows one comes back."""
    function.complete("night")
    change(rebound, "DELETE FROM {games} WHERE game_id IN ('twin', 'g1')")
    assert (
        "nothing went wrong"
        in rebound.run("repair", GAMES, "--run", "night", "--partition", "20240105", "--yes").stdout
    )
    words = ("repair", GAMES, "--run", "night", "--once", "--yes")
    told = rebound.json(*words)
    assert (told["repair"]["rows"]["coming"], told["repair"]["left_out"]) == (2, 1)
    assert told["repair"]["witness"]["name"] == "vault"
    assert len(rows(rebound, "game_id = 'twin'")) == len(rows(rebound, "game_id = 'g1'")) == 1
    for wrong in (
        (GAMES,),
        ("lake.nothing", "--since", "2026-01-01T00:00Z"),
        ("lake.games; DROP", "--where", "TRUE"),
        (GAMES, "--job", "no-such-job"),
        (GAMES, "--since", "2999-01-01T00:00Z"),
        (GAMES, "--run", "night", "--key", "nothing"),
    ):
        rebound.run("repair", *wrong, code=2)
    where = ("--where", "TRUE) OR (TRUE", "--key", "game_id")
    rebound.run("repair", GAMES, "--run", "night", *where, "--yes", code=9)


def test_a_repair_that_was_killed_is_brought_to_its_end(
    rebound: Rebound, function: Function, tmp_path: Path
):
    """Wherever it was killed, `resume` publishes what was agreed to, or proves that it is there."""
    function.complete("night")
    before = rows(rebound)
    job = change(rebound, "UPDATE {games} SET home = 'x' WHERE game_date = DATE '2024-01-03'")
    assert rows(rebound) != before
    process = rebound.begin("repair", GAMES, "--job", job.job_id, "--yes")

    def journal() -> list[str]:
        names = [blob.name for blob in rebound.landing.list_blobs(prefix="recoveries/repair-")]
        return [name.split("/")[1] for name in names if "/repairs/" in name]

    await_that(lambda: bool(journal()))
    process.kill()
    process.communicate(RUN_SECONDS)
    name = journal()[0]
    page = tmp_path / "page.html"
    rebound.run("report", name, "--html", str(page))
    assert f"<code>rebound resume {name}" in page.read_text(encoding="utf-8")
    with undone(rebound, name, GAMES):
        told = rebound.run("resume", name, "--yes", code=5).stderr
    assert f"{name}: it was undone 20" in told
    assert "`rebound repair` begins another; " in told
    assert "proven" in rebound.run("resume", name, "--yes").stdout
    assert rows(rebound) == before
    rebound.run("resume", name, "--yes")
    rebound.run("undo", name, "--yes")
    assert "'home', 'x'" in str(rows(rebound))
    told = rebound.run("resume", name, "--yes", code=7).stderr
    assert f"{name}: it was undone 20" in told
    # Who can write a report could have written that one.
    told = rebound.run("resume", name, "--yes", code=7).stderr
    assert "after everything was proven, and it is not so now: partition" in told


def test_a_journal_that_calls_itself_a_repair_is_held_to_the_catalog(
    rebound: Rebound, function: Function
):
    """Who writes one of a table that nobody protects has nothing undone in it."""
    function.complete("night")
    job = change(rebound, "UPDATE {games} SET home = 'x' WHERE game_date = DATE '2024-01-03'")
    genuine = rebound.json("repair", GAMES, "--job", job.job_id, "--yes")["recovery_id"]
    secret = f"`{rebound.project}.lake.secret`"
    rebound.query(f"CREATE TABLE {secret} COPY `{rebound.project}.{GAMES}`")
    began = datetime.now(UTC).replace(microsecond=0)
    forged = recovery_id("repair", began, "abcd")
    for blob in rebound.landing.list_blobs(prefix=f"recoveries/{genuine}/"):
        text = json.dumps(json.loads(blob.download_as_bytes())["document"])
        for was, now in ((genuine, forged), (GAMES, "lake.secret"), ('"games"', '"secret"')):
            text = text.replace(was, now)
        document = json.loads(text)
        times = {"started_at": began, "finished_at": datetime.now(UTC)}
        document |= {key: value.isoformat() for key, value in times.items() if key in document}
        name = blob.name.replace(genuine, forged).replace(GAMES, "lake.secret")
        content = encode(RootModel[dict[str, Any]](document))
        rebound.landing.blob(name).upload_from_string(content)
    refused = rebound.run("undo", forged, "--yes", code=5).stderr
    assert "lake.secret: the catalog does not name the table" in refused
    rebound.run("undo", genuine, "--yes")
