"""When schedules are due (Cloud Scheduler, Cron job format and time zone)."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tests.standin.platform.schedules import next_time

NOW = "2026-03-04T12:07:30+00:00"  # A Wednesday.


def due(schedule: str, zone: str = "UTC", now: str = NOW) -> str | None:
    """Return when a schedule is due next, in UTC."""
    micros = int(datetime.fromisoformat(now).timestamp()) * 1_000_000
    found = next_time(schedule, ZoneInfo(zone), micros)
    return found and datetime.fromtimestamp(found / 1_000_000, ZoneInfo("UTC")).isoformat()[:16]


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("* * * * *", "2026-03-04T12:08"),
        ("7 * * * *", "2026-03-04T13:07"),
        ("*/15 6-23 * * *", "2026-03-04T12:15"),
        ("0 0 1 * *", "2026-04-01T00:00"),
        ("0 9 * * mon-fri", "2026-03-05T09:00"),
        ("0 9 * * 7", "2026-03-08T09:00"),
        ("0 9 13 * 5", "2026-03-06T09:00"),
        ("30 3 29 2 *", "2028-02-29T03:30"),
        ("5,10 12 * mar *", "2026-03-04T12:10"),
        ("0 0 30 2 *", None),
    ],
)
def test_next_time(schedule: str, expected: str | None):
    """The first time after now; a day is due by its date or its weekday when both are named."""
    assert due(schedule) == expected


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-03-07T12:00:00+00:00", "2026-03-08T11:00"),
        ("2026-03-06T12:00:00+00:00", "2026-03-07T12:00"),
        ("2026-10-31T12:00:00+00:00", "2026-11-01T12:00"),
    ],
)
def test_daylight_saving(now: str, expected: str):
    """Seven in New York is an hour earlier in UTC in summer."""
    assert due("0 7 * * *", "America/New_York", now) == expected


@pytest.mark.parametrize(
    "schedule", ["", "* * * *", "60 * * * *", "5-1 * * * *", "*/0 * * * *", "x * * * *", "@daily"]
)
def test_what_is_no_schedule(schedule: str):
    """What is malformed is due never."""
    assert due(schedule) is None
