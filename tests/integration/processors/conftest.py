"""A league whose processors have run for a whole season, and the services that run them again."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.harness import Rebound
from tests.integration.processors import platform
from tests.integration.processors.services import Phases, serving_phases


@pytest.fixture
def league(new_rebound: Callable[..., Rebound], tmp_path: Path) -> Rebound:
    """Return a platform with every row of its season."""
    made = new_rebound(REBOUND_CATALOG=platform.write_catalog(tmp_path))
    platform.create(made)
    return made


@pytest.fixture
def serve(new_rebound: Callable[..., Rebound], tmp_path: Path) -> Iterator[Callable[..., Phases]]:
    """Return what sets up a platform of that kind with the services of its phases.

    What is different in the catalog's section about processors is given by name.
    """
    with serving_phases(tmp_path) as phases:

        def make(**changes: object) -> Phases:
            section = platform.processors(phases.url, **changes)
            catalog = platform.write_catalog(tmp_path, section)
            phases.rebound = new_rebound(REBOUND_CATALOG=catalog, **phases.env)
            platform.create(phases.rebound)
            return phases

        yield make


@pytest.fixture
def phases(serve: Callable[..., Phases]) -> Phases:
    """Return the services of a platform with every row of its season."""
    return serve()
