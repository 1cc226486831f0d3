"""Which dates are rebuilt, and of which of them phases may still go on. Pure."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from manifests.kinds.databases.catalog import Rebuild


def first_open(rules: Rebuild, now: datetime) -> date:
    """Return the first date of which phases may still go on: those of a night end on the next day.

    One that is taken for over too early is marked as triggered, and what it triggers never begins.
    """
    ended = now - timedelta(hours=rules.open_hours)
    return ended.astimezone(ZoneInfo(rules.time_zone)).date()


def first_day(rules: Rebuild, open_from: date) -> date:
    """Return the first date that is rebuilt."""
    return open_from - timedelta(days=rules.days)
