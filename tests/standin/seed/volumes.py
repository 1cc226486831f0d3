"""How many rows each table has, and on which days.

Row and date counts are the platform's where they are known. History ends on a fixed day, so that
the same scale gives the same rows whenever it is asked for.
"""

import datetime as dt
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Literal

type Grain = Literal["player-game", "team-game", "player-day", "team-day", "event"]

LAST_DAY = dt.date(2026, 1, 3)
FEWEST_ROWS = 60
_SEASONS = {
    2021: (dt.date(2021, 10, 19), dt.date(2022, 6, 16)),
    2022: (dt.date(2022, 10, 18), dt.date(2023, 6, 12)),
    2023: (dt.date(2023, 10, 24), dt.date(2024, 6, 17)),
    2024: (dt.date(2024, 10, 22), dt.date(2025, 6, 22)),
    2025: (dt.date(2025, 10, 21), LAST_DAY),
}
_BOOTSTRAP_DAYS = 14
_ROWS_PER_DAY_AT_LEAST = 12
_MOST_GAMES = 15
_ALL_STAR_BREAK = ((2, 15), (2, 19))
_NIGHT_WITHOUT_GAMES = (12, 24)
_PLAYOFFS_BEGIN = (4, 20)


@dataclass(frozen=True)
class Volume:
    """The size of one table.

    Args:
        rows: Row count at scale 1.
        days: Number of dates at scale 1; the newest are taken when `is_recent`.
        grain: What one row is about.
        duplicates: Share of the rows that repeat another row exactly.
        is_recent: Whether the table only goes back `days` calendar days.
        skips_bootstrap: Whether the first two weeks of each season are left out.
        storm: A date that has this many times its usual rows, as a retry storm.
    """

    rows: int
    days: int
    grain: Grain
    duplicates: float = 0
    is_recent: bool = False
    skips_bootstrap: bool = False
    storm: int = 1


VOLUMES = {
    "nba_analytics.player_game_summary": Volume(130_574, 918, "player-game"),
    "nba_analytics.team_offense_game_summary": Volume(10_588, 851, "team-game"),
    "nba_analytics.team_defense_game_summary": Volume(10_412, 802, "team-game"),
    "nba_analytics.upcoming_player_game_context": Volume(
        130_582, 450, "player-game", duplicates=0.266
    ),
    "nba_analytics.upcoming_team_game_context": Volume(4_552, 380, "team-game"),
    "nba_precompute.player_composite_factors": Volume(
        104_810, 589, "player-game", skips_bootstrap=True
    ),
    "nba_precompute.player_shot_zone_analysis": Volume(
        218_091, 536, "player-day", skips_bootstrap=True
    ),
    "nba_precompute.team_defense_zone_analysis": Volume(
        15_369, 521, "team-day", skips_bootstrap=True
    ),
    "nba_precompute.player_daily_cache": Volume(58_614, 459, "player-day", skips_bootstrap=True),
    "nba_orchestration.workflow_decisions": Volume(10_500, 90, "event", is_recent=True),
    "nba_orchestration.workflow_executions": Volume(900, 90, "event", is_recent=True),
    "nba_reference.processor_run_history": Volume(96_772, 61, "event", is_recent=True, storm=13),
    "nba_orchestration.processor_output_validation": Volume(8_000, 30, "event", is_recent=True),
}


@dataclass(frozen=True)
class Day:
    """One date of a table: its rows are numbered from `first_row`."""

    date: dt.date
    season: int
    games: int
    first_row: int
    rows: int


def distinct_rows(volume: Volume, scale: float) -> int:
    """Return how many different rows a table has; the rest repeat them."""
    return total_rows(volume, scale) - round(total_rows(volume, scale) * volume.duplicates)


def total_rows(volume: Volume, scale: float) -> int:
    """Return a table's row count at a scale."""
    return max(FEWEST_ROWS, round(volume.rows * scale))


def days_of(volume: Volume, scale: float) -> list[Day]:
    """Spread a table's different rows over its dates, more on nights with more games."""
    rows = distinct_rows(volume, scale)
    dates = list(_dates(volume))
    wanted = min(volume.days, len(dates), max(2, rows // _ROWS_PER_DAY_AT_LEAST))
    last = len(dates) - 1
    chosen = [dates[round(at * last / (wanted - 1))] for at in range(wanted)]
    weights = [_weight(volume, games) for _, _, games in chosen]
    weights[len(weights) * 2 // 3] *= volume.storm
    bounds = [round(rows * sum_ / sum(weights)) for sum_ in accumulate(weights, initial=0)]
    return [
        Day(date, season, games, first, after - first)
        for (date, season, games), (first, after) in zip(chosen, pairwise(bounds), strict=True)
    ]


def _weight(volume: Volume, games: int) -> int:
    """Return a day's share: by its games, a little by them, or the same for every day."""
    return {"player-day": 20 + games, "team-day": 1}.get(volume.grain, games)


def _dates(volume: Volume) -> Iterator[tuple[dt.date, int, int]]:
    if volume.is_recent:
        for back in reversed(range(volume.days)):
            date = LAST_DAY - dt.timedelta(days=back)
            yield date, season_of(date), 8 + _draw(date, 5)
        return
    for season, (first, last) in _SEASONS.items():
        skipped = _BOOTSTRAP_DAYS if volume.skips_bootstrap else 0
        for after in range(skipped, (last - first).days + 1):
            date = first + dt.timedelta(days=after)
            if games := games_on(date):
                yield date, season, games


def season_of(date: dt.date) -> int:
    """Return the year in which a date's season began."""
    return date.year if date.month >= 10 else date.year - 1


def games_on(date: dt.date) -> int:
    """Return how many games are played on a date; none in summer and on some nights."""
    first, last = _SEASONS.get(season_of(date), (LAST_DAY, LAST_DAY - dt.timedelta(1)))
    month_day = (date.month, date.day)
    is_off = (
        not first <= date <= last
        or _ALL_STAR_BREAK[0] <= month_day <= _ALL_STAR_BREAK[1]
        or month_day == _NIGHT_WITHOUT_GAMES
    )
    if is_off:
        return 0
    if _PLAYOFFS_BEGIN <= month_day < (10, 1):
        return _draw(date, 5)
    return 1 + _draw(date, _MOST_GAMES)


def _draw(date: dt.date, below: int) -> int:
    return hashlib.sha256(date.isoformat().encode()).digest()[0] % below
