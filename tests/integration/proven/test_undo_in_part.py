"""What somebody wrote since a recovery, or Google Cloud refuses, stays; all else goes back."""

import re
import shlex
from collections.abc import Callable

from recovery.undo.removing import aside_name
from tests.harness import RUN_SECONDS, Rebound
from tests.integration import bucket_objects, lake
from tests.integration.bucket_objects import NAMES
from tests.integration.damages import DAMAGES, destroy
from tests.integration.orchestration import State
from tests.integration.proven.test_undo import (
    BUCKETS,
    DATABASES,
    TABLES,
    documents_of,
    objects_of,
    recovered,
    tables_of,
    undone,
)
from tests.integration.state import state


def test_one_object_that_is_newer_and_one_that_is_refused(rebound: Rebound):
    """Each is named and stays; the others are as before the recovery."""
    bucket = rebound.storage_client.get_bucket(bucket_objects.platform(rebound))
    newer, refused, gone = NAMES[1], NAMES[6], NAMES[5]
    bucket.blob(gone).delete()
    for name in (newer, refused):
        bucket_objects.put(bucket, name, b"garbage")
    recovery = recovered(rebound, BUCKETS)
    assert bucket.blob(gone).exists()
    bucket_objects.put(bucket, newer, b"written since")

    how = {"status": 400, "times": None, "match": refused.rpartition("/")[2]}
    with rebound.cloud.fault("storage", r"storage\.objects\.(restore|rewrite)", "status", **how):
        told = undone(rebound, recovery, code=6)
    (left,) = told["left"]
    assert f"1 objects were written since, or are not kept; they stay: {newer}" in left
    (outcome,) = told["outcomes"]
    assert f"Google Cloud refused 1 objects, as {refused}: 400" in outcome["failure"]
    assert not bucket.blob(gone).exists()
    assert bucket.blob(refused).download_as_bytes() == bucket_objects.content_of(refused)

    told = undone(rebound, recovery, code=6)
    assert not told["outcomes"][0]["failure"]
    assert bucket.blob(refused).download_as_bytes() == b"garbage"
    assert bucket.blob(newer).download_as_bytes() == b"written since"
    assert undone(rebound, recovery, code=5)["outcomes"] == []
    before = objects_of(rebound)
    recovered(rebound, BUCKETS)
    assert objects_of(rebound) != before


def test_one_document_that_is_newer_and_one_that_is_written_meanwhile(rebound: Rebound):
    """One before the undo's plan and one behind it: both stay, the others are as before."""
    documents = State(rebound)
    documents.lose("done/two")
    documents.write({"done/one": {"n": "wrong"}, "done/three": {"n": "wrong"}})
    before = documents.content()
    recovery = recovered(rebound, DATABASES)
    documents.write({"done/one": {"n": "written since"}})
    newer = documents.content()["done/one"]

    # What is written first, when everything is planned, says who undoes it.
    with rebound.cloud.held("storage", r"storage\.objects\.insert", match=rebound.vault.name):
        process = rebound.begin("undo", recovery, "--confirm-project", rebound.project, "--yes")
        rebound.cloud.await_fault("storage", process)
        documents.write({"done/three": {"n": "meanwhile"}})
        meanwhile = documents.content()["done/three"]
    out, err = process.communicate(RUN_SECONDS)
    assert process.returncode == 6, out + err
    assert "they stay: done/one" in out
    assert "changed since the plan, and left: 1 documents, as done/three" in out
    now = {**before, "done/one": newer, "done/three": meanwhile}
    assert documents.content() == now
    recovered(rebound, DATABASES)
    assert documents_of(rebound) != now


def test_an_answer_that_is_lost_costs_an_undo_nothing(rebound: Rebound):
    """What it wrote itself is no write of somebody else's."""
    documents = State(rebound)
    documents.write({"done/one": {"n": "wrong"}, "done/three": {"n": "wrong"}})
    before = documents.content()
    recovery = recovered(rebound, DATABASES)
    with rebound.cloud.fault("firestore", ".*BatchWrite", "lost", match=rebound.project):
        undone(rebound, recovery)
    assert documents.content() == before
    recovered(rebound, DATABASES)


