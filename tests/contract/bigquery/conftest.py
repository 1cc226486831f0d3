"""One BigQuery and one Cloud Storage for the session, and the real client on them."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from google.cloud import bigquery

from tests.contract import real
from tests.contract.bigquery.server import PROJECT, Server, end, process, running

type Query = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run both stand-ins for the session, or speak to the real cloud."""
    if real.PROJECT:
        real.served.update((real.BIGQUERY, real.STORAGE))
        yield Server(real.BIGQUERY, real.STORAGE, process=None)
        return
    folder = tmp_path_factory.mktemp("storage")
    storage, url = process("tests.standin.storage", "--data-dir", str(folder))
    try:
        with running(tmp_path_factory.mktemp("bigquery"), url) as started:
            real.served.update((started.url, started.storage))
            yield started
    finally:
        end(storage)


@pytest.fixture
def client(server: Server) -> Iterator[bigquery.Client]:
    """Return the real client."""
    client = server.client()
    yield client
    client.close()


@pytest.fixture
def dataset(client: bigquery.Client) -> str:
    """Return a new dataset."""
    name = f"d_{uuid.uuid4().hex[:10]}"
    client.create_dataset(name)
    return name


@pytest.fixture
def bucket(server: Server) -> str:
    """Return a new bucket."""
    name = f"rebound-cloud-{uuid.uuid4().hex[:10]}"
    url = f"{server.storage}/storage/v1/b?project={PROJECT}"
    real.send("POST", url, json={"name": name}).raise_for_status()
    return name


@pytest.fixture
def agent(server: Server) -> str:
    """Return the address of a service account that is there."""
    return server.agent()


@pytest.fixture
def query(client: bigquery.Client, dataset: str) -> Query:
    """Return what runs a statement, with `$d` standing for the new dataset."""

    def run(sql: str, *parameters: Any) -> list[tuple[Any, ...]]:  # noqa: ANN401 - query parameters
        config = bigquery.QueryJobConfig(
            default_dataset=f"{client.project}.{dataset}", query_parameters=list(parameters)
        )
        job = client.query(sql.replace("$d", dataset), job_config=config, job_retry=None)
        return [row.values() for row in job.result(job_retry=None)]

    return run
