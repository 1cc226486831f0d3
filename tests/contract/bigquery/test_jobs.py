"""Jobs: ids, states, locations, latency, cancelling, faults."""

import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from google.api_core.exceptions import BadRequest, Conflict, NotFound, ServiceUnavailable
from google.cloud import bigquery

from tests.contract import real
from tests.contract.bigquery.conftest import Query
from tests.contract.bigquery.server import Server

SLOW = "SELECT COUNT(*) FROM UNNEST(GENERATE_ARRAY(1, 30000)) AS a, UNNEST(GENERATE_ARRAY(1, 60000)) AS b WHERE MOD(a * b, 7) = 3"


def new_id() -> str:
    """Return a job id that nobody has used."""
    return f"job-{uuid.uuid4().hex}"


def test_a_job_id_works_once(client: bigquery.Client):
    """A second job with the same id is refused, also when the first one failed."""
    for sql in ("SELECT 1", "SELECT * FROM nothing.at_all"):
        job_id = new_id()
        first = client.query(sql, job_id=job_id, job_retry=None)
        with pytest.raises(Conflict):
            client.query("SELECT 2", job_id=job_id, retry=None, job_retry=None)
        while not first.done():
            time.sleep(0.05)
    assert client.get_job(job_id).error_result["reason"] == "notFound"


def test_a_job_is_found_in_its_location_only(client: bigquery.Client):
    """A job of another location than US or EU needs its location to be found."""
    job_id = new_id()
    client.query("SELECT 1", job_id=job_id, location="us-west2", job_retry=None).result()
    assert client.get_job(job_id, location="us-west2").state == "DONE"
    for location in ("US", "europe-west4"):
        with pytest.raises(NotFound):
            client.get_job(job_id, location=location, retry=None)


def test_a_job_sees_its_location_only(client: bigquery.Client, dataset: str, query: Query):
    """A job of another location does not find the dataset."""
    query("CREATE TABLE t AS SELECT 1 AS a")
    with pytest.raises(NotFound, match="was not found in location EU"):
        client.query(f"SELECT * FROM {dataset}.t", location="EU", job_retry=None).result()
    with pytest.raises(NotFound, match="was not found in location EU"):
        client.extract_table(f"{dataset}.t", "gs://b/*.csv", location="EU").result()


@real.local_only(real.ORDER)
def test_jobs_overlap(client: bigquery.Client, server: Server):
    """The latency of many jobs passes at the same time, and they are seen waiting."""
    count, seconds = 16, 2
    server.order("latency", seconds=seconds, kinds=["query"])
    try:
        start = time.monotonic()
        jobs = [client.query(f"SELECT {at}") for at in range(count)]
        assert jobs[0].state in ("PENDING", "RUNNING")
        assert [next(iter(job.result()))[0] for job in jobs] == list(range(count))
        assert seconds <= time.monotonic() - start < count * seconds
    finally:
        server.order("latency", seconds=0)


def test_cancelling_stops_a_query(client: bigquery.Client):
    """A running query that is cancelled does not end its work; the reason is that it was stopped."""
    job = client.query(SLOW, job_retry=None)
    time.sleep(0.3)
    job.cancel()
    while not job.done():
        time.sleep(0.05)
    assert job.error_result["reason"] == "stopped"


def test_errors_have_reasons(client: bigquery.Client, dataset: str):
    """A failed query says why, in BigQuery's words."""
    for sql, reason in (
        (f"SELECT * FROM {dataset}.nothing", "notFound"),
        ("SELEKT 1", "invalidQuery"),
        ("SELECT CAST('x' AS INT64)", "invalidQuery"),
    ):
        job = client.query(sql, job_retry=None)
        with pytest.raises((BadRequest, NotFound)):
            job.result(job_retry=None)
        assert client.get_job(job.job_id).error_result["reason"] == reason
    with pytest.raises(BadRequest):
        client.query_and_wait("SELEKT 1", retry=None, job_retry=None)


def test_jobs_are_listed(client: bigquery.Client):
    """Jobs are listed with their state, the newest first."""
    job_ids = [new_id(), new_id()]
    for job_id in job_ids:
        client.query("SELECT 1", job_id=job_id, job_retry=None).result()
    listed = [job.job_id for job in client.list_jobs(state_filter="done", max_results=50)]
    assert [job_id for job_id in listed if job_id in job_ids] == job_ids[::-1]


