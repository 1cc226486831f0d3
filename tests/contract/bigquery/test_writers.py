"""Who waits, and who is cancelled, where two writers of a table meet."""

from collections.abc import Callable, Iterator

import pytest
from google.api_core.exceptions import BadRequest
from google.cloud import bigquery

from tests.contract import real
from tests.contract.bigquery.conftest import Query
from tests.contract.bigquery.server import PROJECT, Server
from tests.harness import await_that

pytestmark = real.local_only(real.ORDER)

REPLACE = "BEGIN TRANSACTION; DELETE FROM t WHERE TRUE; INSERT t VALUES (3); COMMIT TRANSACTION"

type Writer = Callable[[str | None], None]


@pytest.fixture
def writer(server: Server, query: Query, dataset: str) -> Iterator[Writer]:
    """Return what begins to write table t, which has one row; None ends that."""
    query("CREATE TABLE t AS SELECT 1 AS a")

    def write(change: str | None) -> None:
        server.order("writers", table=f"{PROJECT}.{dataset}.t", change=change)

    try:
        yield write
    finally:
        write(None)


def begun(client: bigquery.Client, server: Server, dataset: str, sql: str) -> bigquery.QueryJob:
    """Start a statement and return once it waits for the other writer."""
    config = bigquery.QueryJobConfig(default_dataset=f"{client.project}.{dataset}")
    job = client.query(sql, job_config=config, job_retry=None)
    await_that(lambda: server.told("writers") and server.told("writers")[0]["waiting"] == 1)
    return job


@pytest.mark.parametrize("change", ["transaction", "mutates"])
def test_a_transaction_that_meets_another_is_cancelled(query: Query, writer: Writer, change: str):
    """Multi-statement transactions: conflicting transactions are cancelled, not queued."""
    writer(change)
    with pytest.raises(
        BadRequest, match="Transaction is aborted due to concurrent update"
    ) as caught:
        query(REPLACE)
    assert caught.value.errors[0]["reason"] == "invalidQuery"
    assert query("SELECT a FROM t") == [(1,)]


def test_what_mutates_outside_of_a_transaction_is_queued(
    query: Query, client: bigquery.Client, server: Server, dataset: str, writer: Writer
):
    """As are additions, whoever adds them; and a transaction that only adds."""
    writer("transaction")
    job = begun(client, server, dataset, "UPDATE t SET a = 2 WHERE TRUE")
    writer(None)
    job.result()
    writer("transaction")
    added = begun(
        client, server, dataset, "BEGIN TRANSACTION; INSERT t VALUES (3); COMMIT TRANSACTION"
    )
    writer(None)
    added.result()
    assert sorted(query("SELECT a FROM t")) == [(2,), (3,)]


def test_a_truncated_table_cancels_what_was_changing_it(
    query: Query, client: bigquery.Client, server: Server, dataset: str, writer: Writer
):
    """Troubleshoot query errors, Conflicting DML statements."""
    for sql in ("UPDATE t SET a = 2 WHERE TRUE", REPLACE):
        writer("truncates")
        job = begun(client, server, dataset, sql)
        writer(None)
        with pytest.raises(BadRequest, match="due to concurrent update"):
            job.result(job_retry=None)
    query("UPDATE t SET a = 2 WHERE TRUE")
    assert query("SELECT a FROM t") == [(2,)]
