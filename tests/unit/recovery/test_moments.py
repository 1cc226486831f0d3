"""Times that an operator gives: never taken for another one than was meant."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from manifests.errors import UsageError
from recovery.cli.options import moment, past

NOW = datetime(2026, 11, 24, 17, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _pacific(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the machine be eight hours behind."""
    monkeypatch.setenv("TZ", "PST8PDT")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("text", ["2026-11-24T17:00Z", "2026-11-24T09:00-08:00"])
def test_time_with_a_zone(text: str):
    """It is taken as it is, and may be this very moment."""
    assert past(moment(text), now=NOW) == NOW


@pytest.mark.parametrize("text", ["2026-11-24T09:00", "2026-11-24 09:00"])
def test_time_without_a_zone(text: str):
    """It is refused with both readings, and how to say either."""
    with pytest.raises(UsageError) as refused:
        moment(text)
    assert "in UTC it is 2026-11-24T09:00Z" in refused.value.message
    assert "(PST) 2026-11-24T17:00Z" in refused.value.message
    assert refused.value.hint == "say 2026-11-24T09:00Z or 2026-11-24T09:00-08:00"


def test_time_that_has_not_come():
    """It is refused: no run can be that new, and something else was meant."""
    with pytest.raises(UsageError, match="has not come yet: it is 2026-11-24T17:00Z now"):
        past(NOW + timedelta(minutes=1), now=NOW)
    assert past(None, now=NOW) is None
