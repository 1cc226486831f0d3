"""Every test here runs against the stand-in's documents and against those of Google's emulator."""

import pytest

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
    return emulated
