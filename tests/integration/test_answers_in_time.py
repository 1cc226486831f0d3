"""Every call ends in time and is tried as often as we say, whatever Google's clients would do."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
import requests
import urllib3
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from manifests.cloud.api import StorageApi
from manifests.cloud.bigquery import bigquery_client
from manifests.cloud.clients import storage_api
from manifests.cloud.http import Http
from manifests.cloud.jobs import Jobs
from manifests.cloud.objects import Bucket
from manifests.cloud.stored import stored_chunks, whole
from manifests.errors import CloudError
from tests.harness import LOCATION, Rebound

SECONDS, LATE_SECONDS = 0.5, 2.0
LATE = (
    TimeoutError,
    requests.exceptions.Timeout,
    requests.exceptions.ConnectionError,
    urllib3.exceptions.HTTPError,
)
CONTENT = bytes(range(256)) * 64


@pytest.fixture
def rebound(new_rebound: Callable[..., Rebound]) -> Rebound:
    """Return a platform with a table and an object in its landing bucket."""
    made = new_rebound()
    made.bigquery_client.create_dataset(bigquery.Dataset(f"{made.project}.lake"))
    made.query(f"CREATE TABLE `{made.project}.lake.games` AS SELECT 1 AS id")
    made.landing.blob("object").upload_from_string(CONTENT)
    return made


def of_bigquery(
    client: bigquery.Client, ended: bigquery.QueryJob, uri: str
) -> Iterator[Callable[[], object]]:
    """Yield calls of the client that Rebound makes."""
    table = f"{client.project}.lake.games"
    done = bigquery.QueryJob.from_api_repr(ended.to_api_repr(), client)
    yield lambda: client.query("SELECT 1 AS id", job_id="late", retry=None, job_retry=None)
    yield lambda: client.extract_table(table, uri, job_id="extract", retry=None)
    yield lambda: client.load_table_from_uri(uri, table, job_id="load", retry=None)
    yield lambda: client.copy_table(table, table, job_id="copy", retry=None)
    yield lambda: client.get_job(done.job_id, location=LOCATION, retry=None)
    yield lambda: done.reload(retry=None)
    yield lambda: list(done.result(retry=None, job_retry=None))
    path = f"/projects/{client.project}/datasets/lake"
    yield lambda: client._connection.api_request("GET", path)  # noqa: SLF001 - as Rebound does


def of_storage(api: StorageApi, bucket: str) -> Iterator[Callable[[], object]]:
    """Yield calls as Rebound makes each once; each further one is one of these."""
    about = {"name": "new", "contentType": "text/plain"}
    http = Http(AnonymousCredentials(), seconds=SECONDS)
    yield lambda: api.download(bucket, "object", {}, 0, 9)
    yield lambda: api.upload(bucket, {}, about, b"x")
    yield lambda: http.once("GET", f"{api.endpoint}/storage/v1/b/{bucket}/o")


def test_each_call_ends(rebound: Rebound):
    """No call of either service waits for an answer that does not come."""
    uri = f"gs://{rebound.landing.name}/rows-*.avro"
    store = storage_api(rebound.project, seconds=SECONDS)
    ended = rebound.bigquery_client.query("SELECT 1 AS id")
    ended.result()
    calls = [
        *of_bigquery(bigquery_client(rebound.project, LOCATION, seconds=SECONDS), ended, uri),
        *of_storage(store, rebound.landing.name),
    ]
    with ExitStack() as faults:
        for service in ("bigquery", "storage"):
            late = rebound.cloud.fault(
                service, ".*", "latency", match=rebound.project, seconds=LATE_SECONDS, times=None
            )
            faults.enter_context(late)
        for call in calls:
            with pytest.raises(LATE):
                call()


@pytest.mark.parametrize("kind", ["stall", "truncate", "reset"])
def test_body_that_does_not_come_whole(rebound: Rebound, kind: str):
    """A download that stalls or is cut is made again, whoever reads its body."""
    store = storage_api(rebound.project, seconds=SECONDS)
    bucket = Bucket(store, rebound.landing.name)
    found = bucket.info("object")
    assert found is not None
    spoilt = {"match": "alt=media", "seconds": LATE_SECONDS, "times": 2}
    for read in (lambda: bucket.read("object"), lambda: b"".join(bucket.chunks(found))):
        with rebound.cloud.fault("storage", "storage.objects.get", kind, **spoilt):
            assert read() == CONTENT


def test_bytes_that_were_not_sent(rebound: Rebound):
    """A byte that changed on its way is noticed, and the object is read again."""
    bucket = Bucket(storage_api(rebound.project), rebound.landing.name)
    found = bucket.info("object")
    assert found is not None
    for read in (
        lambda: bucket.read("object"),
        lambda: whole(lambda: stored_chunks(bucket, found), found, most_bytes=len(CONTENT)),
    ):
        with rebound.cloud.fault("storage", "storage.objects.get", "flip", match="alt=media"):
            assert read() == CONTENT


def test_jobs_that_are_said_not_to_be_there(rebound: Rebound):
    """A job that was begun is asked for again where one answer says that there is none."""
    jobs = Jobs(bigquery_client(rebound.project, LOCATION), LOCATION)
    for operation in ("get", "getQueryResults"):
        fault = {"status": 404, "match": rebound.project}
        with rebound.cloud.fault("bigquery", f"bigquery.jobs.{operation}", "status", **fault):
            assert jobs.rows(f"begun-{operation}", "SELECT 1 AS id", subject="lake") == [{"id": 1}]


def test_refusals_that_last(rebound: Rebound, no_pauses: list[float]):
    """Rows that BigQuery refuses to give are asked for as often as anything else, and no longer."""
    jobs = Jobs(bigquery_client(rebound.project, LOCATION), LOCATION)
    operation = "bigquery.jobs.getQueryResults"
    rebound.cloud.order("bigquery", "faults", operation=operation, kind="status", times=None)
    with pytest.raises(CloudError, match="answered 503") as refused:
        jobs.answer("asked", "SELECT 1 AS id", subject="lake")
    (fault,) = rebound.cloud.clear_faults("bigquery")
    assert fault["fired"] == 8
    assert len(no_pauses) == 7
    assert refused.value.retryable
