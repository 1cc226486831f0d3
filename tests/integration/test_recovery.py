"""Damage of every kind: recognised in the plan, recovered, proven, and nothing else touched."""

from collections.abc import Iterator

import pytest
from google.cloud import bigquery

from tests.harness import LOCATION, RUN_SECONDS, Rebound, minutes_ago, of_kind
from tests.integration import lake
from tests.integration.damages import DAMAGES, destroy
from tests.integration.state import state
from tests.served import Function

SCENARIO = "bigquery-dataset-loss"


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_is_recovered_and_proven(rebound: Rebound, function: Function, name: str):
    """Exactly what is damaged is restored, and everything is as it was at the recovery point."""
    damage = DAMAGES[name]
    before = state(rebound)
    function.complete("night")
    destroy(rebound, damage)

    plan = rebound.json("plan", SCENARIO)
    actions = {step["name"]: step["action"] for step in of_kind(plan, "table")}
    expected = dict.fromkeys(lake.TABLES, "leave") | {damage.table: damage.action}
    assert actions == expected
    words = ["--yes"]
    if damage.overwrite:
        refused = rebound.run("recover", SCENARIO, "--yes", code=5)
        assert "hint: `--overwrite" in refused.stderr
        words += ["--overwrite", damage.table]
    report = rebound.json("recover", SCENARIO, *words)

    assert state(rebound) == before
    assert {table["name"] for table in of_kind(report, "table")} == set(lake.TABLES)
    assert not [
        table for table in of_kind(report, "table") if table["findings"] or table["failure"]
    ]
    again = rebound.json("plan", SCENARIO)
    assert {step["action"] for step in of_kind(again, "table")} == {"leave"}


def reports(rebound: Rebound) -> Iterator[str]:
    """Yield what the report and the incident report of the last recovery say."""
    for words in ((), ("--incident",)):
        yield rebound.run("report", max(rebound.recoveries), *words).stdout


def test_dataset_gone(rebound: Rebound, function: Function):
    """A deleted dataset is undeleted, with what nobody protects; then it is proven, and mended.

    A word creates it from the backup alone.
    """
    scrap = f"`{rebound.project}.{lake.DATASET}.scrap`"
    rebound.query(f"CREATE TABLE {scrap} AS SELECT 'nobody protects it' AS note")
    before = state(rebound)
    assert function.complete("night")["unprotected_tables"] == 1
    assert (
        "dataset lake: 1 table that no backup holds: scrap" in rebound.run("show", "night").stdout
    )
    client = rebound.bigquery_client
    own = client.get_dataset(lake.DATASET).to_api_repr()
    destroy(rebound, DAMAGES["emptied"])
    client.delete_dataset(lake.DATASET, delete_contents=True)
    assert lake.DATASET not in {item.dataset_id for item in client.list_datasets()}

    planned = rebound.run("plan", SCENARIO).stdout
    assert "undelete             dataset lake: all that was in it comes back first" in planned
    with rebound.cloud.fault("bigquery", r"bigquery\.datasets\.undelete", "lost", times=1):
        shown = rebound.run("recover", SCENARIO, "--yes")
    assert all("dataset lake: undeleted" in text for text in (shown.stderr, *reports(rebound)))
    assert "4 of 4 tables proven equal" in shown.stdout
    assert "lake.games  (fill, " in shown.stdout
    assert state(rebound) == before
    client.delete_dataset(lake.DATASET, delete_contents=True)
    shown = rebound.run("recover", SCENARIO, "--yes", "--create-datasets")
    assert "1 table of lake that no backup holds: scrap" in shown.stdout
    assert "lake.games  (create, " in shown.stdout
    unprotected = [name for name in before if name.endswith("scrap")]
    assert state(rebound) == {key: before[key] for key in before if key not in unprotected}
    back = client.get_dataset(lake.DATASET).to_api_repr()
    for key in ("labels", "description", "location"):
        assert back[key] == own[key]
    assert sorted(map(str, back["access"])) == sorted(map(str, own["access"]))
    assert {item.routine_id for item in client.list_routines(lake.DATASET)} == {"double"}
    assert rebound.query(f"SELECT most FROM `{rebound.project}.lake.busiest`")


def test_extra_partitions_are_kept_unless_exact_is_asked(rebound: Rebound, function: Function):
    """Rows in partitions that the recovery point does not know stay, until `--exact` removes them."""
    function.complete("night")
    rebound.query(
        f"INSERT INTO `{rebound.project}.{lake.GAMES}` (game_id, game_date) "
        "VALUES ('tomorrow', DATE '2030-01-01')"
    )
    report = rebound.json("recover", SCENARIO, "--yes")
    assert {table["action"] for table in of_kind(report, "table")} == {"leave"}
    told = rebound.run("report", report["recovery_id"]).stdout
    assert "UTC, but for 1 extra partition kept (1 row)" in told
    newest = (
        f"SELECT COUNT(*) AS n FROM `{rebound.project}.{lake.GAMES}` WHERE game_id = 'tomorrow'"
    )
    assert rebound.query(newest) == [{"n": 1}]

    report = rebound.json("recover", SCENARIO, "--exact", "--yes")
    assert rebound.query(newest) == [{"n": 0}]
    told = rebound.run("report", report["recovery_id"]).stdout
    assert "removed 1 partition (1 row) that the recovery point does not know" in told
    undo = next(table["undo"] for table in of_kind(report, "table") if table["name"] == lake.GAMES)
    kept = rebound.query(f"SELECT COUNT(*) AS n FROM `{undo}` WHERE game_id = 'tomorrow'")
    assert kept == [{"n": 1}]


