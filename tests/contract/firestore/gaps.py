"""Where the official emulator is known to fall short of Firestore."""

import pytest

from tests.contract import real


def emulator_gap(reason: str) -> pytest.MarkDecorator:
    """Return a mark that leaves the emulator out of a test and says why."""
    if real.PROJECT:
        return pytest.mark.parametrize("service", ["cloud"], indirect=True)
    missing = pytest.param("emulator", marks=pytest.mark.skip(reason=f"emulator gap: {reason}"))
    return pytest.mark.parametrize("service", ["standin", missing], indirect=True)
