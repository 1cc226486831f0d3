"""One Cloud Storage stand-in for the session, and the real client on it."""

from collections.abc import Iterator

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

from tests.contract import real
from tests.contract.storage.server import PROJECT, RealServer, Server, running


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run the stand-in for the session, or speak to the real cloud."""
    if real.PROJECT:
        yield RealServer(real.STORAGE, process=None)
        return
    with running(tmp_path_factory.mktemp("storage")) as started:
        yield started


@pytest.fixture
def client(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[storage.Client]:
    """Return the real client."""
    if real.PROJECT:
        client = storage.Client(project=PROJECT)
    else:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", server.url)
        client = storage.Client(project=PROJECT, credentials=AnonymousCredentials())
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