def test_one_partition_of_one_table(rebound: Rebound, function: Function):
    """`--partition` restores that partition, and leaves other damage for another recovery."""
    function.complete("night")
    games = f"`{rebound.project}.{lake.GAMES}`"
    for day in ("2024-01-02", "2024-01-06"):
        rebound.query(f"DELETE FROM {games} WHERE game_date = DATE '{day}'")
    scope = ("--table", lake.GAMES, "--partition", "20240102")
    report = rebound.json("recover", SCENARIO, *scope, "--yes")
    assert [table["action"] for table in of_kind(report, "table")] == ["replace partitions"]
    counts = rebound.query(
        f"SELECT game_date, COUNT(*) AS n FROM {games} "
        "WHERE game_date IN (DATE '2024-01-02', DATE '2024-01-06') GROUP BY game_date"
    )
    assert [f"{row['game_date']}" for row in counts] == ["2024-01-02"]
    rebound.run("plan", SCENARIO, "--table", lake.GAMES, "--partition", "19990101", code=2)
    rebound.run("plan", SCENARIO, "--table", "lake.nothing", code=2)


def test_beside_the_live_dataset(rebound: Rebound, function: Function):
    """`--into-prefix` restores a proven copy elsewhere and touches nothing live."""
    function.complete("night")
    before = state(rebound)
    report = rebound.json("recover", SCENARIO, "--into-prefix", "drill_", "--yes")
    assert {table["action"] for table in of_kind(report, "table")} == {"create"}
    assert state(rebound) == before
    copy = lake.rows(rebound, f"drill_{lake.TYPES}")
    assert copy == lake.rows(rebound, lake.TYPES)


def test_protected_project_needs_its_name(rebound: Rebound, function: Function):
    """In a protected project a second word is needed, and nothing is changed without it."""
    function.complete("night")
    destroy(rebound, DAMAGES["table gone"])
    lake.write_catalog(rebound.folder, protected_projects=[rebound.project])
    refused = rebound.run("recover", SCENARIO, "--yes", code=5)
    assert f"--confirm-project {rebound.project}" in refused.stderr
    assert lake.GAMES.split(".")[1] not in {
        item.table_id for item in rebound.bigquery_client.list_tables(lake.DATASET)
    }
    rebound.run("recover", SCENARIO, "--yes", "--confirm-project", rebound.project)


def test_nobody_said_yes(rebound: Rebound, function: Function):
    """Without a terminal and without `--yes` nothing is changed."""
    function.complete("night")
    destroy(rebound, DAMAGES["table gone"])
    refused = rebound.run("recover", SCENARIO, code=5)
    assert "nobody is there to say yes" in refused.stderr
    assert not [blob.name for blob in rebound.landing.list_blobs(prefix="recoveries/")]


def test_report_and_resume_of_an_ended_recovery(rebound: Rebound, function: Function):
    """A recovery can be looked at again, and resuming one that is done changes nothing."""
    function.complete("night")
    destroy(rebound, DAMAGES["emptied"])
    report = rebound.json("recover", SCENARIO, "--yes")
    recovery = report["recovery_id"]
    told = rebound.json("report", recovery)
    assert told.pop("rests_on")["manifest"] == "same"
    assert told == report
    after = state(rebound)
    assert of_kind(rebound.json("resume", recovery, "--yes"), "table") == of_kind(report, "table")
    assert state(rebound) == after
    rebound.landing.blob(f"recoveries/{recovery}/report.json").delete()
    entries = [*rebound.landing.list_blobs(prefix=f"recoveries/{recovery}/tables/")]
    assert entries
    for entry in entries:
        entry.upload_from_string("garbage")
    told = rebound.run("report", recovery)
    assert all(entry.name in told.stderr for entry in entries), "a hint that is none"
    assert rebound.json("resume", recovery, "--yes")["recovery_id"] == recovery
    assert state(rebound) == after
    rebound.run("report", "no-such-recovery", code=2)