def test_rows_that_are_written_while_a_whole_table_goes_back_stay(rebound: Rebound):
    """No statement replaces a table on a condition, so it is set aside first: it is left with them."""
    destroy(rebound, DAMAGES["schema changed"])
    recovery = recovered(rebound, TABLES)
    words = ("undo", recovery, "--confirm-project", rebound.project, "--yes")
    games = f"`{rebound.project}.{lake.GAMES}`"
    row = {"game_id": "late", "game_date": "2024-01-02"}
    kept = {"match": "rebound_undo/tables/undone-"}

    def undone_while(write: Callable[[], object]) -> str:
        with rebound.cloud.held("bigquery", r"bigquery\.tables\.get", **kept):
            process = rebound.begin(*words)
            rebound.cloud.await_fault("bigquery", process)
            write()
        out, err = process.communicate(60)
        assert process.returncode == 6, out + err
        assert (late_rows(rebound), asides(rebound)) == (1, [])
        return out

    values = "(game_id, game_date) VALUES ('late', DATE '2024-01-02')"
    told = undone_while(lambda: rebound.query(f"INSERT INTO {games} {values}"))
    assert "it was changed while it was looked at; it is left" in told
    rebound.query(f"DELETE FROM {games} WHERE game_id = 'late'")
    told = undone_while(lambda: rebound.bigquery_client.insert_rows_json(lake.GAMES, [row]))
    assert "which BigQuery refuses for hours after rows were streamed into it; it is left" in told
    recovered(rebound, TABLES, "--overwrite", "*", "--exact")


def test_a_table_that_goes_back_as_a_whole_is_set_aside_until_it_is_proven(rebound: Rebound):
    """Refused, it has its name again or is named; killed behind that, the next undo ends it."""
    destroy(rebound, DAMAGES["schema changed"])
    before = state(rebound)
    recovery = recovered(rebound, TABLES)
    left = state(rebound)
    words = ("undo", recovery, "--confirm-project", rebound.project, "--yes")
    name = aside_name(recovery, lake.GAMES)

    def refused(job: str, times: int) -> str:
        fault = {"job": job, "reason": "accessDenied", "message": "no", "times": times}
        rebound.cloud.order("bigquery", "job-faults", **fault)
        return rebound.run(*words, code=6).stdout

    assert "failed: accessDenied: no; it is left, under its own name" in refused("-back-", 1)
    assert state(rebound) == left
    told = refused("-(back|again)-", 2)
    assert f"it is kept as {name}, as it could not get its own name again: " in told
    assert asides(rebound) == [name]

    rebound.cloud.order("bigquery", "clones", lose=["labels"])
    for call, where in (("patch", "/tables/games"), ("delete", "/tables/aside-")):
        operation = rf"bigquery\.tables\.{call}"
        with rebound.cloud.held("bigquery", operation, match=where, is_done=False):
            process = rebound.begin(*words)
            rebound.cloud.await_fault("bigquery", process)
            process.kill()
            process.communicate(60)
        rebound.cloud.order("bigquery", "clones", lose=[])
        assert asides(rebound) == [name]
    assert {key: it for key, it in state(rebound).items() if name not in key} == before
    told = rebound.run(*words).stdout
    assert re.search(rf"set aside what the recovery left, as {re.escape(name)}(.|\n)*undone-", told)
    assert state(rebound) == before
    recovered(rebound, TABLES)


def test_a_table_that_somebody_makes_where_one_is_gone_stays(rebound: Rebound):
    """Where there was nothing to replace an undo replaces nothing, whatever comes meanwhile."""
    destroy(rebound, DAMAGES["schema changed"])
    recovery = recovered(rebound, TABLES)
    games = f"`{rebound.project}.{lake.GAMES}`"
    rebound.query(f"DROP TABLE {games}")
    held = {"operation": r"bigquery\.datasets\.get", "match": f"{rebound.project}/.*/rebound_undo"}
    with rebound.cloud.held("bigquery", **held):
        process = rebound.begin("undo", recovery, "--confirm-project", rebound.project, "--yes")
        rebound.cloud.await_fault("bigquery", process)
        rebound.query(f"CREATE TABLE {games} AS SELECT 'mine' AS note")
    out, err = process.communicate(60)
    assert process.returncode == 6, out + err
    assert "Already Exists" in out
    assert rebound.query(f"SELECT note FROM {games}") == [{"note": "mine"}]
    rebound.query(f"DROP TABLE {games}")
    undone(rebound, recovery)
    recovered(rebound, TABLES)


def made_table(rebound: Rebound) -> tuple[str, str]:
    """Have a recovery make a table; return the recovery, and the table's quoted name."""
    destroy(rebound, DAMAGES["table gone"])
    return recovered(rebound, TABLES), f"`{rebound.project}.{lake.GAMES}`"


def late_rows(rebound: Rebound) -> int:
    """Return how many rows came late to the table."""
    games = f"`{rebound.project}.{lake.GAMES}`"
    return len(rebound.query(f"SELECT game_id FROM {games} WHERE game_id = 'late'"))


