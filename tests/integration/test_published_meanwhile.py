"""What somebody writes to a table while it is published stays, and is told: no undo point has it."""

import pytest

from tests.harness import RUN_SECONDS, Rebound
from tests.integration import lake
from tests.integration.damages import DAMAGES, destroy
from tests.integration.state import state
from tests.served import Function

SCENARIO = "bigquery-dataset-loss"
RECOVER = ("recover", SCENARIO, "--yes", "--overwrite", "*", "--exact")
DAY = "2024-01-02"


def games(rebound: Rebound) -> str:
    """Return the quoted name of the table."""
    return f"`{rebound.project}.{lake.GAMES}`"


def late(rebound: Rebound) -> list[dict[str, object]]:
    """Return the row that came late."""
    return rebound.query(f"SELECT game_id FROM {games(rebound)} WHERE game_id = 'late'")


def told_of_late_row(rebound: Rebound, day: str, *words: str) -> str:
    """Run a command, write a row when its undo point is kept, and return what it told."""
    undo_point = {"match": "rebound_undo/tables/", "skip": 1}
    with rebound.cloud.held("bigquery", r"bigquery\.tables\.get", **undo_point):
        process = rebound.begin(*words)
        rebound.cloud.await_fault("bigquery", process)
        rebound.query(
            f"INSERT INTO {games(rebound)} (game_id, game_date) VALUES ('late', DATE '{day}')"
        )
    out, err = process.communicate(RUN_SECONDS)
    assert process.returncode == 6, out + err
    return str(out)


def recover_without_late_row(rebound: Rebound, before: object) -> None:
    """See that the late row stayed; delete it, recover, and see that all is as it was."""
    assert late(rebound)
    rebound.query(f"DELETE FROM {games(rebound)} WHERE game_id = 'late'")
    rebound.run(*RECOVER)
    assert state(rebound) == before


@pytest.mark.parametrize(
    ("damage", "day"),
    [
        (f"UPDATE {{0}} SET pace = 0 WHERE game_date = DATE '{DAY}'", DAY),
        (
            "INSERT INTO {0} (game_id, game_date) VALUES ('extra', DATE '2030-01-01')",
            "2030-01-01",
        ),
    ],
    ids=["replaced", "removed"],
)
def test_rows_that_come_behind_the_last_look_stay(
    rebound: Rebound, function: Function, damage: str, day: str
):
    """The transaction that replaces partitions, or removes them, looks once more itself."""
    function.complete("night")
    before = state(rebound)
    rebound.query(damage.format(games(rebound)))
    told = told_of_late_row(rebound, day, *RECOVER)
    assert "rows were written while it was looked at; they were left alone" in told
    recover_without_late_row(rebound, before)


def test_a_repair_keeps_them_as_well(rebound: Rebound, function: Function):
    """Rows that come while a repair publishes are no rows that went wrong."""
    function.complete("night")
    where = f"WHERE game_date = DATE '{DAY}'"
    job = rebound.bigquery_client.query(f"DELETE FROM {games(rebound)} {where}")
    job.result()
    words = ("repair", lake.GAMES, "--job", job.job_id, "--key", "game_id", "--yes")
    told = told_of_late_row(rebound, DAY, *words)
    assert "rows were written while it was looked at; they were left alone" in told
    assert late(rebound)


def test_what_a_failed_job_replaced_is_done(rebound: Rebound, function: Function):
    """Its own rows, of an attempt that failed behind its commit, are nobody else's."""
    function.complete("night")
    before = state(rebound)
    destroy(rebound, DAMAGES["rows changed"])
    fault = {"job": "-replace-", "reason": "backendError", "times": 1, "after_commit": True}
    rebound.cloud.order("bigquery", "job-faults", **fault)
    rebound.run(*RECOVER)
    assert state(rebound) == before


def test_a_table_of_another_shape_is_deleted_as_it_was_kept(rebound: Rebound, function: Function):
    """A row that is written between the undo point and the deletion stays, and the table with it."""
    function.complete("night")
    before = state(rebound)
    destroy(rebound, DAMAGES["schema changed"])
    told = told_of_late_row(rebound, DAY, *RECOVER)
    assert "it was written while it was kept; it was left alone" in told
    recover_without_late_row(rebound, before)