def test_not_equal_is_not_success(rebound: Rebound, function: Function):
    """Rows that are not the manifest's are found in staging: exit 7, and nothing is published."""
    function.complete("night", recovery_point=minutes_ago(3))
    with rebound.cloud.minutes_ago(2):
        rebound.query(f"UPDATE `{rebound.project}.{lake.GAMES}` SET points = 1 WHERE TRUE")
    function.complete("other", full=True)
    good, other = (
        next(iter(rebound.vault.list_blobs(prefix=f"runs/{run}/tables/{lake.GAMES}/")))
        for run in ("night", "other")
    )
    destroy(rebound, DAMAGES["table gone"])
    with rebound.cloud.held("bigquery", r"bigquery\.tables\.insert"):
        process = rebound.begin("recover", SCENARIO, "--run", "night", "--yes")
        rebound.cloud.await_fault("bigquery", process)
        good.upload_from_string(other.download_as_bytes())
    out, err = process.communicate(RUN_SECONDS)
    assert process.returncode == 7, out + err
    assert "nothing was published" in out
    assert lake.GAMES.split(".")[1] not in {
        item.table_id for item in rebound.bigquery_client.list_tables(lake.DATASET)
    }


def test_changed_view_needs_a_word(rebound: Rebound, function: Function):
    """A view with another text is replaced only when its name is said; the plan keeps its text."""
    function.complete("night")
    newer = f"SELECT 1 AS games FROM `{rebound.project}.lake.games`"
    rebound.query(f"CREATE OR REPLACE VIEW `{rebound.project}.lake.busy` AS {newer}")
    refused = rebound.run("recover", SCENARIO, "--yes", code=5)
    assert "`--overwrite lake.busy`" in refused.stderr
    view = rebound.bigquery_client.get_table("lake.busy")
    assert "1 AS games" in view.view_query
    report = rebound.json("recover", SCENARIO, "--yes", "--overwrite", "lake.busy")
    assert "COUNT(*)" in rebound.bigquery_client.get_table("lake.busy").view_query
    steps = {step["name"]: step for step in of_kind(report["plan"], "view", "routine")}
    assert "1 AS games" in steps["lake.busy"]["replaced"]["view"]["query"]


def test_view_changed_meanwhile_is_kept(rebound: Rebound, function: Function):
    """What somebody makes of a view after the plan saw it is not overwritten, and no success."""
    function.complete("night")
    view = f"CREATE OR REPLACE VIEW `{rebound.project}.lake.busy` AS SELECT"
    rebound.query(f"{view} 1 AS games")
    with rebound.cloud.held("bigquery", r"bigquery\.tables\.update"):
        process = rebound.begin("recover", SCENARIO, "--yes", "--overwrite", "lake.busy")
        rebound.cloud.await_fault("bigquery", process)
        rebound.query(f"{view} 2 AS games")
    out, err = process.communicate(RUN_SECONDS)
    assert process.returncode == 6, out + err
    assert "FAILED    lake.busy: view is" in out
    assert "2 AS games" in rebound.bigquery_client.get_table("lake.busy").view_query


def test_rows_that_appear_after_the_plan_are_kept(rebound: Rebound, function: Function):
    """Rows that come after the plan are left alone, whatever word was given before them.

    Those in a partition that was empty then, and those in one that the plan removes.
    """
    function.complete("night")
    destroy(rebound, DAMAGES["partition missing"])
    insert = f"INSERT INTO `{rebound.project}.{lake.GAMES}` (game_id, game_date) VALUES "
    rebound.query(f"{insert} ('extra', DATE '2030-01-01')")
    with rebound.cloud.held("storage", r"storage\.objects\.insert"):
        process = rebound.begin("recover", SCENARIO, "--yes", "--exact", "--overwrite", "*")
        rebound.cloud.await_fault("storage", process)
        rebound.query(f"{insert} ('new', DATE '2030-01-01')")
    out, err = process.communicate(RUN_SECONDS)
    assert process.returncode == 6, out + err
    assert "rows appeared since the plan was made" in out
    newest = f"`{rebound.project}.{lake.GAMES}` WHERE game_date = DATE '2030-01-01'"
    names = f"SELECT game_id FROM {newest} ORDER BY game_id"
    assert rebound.query(names) == [{"game_id": "extra"}, {"game_id": "new"}]
    recovery = err.split("recovery ", 1)[1].split()[0]
    rebound.query(f"DELETE FROM {newest} AND game_id = 'new'")
    rebound.query(f"{insert} ('later', DATE '2024-01-04')")
    rebound.run("resume", recovery, "--exact", "--overwrite", "*", "--yes", code=6)
    kept = names.replace("2030-01-01", "2024-01-04")
    assert rebound.query(kept) == [{"game_id": "later"}]


def test_undo_dataset_that_cannot_hold_copies_is_refused(rebound: Rebound, function: Function):
    """A recovery that could not keep what it replaces changes nothing, and says why."""
    function.complete("night")
    destroy(rebound, DAMAGES["emptied"])
    before = state(rebound)
    undo = bigquery.Dataset(f"{rebound.project}.rebound_undo")
    undo.location = LOCATION
    undo.default_partition_expiration_ms = 24 * 3600 * 1000
    rebound.bigquery_client.create_dataset(undo)
    refused = rebound.run("recover", SCENARIO, "--overwrite", "*", "--yes", code=2)
    assert "rebound_undo: the dataset lets partitions expire" in refused.stderr
    assert state(rebound) == before