def test_rows_that_are_streamed_into_a_table_that_goes_stay(rebound: Rebound):
    """A row behind the last look is in no snapshot, and moves no etag: the table is not deleted."""
    recovery, _ = made_table(rebound)
    kept = {"match": "rebound_undo/tables/undone-"}
    with rebound.cloud.held("bigquery", r"bigquery\.tables\.get", **kept):
        process = rebound.begin("undo", recovery, "--confirm-project", rebound.project, "--yes")
        rebound.cloud.await_fault("bigquery", process)
        row = {"game_id": "late", "game_date": "2024-01-02"}
        assert rebound.bigquery_client.insert_rows_json(lake.GAMES, [row]) == []
    out, err = process.communicate(60)
    assert process.returncode == 6, out + err
    assert "which BigQuery refuses for hours after rows were streamed into it; it is left" in out
    assert late_rows(rebound) == 1
    recovered(rebound, TABLES, "--overwrite", "*", "--exact")


def test_a_table_that_goes_is_looked_at_where_nobody_writes(rebound: Rebound):
    """Rows that came before it was set aside bring it back; killed there, the next undo ends it."""
    recovery, _ = made_table(rebound)
    words = ("undo", recovery, "--confirm-project", rebound.project, "--yes")
    aside = r"/tables/aside-"
    with rebound.cloud.held("bigquery", r"bigquery\.tables\.get", match=aside):
        process = rebound.begin(*words)
        rebound.cloud.await_fault("bigquery", process)
        (name,) = asides(rebound)
        late = "(game_id, game_date) VALUES ('late', DATE '2024-01-02')"
        rebound.query(f"INSERT INTO `{rebound.project}.{name}` {late}")
    out, err = process.communicate(60)
    assert process.returncode == 6, out + err
    assert "rows were written while it was looked at; it is left" in out
    assert (late_rows(rebound), asides(rebound)) == (1, [])
    rebound.query(f"DELETE FROM `{rebound.project}.{lake.GAMES}` WHERE game_id = 'late'")

    with rebound.cloud.held("bigquery", r"bigquery\.tables\.delete", match=aside, is_done=False):
        process = rebound.begin(*words)
        rebound.cloud.await_fault("bigquery", process)
        process.kill()
        process.communicate(60)
    assert asides(rebound) == [name]
    assert not [it for it in undone(rebound, recovery)["outcomes"] if it["failure"]]
    assert asides(rebound) == []
    recovered(rebound, TABLES)


def test_a_table_is_not_set_aside_where_it_would_expire(rebound: Rebound):
    """A rename there can delete it at once, with rows that came since: it is left, and it is told."""
    recovery, games = made_table(rebound)
    dataset = rebound.bigquery_client.get_dataset(lake.DATASET)
    dataset.default_table_expiration_ms = 3_600_000
    rebound.bigquery_client.update_dataset(dataset, ["default_table_expiration_ms"])
    held = rebound.query(f"SELECT COUNT(*) AS n FROM {games}")
    words = ("undo", recovery, "--confirm-project", rebound.project, "--yes")
    told = rebound.run(*words, code=6).stdout
    assert "tables of lake expire 1 hours after they were made" in told
    assert rebound.query(f"SELECT COUNT(*) AS n FROM {games}") == held
    dataset = rebound.bigquery_client.get_dataset(lake.DATASET)
    dataset.default_table_expiration_ms = None
    rebound.bigquery_client.update_dataset(dataset, ["default_table_expiration_ms"])

    left = aside_name(recovery, lake.GAMES)
    rebound.query(f"CREATE TABLE `{rebound.project}.{left}` (a INT64)")
    assert f"an undo that broke off set it aside as {left}" in rebound.run(*words, code=6).stdout
    rebound.query(f"DROP TABLE `{rebound.project}.{left}`")
    undone(rebound, recovery)
    recovered(rebound, TABLES)


def asides(rebound: Rebound) -> list[str]:
    """Return what an undo has set aside."""
    found = rebound.bigquery_client.list_tables(lake.DATASET)
    return [f"{it.dataset_id}.{it.table_id}" for it in found if it.table_id.startswith("aside-")]


def printed(text: str, verb: str) -> list[str]:
    """Return the words of the command that a text names."""
    (command,) = set(re.findall(rf"(rebound {verb} [^`]*?)(?:`|, until)", text))
    return shlex.split(command)[1:]


def test_each_printed_command_can_be_pasted(rebound: Rebound):
    """From the plan to the way back, in a protected project: none costs a refusal."""
    destroy(rebound, DAMAGES["rows changed"])
    before = tables_of(rebound)
    asked = ("--run", "night", "--overwrite", "*", "--confirm-project", rebound.project)
    planned = rebound.run("plan", TABLES, *asked)
    fault = {"job": "-replace-", "reason": "invalidQuery", "times": 1}
    rebound.cloud.order("bigquery", "job-faults", **fault)
    failed = rebound.run(*printed(planned.stderr, "recover"), "--yes", code=6)
    done = rebound.run(*printed(failed.stderr, "resume"), "--yes")
    rebound.run(*printed(done.stdout, "undo"), "--yes")
    assert tables_of(rebound) == before
    recovered(rebound, TABLES)
