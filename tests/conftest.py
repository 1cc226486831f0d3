"""The local cloud that tests share, and platforms on it."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.harness import Rebound, make_rebound
from tests.standin.cloud import Cloud, running


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
def new_rebound(cloud: Cloud, tmp_path: Path) -> Callable[..., Rebound]:
    """Return what sets up a platform in a project that no other test uses."""

    def make(**env: str) -> Rebound:
        return make_rebound(cloud, tmp_path, f"p-{uuid.uuid4().hex[:10]}", **env)

    return make
