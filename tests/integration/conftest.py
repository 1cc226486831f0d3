"""A small platform, filled, with its function served."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytest_mock import MockerFixture

from tests.harness import Rebound
from tests.integration import bucket_objects, lake
from tests.served import Function, serving


@pytest.fixture
def rebound(new_rebound: Callable[..., Rebound], tmp_path: Path) -> Rebound:
    """Return a small platform with its rows."""
    made = new_rebound(REBOUND_CATALOG=lake.write_catalog(tmp_path))
    lake.fill(made)
    return made


@pytest.fixture
def function(rebound: Rebound) -> Iterator[Function]:
    """Serve the backup function of the platform."""
    with serving(rebound) as served:
        yield served


@pytest.fixture
def raw(new_rebound: Callable[..., Rebound], tmp_path: Path) -> Rebound:
    """Return a platform that protects one bucket, which does not exist yet."""
    made = new_rebound(REBOUND_CATALOG=str(tmp_path / "catalog.json"))
    bucket_objects.bucket_catalog(tmp_path, bucket_objects.platform(made))
    return made


@pytest.fixture
def night(raw: Rebound) -> Iterator[Function]:
    """Serve the backup function of that platform."""
    with serving(raw) as served:
        yield served


@pytest.fixture
def no_pauses(mocker: MockerFixture) -> list[float]:
    """Let no call that is made again in this process wait; return how long each would have."""
    pauses: list[float] = []
    mocker.patch("tenacity.nap.time").sleep = pauses.append
    return pauses
