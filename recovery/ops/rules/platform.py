"""Judges the platform's health by its tables. Pure."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from manifests.catalog_processors import Service
from recovery.health import Health, HealthFinding
from recovery.kinds.processors.rules.calendar import (
    UNKNOWN,
    Games,
    days,
    games_of,
    why_not_due,
)
from recovery.ops.facts import Facts, Frame, QueryResult, Unread, graded
from recovery.ops.monitoring import monitoring_query
from recovery.units import counted, listed

GAMES = "games"
"""The check that says on which dates there were games."""

_PAGE = "runbooks/scenarios/processor-failure.md"
_DAY = timedelta(days=1)


def day_findings(answer: QueryResult, frame: Frame, facts: Facts) -> Iterator[HealthFinding]:
    """Judge whether every table has rows of the last due day; of a day without games none are due."""
    day, rows = frame.day, answer.named
    there = [row["table_name"] for row in rows if row["row_count"]]
    games = _games(day, facts.get(GAMES), is_witnessed=bool(there))
    due = [
        row["table_name"]
        for row in rows
        if row["row_count"] or not _why_nothing(frame, row["table_name"], day, games)
    ]
    missing = [name for name in due if name not in there]
    if not due:
        what = _why_nothing(frame, rows[0]["table_name"], day, games) if rows else "no tables"
        yield HealthFinding("day", f"{day}", Health.HEALTHY, f"nothing is due: {what}")
    elif not there and games.count is None:
        yield HealthFinding(
            "day",
            f"{day}",
            Health.UNKNOWN,
            "no table has rows, and whether there were games is not known",
            mend=_why_unknown(facts.get(GAMES)) or f"rebound plan processor-failure --date {day}",
            page=_PAGE,
        )
    elif missing:
        yield HealthFinding(
            "day",
            f"{day}",
            max_health(graded(len(there) / len(due), frame.operations.tables), Health.WARNING),
            f"{len(there)} of {counted(len(due), 'table')} have rows, missing: {listed(missing, 9)}",
            mend=f"rebound plan processor-failure --date {day}",
            page=_PAGE,
        )
    else:
        rows_of_day = ", ".join(f"{row['table_name']} {row['row_count']:,}" for row in rows[:1])
        what = f"all of {counted(len(due), 'table')} have rows ({rows_of_day})"
        yield HealthFinding("day", f"{day}", Health.HEALTHY, what)


def max_health(one: Health, other: Health) -> Health:
    """Return the worse of two."""
    order = tuple(Health)
    return max(one, other, key=order.index)


def fresh_findings(answer: QueryResult, frame: Frame, facts: Facts) -> Iterator[HealthFinding]:
    """Judge how many days with games follow the newest date of each table."""
    for row in answer.named:
        table, last = row["table_name"], row["last_date"]
        if last is None:
            yield HealthFinding(
                "freshness",
                table,
                Health.CRITICAL,
                "it has no rows",
                mend="rebound plan bigquery-dataset-loss",
                page="runbooks/scenarios/bigquery-dataset-loss.md",
            )
            continue
        behind = _behind(frame, table, last, row["days_behind"], facts.get(GAMES))
        health = graded(behind, frame.operations.days_behind)
        what = f"its newest date is {last}, {counted(behind, 'day')} with games behind"
        mend = f"rebound plan processor-failure --since {last}"
        yield _mended("freshness", table, health, what, mend=mend)


def feature_findings(answer: QueryResult, frame: Frame, _: Facts) -> Iterator[HealthFinding]:
    """Judge how many percent of the player-games lack each feature."""
    rows = answer.named
    if not any(row["records"] for row in rows):
        health = Health.HEALTHY if frame.is_off_season else Health.UNKNOWN
        what = "nobody has played yet in this season"
        yield _mended("features", "", health, what, mend="rebound ops pipeline")
        return
    for row in rows:
        empty = 100 * (1 - row["present"] / row["records"])
        yield _mended(
            "features",
            row["feature"],
            graded(empty, frame.operations.empty_percent),
            f"{empty:.1f} % of {row['records']:,} player-games lack it",
            mend="rebound ops query daily-statistics",
        )


def validation_findings(answer: QueryResult, frame: Frame, _: Facts) -> Iterator[HealthFinding]:
    """Judge the errors that validations found since yesterday; no validation at all is a warning."""
    rows = [row for row in answer.named if row["found_on"] >= frame.day]
    validations, errors, criticals = (
        sum(row[name] for row in rows) for name in ("validations", "errors", "criticals")
    )
    mend = "rebound ops query validation-errors"
    if not validations:
        health = Health.HEALTHY if frame.is_off_season else Health.WARNING
        what = "nothing was validated since yesterday"
        yield _mended("validation", "", health, what, mend="rebound ops query validation-counts")
        return
    health = graded(errors, frame.operations.validation_errors)
    if criticals:
        health = Health.CRITICAL
    what = f"{counted(validations, 'validation')} since {frame.day}, {counted(errors, 'error')}"
    yield _mended("validation", "", health, what, mend=mend)


def missed_findings(answer: QueryResult, frame: Frame, _: Facts) -> Iterator[HealthFinding]:
    """Judge the dates that one phase has and the next one lacks."""
    dates = [str(row["game_date"]) for row in answer.named]
    health = graded(len(dates), frame.operations.missed_dates)
    parameters = monitoring_query("missing-phase4").parameters
    days = next(item.default for item in parameters if item.name == "days")
    told = f": {listed(dates)}" if dates else ""
    what = f"{len(dates)} of the last {days} days have phase 3 and no phase 4{told}"
    mend = f"rebound plan processor-failure --since {min(dates)}" if dates else ""
    yield _mended("phase 4", "", health, what, mend=mend)


def _mended(check: str, subject: str, health: Health, what: str, *, mend: str) -> HealthFinding:
    """Return a finding; a healthy one names nothing that mends it."""
    if health is Health.HEALTHY:
        return HealthFinding(check, subject, health, what)
    return HealthFinding(check, subject, health, what, mend=mend, page=_PAGE)


def _games(day: date, schedule: Any, *, is_witnessed: bool) -> Games:  # noqa: ANN401 - a fact
    known: Mapping[date, Any] | None = None if isinstance(schedule, Unread) else schedule
    return games_of((day,), known, {day: 1} if is_witnessed else {})[day]


def _why_unknown(schedule: Any) -> str:  # noqa: ANN401 - a fact
    return schedule.hint if isinstance(schedule, Unread) else ""


def _why_nothing(frame: Frame, table: str, day: date, games: Games) -> str:
    """Return why no rows of a day are due in a table; empty where some are due."""
    service = _service(frame, table)
    if frame.processors is None or service is None:
        return ""
    return why_not_due(frame.processors, service, day, until=day, games=games)


def _behind(frame: Frame, table: str, last: date, days_behind: int, schedule: Any) -> int:  # noqa: ANN401 - a fact
    """Count the days after a date with games, or on which the calendar allows games."""
    service = _service(frame, table)
    if frame.processors is None or service is None:
        return days_behind
    rules = frame.processors
    wanted = days(rules, last + _DAY, frame.day)
    known = schedule if isinstance(schedule, Mapping) and schedule else None
    # Where the schedule ends early, the days after its end count: it does not say that nobody played.
    newest = max(known, default=last) if known else last
    games = games_of((day for day in wanted if day <= newest), known, {})
    return sum(
        not why_not_due(rules, service, day, until=frame.day, games=games.get(day, UNKNOWN))
        for day in wanted
    )


def _service(frame: Frame, table: str) -> Service | None:
    if frame.processors is None:
        return None
    for processor in frame.processors.processors:
        if processor.table.rpartition(".")[2] == table:
            return frame.processors.service(processor)
    return None
