"""Every test here runs against the stand-in's documents and against those of Google's emulator."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.harness import Rebound
from tests.integration.orchestration import State, awkward, write_catalog
from tests.standin.cloud import Cloud


@pytest.fixture(params=["standin", "emulator"])
def cloud(
    request: pytest.FixtureRequest, local_cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> Cloud:
    """Return the local cloud with each Firestore in turn; this process's clients talk to it."""
    if request.param == "standin":
        return local_cloud
    emulated: Cloud = request.getfixturevalue("emulated_cloud")
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", emulated.urls["firestore"])
    monkeypatch.setenv("REBOUND_API_ENDPOINT", emulated.env["REBOUND_API_ENDPOINT"])
    return emulated


@pytest.fixture
def rebound(new_rebound: Callable[..., Rebound], tmp_path: Path) -> Rebound:
    """Return a platform with one filled database."""
    made = new_rebound(REBOUND_CATALOG=write_catalog(tmp_path))
    state = State(made)
    with made.cloud.minutes_ago(3):
        state.write(awkward(state.name))
    return made
