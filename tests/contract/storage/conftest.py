"""One Cloud Storage for the session, and the real client on it."""

from collections.abc import Iterator

import pytest
from google.cloud import storage

from tests.contract import real
from tests.contract.storage.server import PROJECT, Server, running


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run the stand-in for the session, or speak to the real cloud."""
    if real.PROJECT:
        real.served.add(real.STORAGE)
        yield Server(real.STORAGE, process=None)
        return
    with running(tmp_path_factory.mktemp("storage")) as started:
        real.served.add(started.url)
        yield started


@pytest.fixture
def client(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[storage.Client]:
    """Return the real client."""
    if not real.PROJECT:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", server.url)
    client = real.StorageClient(project=PROJECT, credentials=real.credentials())
    yield client
    client.close()


@pytest.fixture
def bucket(server: Server, client: storage.Client) -> storage.Bucket:
    """Return an empty bucket with the default settings."""
    return client.bucket(server.new_bucket())


@pytest.fixture
def versioned(server: Server, client: storage.Client) -> storage.Bucket:
    """Return an empty bucket that keeps noncurrent versions."""
    return client.bucket(server.new_bucket(versioning={"enabled": True}))