def test_rows_that_are_on_their_way_are_not_deleted(rebound: Rebound, function: Function):
    """A snapshot leaves out what is still buffered, so that no undo point would have it."""
    function.complete("night")
    before = state(rebound)
    destroy(rebound, DAMAGES["schema changed"])
    damaged = state(rebound)
    buffer = {"table": f"{rebound.project}.{lake.GAMES}"}
    rebound.cloud.order("bigquery", "streaming-buffer", **buffer, estimatedRows=12)
    told = rebound.run(*RECOVER, code=6).stdout
    assert "rows are being streamed into it, which no undo point has" in told
    rebound.cloud.order("bigquery", "streaming-buffer", **buffer, estimatedRows=None)
    assert state(rebound) == damaged
    rebound.run(*RECOVER)
    assert state(rebound) == before


def test_a_policy_that_comes_behind_the_plan_stays(rebound: Rebound, function: Function):
    """Whom it lets see nothing was told of it, so that nobody agreed to take it away."""
    function.complete("night")
    destroy(rebound, DAMAGES["rows changed"])
    damaged = state(rebound)
    with rebound.cloud.held("storage", r"storage\.objects\.insert"):
        process = rebound.begin(*RECOVER)
        rebound.cloud.await_fault("storage", process)
        rebound.query(
            f"CREATE ROW ACCESS POLICY late ON {games(rebound)} "
            "GRANT TO ('allAuthenticatedUsers') FILTER USING (TRUE)"
        )
    out, err = process.communicate(RUN_SECONDS)
    assert process.returncode == 6, out + err
    assert "its row access policies was set since the plan was made" in out
    rebound.query(f"DROP ALL ROW ACCESS POLICIES ON {games(rebound)}")
    assert state(rebound) == damaged


def written_when_made(rebound: Rebound, code: int, **looked: int) -> str:
    """Recover a table that is gone, write a row to it while its policies are listed, and return what is told."""
    rebound.query(f"DROP TABLE {games(rebound)}")
    live = {"match": f"{lake.GAMES.replace('.', '/tables/')}/", **looked}
    with rebound.cloud.held("bigquery", r"bigquery\.rowAccessPolicies\.list", **live):
        process = rebound.begin(*RECOVER)
        rebound.cloud.await_fault("bigquery", process)
        rebound.query(
            f"INSERT INTO {games(rebound)} (game_id, game_date) VALUES ('late', DATE '{DAY}')"
        )
    out, err = process.communicate(RUN_SECONDS)
    assert process.returncode == code, out + err
    return str(out)


def test_rows_that_come_to_a_table_when_it_is_made_stay(rebound: Rebound, function: Function):
    """Its metadata tells of them before anything is copied into it."""
    function.complete("night")
    before = state(rebound)
    told = written_when_made(rebound, 6)
    assert "somebody wrote rows to the table while it was recovered" in told
    recover_without_late_row(rebound, before)


def test_rows_that_come_behind_that_look_stay(rebound: Rebound, function: Function):
    """The copy takes nothing away, and the proof tells of what is more than the recovery point."""
    function.complete("night")
    before = state(rebound)
    told = written_when_made(rebound, 7, skip=1)
    assert lake.GAMES in told
    recover_without_late_row(rebound, before)


def test_a_table_that_is_made_is_measured_staged_and_published(
    rebound: Rebound, function: Function
):
    """An empty table of our own is not asked by a job what it holds: each takes seconds."""
    function.complete("night")
    before = {job.job_id for job in rebound.bigquery_client.list_jobs(all_users=True)}
    rebound.run("recover", SCENARIO, "--into-prefix", "copy_", "--table", lake.GAMES, "--yes")
    jobs = [
        job.job_id
        for job in rebound.bigquery_client.list_jobs(all_users=True)
        if job.job_id not in before
    ]
    assert len([name for name in jobs if "-measure-" in name]) == 2, jobs
