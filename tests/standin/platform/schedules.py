"""When a schedule in the form of unix-cron is due (Cloud Scheduler, Cron job format and time zone)."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

_FIELDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_NAMES = {
    3: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
    4: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
}
_PART = re.compile(r"(\*|\d+(?:-\d+)?)(?:/(\d+))?")
# English schedules are not read: what they mean is documented in words alone.
_ENGLISH = re.compile(r"every\s.+", re.IGNORECASE)
_MOST_DAYS = 366 * 5


class Cron(NamedTuple):
    """A schedule: the minutes, hours, days, months and weekdays that it is due in.

    Attributes:
        is_either_day: Whether a day is due by its date or by its weekday, as both are restricted.
    """

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    is_either_day: bool

    def is_due_on(self, day: datetime) -> bool:
        """Say whether anything is due on a day."""
        if day.month not in self.months:
            return False
        by_date = day.day in self.days
        by_weekday = day.isoweekday() % 7 in self.weekdays
        return by_date or by_weekday if self.is_either_day else by_date and by_weekday


def next_time(schedule: str, zone: ZoneInfo, now_micros: int) -> int | None:
    """Return when a schedule is due next.

    Args:
        schedule: In the form of unix-cron.
        zone: Of its hours.
        now_micros: The present, in microseconds since 1970; the answer is in the same unit.

    Returns:
        None when the schedule is none, or never due.
    """
    cron = parse(schedule)
    if cron is None:
        return None
    now = datetime.fromtimestamp(now_micros / 1_000_000, zone)
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    for ahead in range(_MOST_DAYS):
        for at in _times(cron, day + timedelta(days=ahead)):
            if at > now.astimezone(UTC):
                return int(at.timestamp()) * 1_000_000
    return None


def _times(cron: Cron, day: datetime) -> Iterator[datetime]:
    if not cron.is_due_on(day):
        return
    for hour in sorted(cron.hours):
        for minute in sorted(cron.minutes):
            yield day.replace(hour=hour, minute=minute).astimezone(UTC)


def parse(schedule: str) -> Cron | None:
    """Return a schedule; None when it is none."""
    if _ENGLISH.fullmatch(schedule):
        return parse("0 0 * * *")
    fields = schedule.split()
    if len(fields) != len(_FIELDS):
        return None
    values = [_values(field.lower(), at) for at, field in enumerate(fields)]
    if not all(values):
        return None
    minutes, hours, days, months, weekdays = (frozenset(it) for it in values)
    weekdays = frozenset(day % 7 for day in weekdays)
    is_either = not fields[2].startswith("*") and not fields[4].startswith("*")
    return Cron(minutes, hours, days, months, weekdays, is_either)


def _values(field: str, at: int) -> set[int]:
    """Return the values of one field; none when it is malformed."""
    for number, name in enumerate(_NAMES.get(at, ())):
        field = field.replace(name, str(number + (1 if at == 3 else 0)))
    least, most = _FIELDS[at]
    values: set[int] = set()
    for part in field.split(","):
        found = _PART.fullmatch(part)
        if found is None:
            return set()
        span, step = found[1], int(found[2] or 1)
        first, _, last = span.partition("-")
        begin = least if first == "*" else int(first)
        is_open = first == "*" or (found[2] is not None and not last)
        end = most if is_open else int(last or first)
        if not least <= begin <= end <= most or not step:
            return set()
        values |= set(range(begin, end + 1, step))
    return values
