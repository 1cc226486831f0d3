"""Which dates are due, and of which nothing is. Pure.

The catalog's seasons say when there can be games, the schedule on which dates there were. Where no
schedule is, or it was not kept, the rows of other processors tell that there were some.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from manifests.catalog_processors import Processors, Season, Service
from manifests.values import Value

_DAY = timedelta(days=1)


class ScheduledGames(Value):
    """What the schedule says of one date.

    Attributes:
        final: Games that were played.
        open: Games that were put off, or whose end the schedule never learned of.
    """

    final: int
    open: int = 0


def scheduled_games(rows: Iterable[Mapping[str, Any]]) -> dict[date, ScheduledGames]:
    """Return the games of each date, from rows of `manifests.statements.games_of_dates`."""
    return {
        row["day"]: ScheduledGames(
            final=int(row["final"]), open=int(row["scheduled"]) - int(row["final"])
        )
        for row in rows
    }


class Games(Value):
    """How many games a date had.

    Attributes:
        count: So many at least; None where nobody knows whether there were any.
        is_exact: Whether there were no more.
    """

    count: int | None
    is_exact: bool = False


UNKNOWN = Games(count=None)


def last_due(rules: Processors, now: datetime) -> date:
    """Return the last date of which rows are due at an instant."""
    ended = now - timedelta(hours=rules.due_hours)
    return ended.astimezone(ZoneInfo(rules.time_zone)).date() - _DAY


def days(rules: Processors, since: date | None, until: date) -> tuple[date, ...]:
    """Return the dates of the seasons, in order, but for their pauses.

    Args:
        rules: The calendar.
        since: The first date; None for the first of all.
        until: The last date.
    """
    found = {
        day
        for season in rules.seasons
        for day in _days_of(season, until)
        if (since is None or day >= since) and not any(day in pause for pause in season.pauses)
    }
    return tuple(sorted(found))


def games_of(
    wanted: Iterable[date],
    schedule: Mapping[date, ScheduledGames] | None,
    witnessed: Mapping[date, int],
) -> dict[date, Games]:
    """Return how many games each date had.

    Args:
        wanted: The dates.
        schedule: What the schedule says of dates; None where there is none.
        witnessed: How many games the rows of some processor tell of, of dates that have rows.
    """
    return {day: _games(day, schedule, witnessed) for day in wanted}


def why_not_due(
    rules: Processors, service: Service, day: date, *, until: date, games: Games
) -> str:
    """Return why a service has nothing to write for a date; empty where it has."""
    season = next((item for item in rules.seasons if day in item), None)
    if day > until:
        return "not due yet"
    if season is None:
        return "off-season"
    if any(day in pause for pause in season.pauses):
        return f"a pause of {season.name}"
    if day < season.first + timedelta(days=service.skipped_days):
        return f"one of the first {service.skipped_days} days of {season.name}"
    return "no games" if games.count == 0 else ""


def _days_of(season: Season, until: date) -> Iterator[date]:
    day = season.first
    while day <= min(season.last, until):
        yield day
        day += _DAY


def _games(
    day: date, schedule: Mapping[date, ScheduledGames] | None, witnessed: Mapping[date, int]
) -> Games:
    if schedule is not None:
        known = schedule.get(day, ScheduledGames(final=0))
        if known.final or not known.open:
            return Games(count=known.final, is_exact=not known.open)
    return Games(count=max(1, witnessed[day])) if day in witnessed else UNKNOWN