def test_results_come_in_pages(client: bigquery.Client):
    """A large result is complete and in order over its pages, and can be read again."""
    job = client.query("SELECT x FROM UNNEST(GENERATE_ARRAY(1, 25000)) AS x ORDER BY x")
    wanted = list(range(1, 25001))
    assert [row[0] for row in job.result(page_size=4000)] == wanted
    assert [row[0] for row in client.get_job(job.job_id).result()] == wanted
    assert [row[0] for row in client.query_and_wait("SELECT 1 AS a")] == [1]


def test_dry_run_has_the_schema_and_no_effect(client: bigquery.Client, dataset: str, query: Query):
    """A dry run answers the schema and leaves no job behind."""
    query("CREATE TABLE t AS SELECT 1 AS a")
    config = bigquery.QueryJobConfig(dry_run=True)
    job = client.query(f"SELECT a, 'x' AS b FROM {dataset}.t", job_config=config)
    assert [field.name for field in job.schema] == ["a", "b"]
    assert job.total_bytes_processed > 0
    with pytest.raises(NotFound):
        client.get_job(job.job_id, retry=None)
    with pytest.raises(NotFound, match="not found in location EU"):
        client.query(f"SELECT a FROM {dataset}.t", location="EU", job_config=config)


def test_a_query_is_not_billed_for_more_than_it_may(
    client: bigquery.Client, dataset: str, query: Query
):
    """A table counts as 10 MiB at least; what would be billed for more fails (BigQuery, Pricing)."""
    query("CREATE TABLE t AS SELECT 1 AS a")
    sql, least = f"SELECT a FROM {dataset}.t", 10 * 1024**2
    config = bigquery.QueryJobConfig(maximum_bytes_billed=least)
    job = client.query(sql, job_config=config)
    job.result()
    assert job.total_bytes_billed == least
    config.maximum_bytes_billed = least - 1
    refused = client.query(sql, job_config=config, job_retry=None)
    while not refused.done(retry=None):
        time.sleep(0.05)
    assert refused.error_result["reason"] == "bytesBilledLimitExceeded"


@real.local_only(real.ORDER)
@pytest.mark.parametrize("after_commit", [False, True])
def test_a_job_fails_on_request(
    server: Server, client: bigquery.Client, dataset: str, query: Query, *, after_commit: bool
):
    """A fault makes a job fail before its work, or after its effect is there; it is counted."""
    query("CREATE TABLE t (a INT64)")
    job_id = new_id()
    server.order("job-faults", job=job_id, reason="backendError", after_commit=after_commit)
    job = client.query(f"INSERT INTO {dataset}.t VALUES (1)", job_id=job_id, job_retry=None)
    while not job.done():
        time.sleep(0.02)
    assert job.error_result["reason"] == "backendError"
    assert query("SELECT COUNT(*) FROM t") == [(int(after_commit),)]
    assert [fault["fired"] for fault in server.faults("job-faults")] == [1]


@real.local_only(real.ORDER)
def test_a_lost_answer_has_its_effect(
    server: Server, client: bigquery.Client, dataset: str, query: Query
):
    """When the answer to jobs.insert is lost the job runs all the same, under its id."""
    query("CREATE TABLE t (a INT64)")
    job_id = new_id()
    server.order("faults", operation="bigquery.jobs.insert", kind="lost")
    with pytest.raises((requests.ConnectionError, ConnectionError)):
        client.query(
            f"INSERT INTO {dataset}.t VALUES (1)", job_id=job_id, retry=None, job_retry=None
        )
    client.get_job(job_id).result()
    assert query("SELECT a FROM t") == [(1,)]
    assert [fault["fired"] for fault in server.faults()] == [1]


@real.local_only(real.ORDER)
def test_a_status_fault_does_no_work(server: Server, client: bigquery.Client, dataset: str):
    """A request that a fault answers with an error changes nothing."""
    server.order("faults", operation="bigquery.tables.insert", kind="status", status=503)
    with pytest.raises(ServiceUnavailable):
        client.create_table(f"{client.project}.{dataset}.t", retry=None)
    assert list(client.list_tables(dataset)) == []
    assert [fault["fired"] for fault in server.faults()] == [1]


def test_parallel_writers_of_one_table(client: bigquery.Client, dataset: str, query: Query):
    """Many writers of one table and of many tables at once lose nothing."""
    query("CREATE TABLE t (a INT64)")

    def write(at: int) -> None:
        client.query(f"INSERT INTO {dataset}.t VALUES ({at})").result()
        client.query(f"CREATE TABLE {dataset}.t{at} AS SELECT {at} AS a").result()

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(write, range(24)))
    assert query("SELECT COUNT(*), SUM(a) FROM t") == [(24, sum(range(24)))]
    assert len(list(client.list_tables(dataset))) == 25
