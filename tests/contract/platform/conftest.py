from collections.abc import Iterator

import pytest

from tests.contract.platform.server import Server, running


@pytest.fixture(scope="session")
def platform_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run one server for the session."""
    with running(tmp_path_factory.mktemp("platform")) as started:
        yield started


@pytest.fixture
def server(platform_server: Server) -> Iterator[Server]:
    """Return the server; what a test orders ends with it."""
    yield platform_server
    platform_server.order("operations", seconds=0.2)
    platform_server.order("pages", most=1000)
    platform_server.order("unreachable", locations=[])
    platform_server.order("clock", offset_seconds=0)


@pytest.fixture
def project(server: Server) -> str:
    """Return a project of the test's own, with every service."""
    return server.new_project()
