"""Jobs that fail: what passes is waited for, longer each time; what does not is told with its cure."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import pairwise

import pytest
from google.api_core.exceptions import NotFound
from google.cloud import bigquery

from manifests.cloud.jobs import Jobs
from manifests.cloud.permissions import COPIES_POLICIES, READS_PROTECTED_HISTORY
from manifests.cloud.resources import Resources
from manifests.errors import CloudError
from tests.harness import LOCATION, Rebound, await_that

LOST = "Could not serialize access to table p:d.t due to concurrent update"


@pytest.fixture
def warehouse(new_rebound: Callable[..., Rebound]) -> Iterator[Rebound]:
    """Return a project with one table that has a row access policy."""
    made = new_rebound()
    table = f"`{made.project}.d.t`"
    for statement in (
        f"CREATE SCHEMA `{made.project}.d` OPTIONS(location='{LOCATION}')",
        f"CREATE TABLE {table} AS SELECT 1 AS a",
        f"CREATE ROW ACCESS POLICY p ON {table} GRANT TO ('user:a@b.c') FILTER USING (TRUE)",
    ):
        made.query(statement)
    yield made
    made.cloud.order("bigquery", "lacking", permissions=[])


@pytest.mark.parametrize(
    ("reason", "message"),
    [
        ("invalidQuery", LOST),
        ("backendError", "try later"),
    ],
)
def test_a_passing_failure_is_waited_for(warehouse: Rebound, reason: str, message: str):
    """A writer that lost against others tries again, and each pause is longer than the last."""
    jobs = Jobs(warehouse.bigquery_client, LOCATION)
    name = f"passing-{warehouse.project}"
    fault = {"job": name, "reason": reason, "message": message, "times": 3}
    warehouse.cloud.order("bigquery", "job-faults", **fault)
    sql = f"UPDATE `{warehouse.project}.d.t` SET a = 2 WHERE TRUE"
    finished = jobs.query(name, sql, subject="d.t")
    assert finished.attempt == 4
    tried = [warehouse.bigquery_client.get_job(f"{name}-a{at:03d}") for at in range(1, 5)]
    assert [job.error_result is None for job in tried] == [False, False, False, True]
    pauses = [(after.created - before.ended).total_seconds() for before, after in pairwise(tried)]
    assert all(pause >= least for pause, least in zip(pauses, (0.5, 1, 2), strict=True))


def test_a_transaction_that_met_another_is_tried_again(warehouse: Rebound):
    """It is cancelled while the other one runs, and goes through after that."""
    jobs, name = Jobs(warehouse.bigquery_client, LOCATION), f"met-{warehouse.project}"
    first = f"{name}-a001"
    table = f"{warehouse.project}.d.t"
    sql = f"BEGIN TRANSACTION; DELETE FROM `{table}` WHERE TRUE; COMMIT TRANSACTION;"
    warehouse.cloud.order("bigquery", "writers", table=table, change="transaction")
    with ThreadPoolExecutor() as pool:
        running = pool.submit(jobs.query, name, sql, subject="d.t")
        try:
            await_that(lambda: has_ended(warehouse.bigquery_client, first))
        finally:
            warehouse.cloud.order("bigquery", "writers", table=table, change=None)
        assert running.result().attempt > 1
    lost = warehouse.bigquery_client.get_job(first).error_result
    assert "Transaction is aborted due to concurrent update" in lost["message"]
    assert warehouse.query(f"SELECT COUNT(*) AS n FROM `{table}`") == [{"n": 0}]


def has_ended(client: bigquery.Client, job_id: str) -> bool:
    """Whether a job, that somebody else starts, is done."""
    with suppress(NotFound):
        return bool(client.get_job(job_id).done())
    return False


def test_another_invalid_query_is_final(warehouse: Rebound):
    """A query that is wrong is not tried again."""
    jobs = Jobs(warehouse.bigquery_client, LOCATION)
    with pytest.raises(CloudError) as caught:
        jobs.query(f"wrong-{warehouse.project}", "SELECT nothing FROM `d.t`", subject="d.t")
    assert not caught.value.retryable
    names = [job.job_id for job in warehouse.bigquery_client.list_jobs()]
    assert sum(name.startswith("wrong") for name in names) == 1


def test_a_lacking_permission_is_named(warehouse: Rebound):
    """The roles that read and write data lack the permissions on policies: the hint names them."""
    resources = Resources(warehouse.bigquery_client, warehouse.project)
    jobs = Jobs(warehouse.bigquery_client, LOCATION)
    policies = "datasets/d/tables/t/rowAccessPolicies"
    body = {"rowAccessPolicyReference": {"policyId": "p"}, "filterPredicate": "TRUE"}
    copy = f"CREATE TABLE `{warehouse.project}.d.copy` CLONE `{warehouse.project}.d.t`"
    past = f"{copy} FOR SYSTEM_TIME AS OF CURRENT_TIMESTAMP()"
    rights = "bigquery.rowAccessPolicies"
    cases: list[tuple[str, Callable[[], object]]] = [
        (f"{rights}.list", lambda: resources.table("d.t")),
        (f"{rights}.getIamPolicy", lambda: resources.table("d.t")),
        (
            f"{rights}.update",
            lambda: resources.replace(f"{policies}/p", body, etag=None, subject="d.t"),
        ),
        (
            f"{rights}.create",
            lambda: resources.create(
                policies, {**body, "rowAccessPolicyReference": {"policyId": "q"}}, subject="d.t"
            ),
        ),
        (
            "bigquery.tables.getData",
            lambda: resources.replace(f"{policies}/p", body, etag=None, subject="d.t"),
        ),
        (f"{rights}.delete", lambda: resources.delete(f"{policies}/p", subject="d.t", force=True)),
        (
            f"{rights}.setIamPolicy",
            lambda: jobs.query("copy", copy, subject="d.t", needs=COPIES_POLICIES),
        ),
        (
            READS_PROTECTED_HISTORY,
            lambda: jobs.query("past", past, subject="d.t", needs=READS_PROTECTED_HISTORY),
        ),
    ]
    for permission, call in cases:
        warehouse.cloud.order("bigquery", "lacking", permissions=[permission])
        with pytest.raises(CloudError) as caught:
            call()
        assert caught.value.hint.startswith("grant the identity "), permission
        assert permission in caught.value.hint
