"""A small platform with one complete night, which drills restore elsewhere and undos bring back."""

from collections.abc import Iterator

import pytest

from tests.harness import Rebound
from tests.integration import drills
from tests.standin.cloud import SERVICES, Cloud


@pytest.fixture(scope="package")
def rebound(local_cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rebound]:
    """Return the platform; who damages it brings it back."""
    yield drills.platform(local_cloud, tmp_path_factory.mktemp("proven"))
    for service in SERVICES:
        local_cloud.clear_faults(service)
