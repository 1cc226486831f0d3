"""The local cloud that tests share, platforms on it, and how random examples are drawn."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.harness import Rebound, make_rebound
from tests.standin.cloud import SERVICES, Cloud, running

# The same examples in every run, and no clock that a busy machine misses.
settings.register_profile(
    "repeatable",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("repeatable")


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
