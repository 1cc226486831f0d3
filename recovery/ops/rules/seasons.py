"""Judges how much of each season is done: of all dates with games, not only of those that have rows. Pure.

The schedule says which dates those are. Where there is no schedule, or it does not know a season, the
season's own rows are judged; a season without any row counts as lost in both cases.
"""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from manifests.catalog_processors import Season
from recovery.health import Health, HealthFinding
from recovery.kinds.processors.rules.calendar import ScheduledGames
from recovery.ops.facts import Facts, Frame, QueryResult, graded
from recovery.ops.rules.platform import GAMES
from recovery.units import counted

_PAGE = "runbooks/scenarios/processor-failure.md"
_LOST = "rebound plan bigquery-dataset-loss"
_FIRST_MONTH = 10
_GRACE = timedelta(days=3)
"""For so long after its first day a season may have no rows yet."""


def coverage_findings(answer: QueryResult, frame: Frame, facts: Facts) -> Iterator[HealthFinding]:
    """Judge how much of each season is done."""
    rows = {row["season"]: row for row in answer.named}
    seasons = (
        {} if frame.processors is None else {_label(it): it for it in frame.processors.seasons}
    )
    begun = {name: it for name, it in seasons.items() if it.first + _GRACE <= frame.day}
    if not (rows or begun):
        yield _finding("", Health.CRITICAL, "no season has a date", _LOST)
    schedule = facts.get(GAMES)
    for name in sorted({*rows, *begun}):
        season, row = begun.get(name), rows.get(name, {})
        expected = _expected(season, schedule, frame.day)
        if season is not None and expected:
            yield from _by_schedule(name, season, expected, row, frame)
        elif not row:
            what = "no date of it has rows of phase 3 or 4"
            yield _finding(name, Health.CRITICAL, what, _LOST)
        else:
            yield _by_rows(name, row, frame)


def _by_schedule(
    name: str, season: Season, expected: list[date], row: Mapping[str, Any], frame: Frame
) -> Iterator[HealthFinding]:
    """Judge both phases of a season by the dates on which there were games."""
    skipped = _skipped_days(frame)
    later = [day for day in expected if day >= season.first + timedelta(days=skipped)]
    for phase, due, has in ((3, expected, "phase3_dates"), (4, later, "phase4_dates")):
        if not due:
            yield _finding(name, Health.HEALTHY, f"nothing of phase {phase} is due yet", "")
            continue
        there = int(row.get(has) or 0)
        percent = round(min(100.0, 100 * there / len(due)), 2)
        what = f"{percent:g} % of {counted(len(due), 'date')} with games have phase {phase}"
        plan = f"rebound plan processor-failure --since {season.first}" if there else _LOST
        of_phase4 = phase == 4 and there  # noqa: PLR2004 - a phase
        mend = _missing(name, frame.day) if of_phase4 else plan
        yield _finding(name, graded(percent, frame.operations.coverage_percent), what, mend)


def _by_rows(name: str, row: Mapping[str, Any], frame: Frame) -> HealthFinding:
    """Judge phase 4 of a season of which nobody knows when there were games."""
    if row["percent"] is None:
        return _finding(name, Health.HEALTHY, "nothing is due yet", "")
    health = graded(float(row["percent"]), frame.operations.coverage_percent)
    what = (
        f"{row['percent']:g} % of {counted(row['due_dates'], 'date')} that have rows have phase 4"
    )
    return _finding(name, health, what, _missing(name, frame.day))


def _expected(season: Season | None, schedule: object, day: date) -> list[date]:
    """Return the dates of a season on which games were played; none where nobody knows of any."""
    if season is None or not isinstance(schedule, Mapping):
        return []
    known: Mapping[date, ScheduledGames] = schedule
    return sorted(
        it
        for it, games in known.items()
        if it in season and it <= day and games.final and not any(it in p for p in season.pauses)
    )


def _skipped_days(frame: Frame) -> int:
    """Return from which day of a season on the last phase has something to write."""
    services = () if frame.processors is None else frame.processors.services
    return max((service.skipped_days for service in services), default=0)


def _label(season: Season) -> str:
    """Return what the queries call a season: by the year in which it begins."""
    year = season.first.year - (season.first.month < _FIRST_MONTH)
    return f"{year}-{(year + 1) % 100:02}"


def _missing(season: str, day: date) -> str:
    """Return the query that names the dates of a season without phase 4, and of no other."""
    year = int(season[:4])
    last = min(day, date(year + 1, _FIRST_MONTH, 1) - timedelta(days=1))
    days = (last - date(year, _FIRST_MONTH, 1)).days + 1
    return f"rebound ops query missing-phase4 --param day={last} --param days={days}"


def _finding(subject: str, health: Health, what: str, mend: str) -> HealthFinding:
    """Return a finding; a healthy one names nothing that mends it."""
    if health is Health.HEALTHY:
        return HealthFinding("coverage", subject, health, what)
    return HealthFinding("coverage", subject, health, what, mend=mend, page=_PAGE)
