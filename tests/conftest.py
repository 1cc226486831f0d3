"""The local cloud that tests share, platforms on it, and how random examples are drawn."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.harness import Rebound, make_rebound
from tests.standin.cloud import SERVICES, Cloud, running
from tests.standin.discovery.reported import VARIABLE, taken

# The same examples in every run, and no clock that a busy machine misses.
settings.register_profile(
    "repeatable",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("repeatable")


@pytest.fixture(scope="session", autouse=True)
def reports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Name the file where stand-ins report what does not fit Google's discovery documents."""
    path = tmp_path_factory.getbasetemp() / "reports"
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv(VARIABLE, str(path))
        yield path
    assert not taken(path)


@pytest.fixture(autouse=True)
def _judged(reports: Path) -> Iterator[None]:
    """Fail a test whose calls, or whose answers, do not fit Google's discovery documents."""
    yield
    found = taken(reports)
    assert not found, "\n".join(found)


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """Run one local cloud for the session; this process's Google clients talk to it."""
    with (
        pytest.MonkeyPatch.context() as environment,
        running(tmp_path_factory.mktemp("cloud")) as started,
    ):
        for name, value in started.env.items():
            environment.setenv(name, value)
        yield started


@pytest.fixture
def new_rebound(cloud: Cloud, tmp_path: Path) -> Iterator[Callable[..., Rebound]]:
    """Return what sets up a platform in a project that no other test uses.

    A fault that a failed test leaves behind is no other test's.
    """

    def make(**env: str) -> Rebound:
        return make_rebound(cloud, tmp_path, f"p-{uuid.uuid4().hex[:10]}", **env)

    yield make
    for service in SERVICES:
        cloud.clear_faults(service)
