"""A small platform with a season, a schedule, and processors of two phases.

Every night has two games but for those that the calendar below leaves out.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from google.cloud import bigquery

from tests.harness import LOCATION, Rebound

FIRST, LAST = date(2024, 10, 22), date(2024, 12, 1)
PAUSE = (date(2024, 11, 15), date(2024, 11, 17))
REST = (date(2024, 11, 5), date(2024, 11, 28))
FIRST_OF_PHASE4 = date(2024, 11, 5)
PLAYERS_A_GAME = 6
ALL = ("teams", "players", "zones", "features")
TABLES = {
    "teams": "stats.teams",
    "players": "stats.players",
    "zones": "cache.zones",
    "features": "cache.features",
}
COLUMNS = "day DATE NOT NULL, game STRING, who STRING, minutes NUMERIC, written TIMESTAMP"
_ROWS_A_GAME = {"teams": 2, "players": PLAYERS_A_GAME, "zones": 1, "features": 3}
_SCHEDULE = """CREATE TABLE raw.schedule (
  game_date DATE NOT NULL, game_id STRING NOT NULL, game_status INT64
) PARTITION BY game_date OPTIONS (require_partition_filter = TRUE)"""


def days_between(first: date, last: date) -> list[date]:
    """Return every date from one to another."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


GAME_DAYS = tuple(
    day for day in days_between(FIRST, LAST) if not PAUSE[0] <= day <= PAUSE[1] and day not in REST
)
PHASE4_DAYS = tuple(day for day in GAME_DAYS if day >= FIRST_OF_PHASE4)


def processors(url: str = "https://phase.example", **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return the catalog's section about processors.

    Args:
        url: Where both services answer.
        changes: What is different in it, as `schedule=None`.
    """
    common = {"url": url, "longest_seconds": 20, "usual_seconds": 10}
    section = {
        "time_zone": "America/New_York",
        "seasons": [
            {
                "name": "2024-25",
                "first": str(FIRST),
                "last": str(LAST),
                "pauses": [{"first": str(PAUSE[0]), "last": str(PAUSE[1])}],
            }
        ],
        "schedule": {
            "table": "raw.schedule",
            "date_column": "game_date",
            "game_column": "game_id",
            "status_column": "game_status",
            "final": 3,
            "prefixes": ["002"],
        },
        "bounds": {"requests": 100, "seconds": 600, "query_bytes": 10**10},
        "services": [
            {
                **common,
                "name": "phase3",
                "path": "/phase3",
                "body": {
                    "start_date": "{date}",
                    "end_date": "{date}",
                    "processors": ["{processor}"],
                },
                "api_key_variable": "PHASE3_KEY",
                "parallel": 3,
            },
            {
                **common,
                "name": "phase4",
                "path": "/phase4",
                "body": {"analysis_date": "{date}", "processors": ["{processor}"]},
                "skipped_days": 14,
            },
        ],
        "processors": [
            _processor("teams", "phase3", game_column="game", least=2, most_rows_a_game=2),
            _processor(
                "players",
                "phase3",
                game_column="game",
                least=4,
                most_empty={"minutes": 0.2},
                after=["teams"],
            ),
            _processor("zones", "phase4", least=1, after=["teams", "players"]),
            _processor("features", "phase4", least=2, after=["zones"]),
        ],
    }
    return section | changes


def _processor(name: str, service: str, *, least: float, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {
        "name": name,
        "service": service,
        "called": f"{name.title()}Processor",
        "table": TABLES[name],
        "date_column": "day",
        "key": ["game", "who"],
        "least_rows_a_game": least,
        **more,
    }


def write_catalog(folder: Path, section: dict[str, Any] | None = None) -> str:
    """Write the catalog and return its path, for `REBOUND_CATALOG`."""
    catalog = {
        "platform": "league",
        "location": LOCATION,
        "full_every_days": 7,
        "retention": {"keep_days": 35, "keep_at_least": 3, "partial_days": 7},
        "protected_projects": [],
        "tables": [{"table": table, "group": "league"} for table in TABLES.values()],
        "processors": section or processors(),
    }
    path = folder / "league.json"
    path.write_text(json.dumps(catalog))
    return str(path)


def create(rebound: Rebound, *, schedule: bool = True) -> None:
    """Create every table with the rows of the whole season, some minutes ago."""
    with rebound.cloud.minutes_ago(5):
        for name in ("stats", "cache", "raw"):
            dataset = bigquery.Dataset(f"{rebound.project}.{name}")
            dataset.location = LOCATION
            rebound.bigquery_client.create_dataset(dataset)
        for table in TABLES.values():
            rebound.query(f"CREATE TABLE {table} ({COLUMNS}) PARTITION BY day")
        for name in ALL:
            rebound.query(written(name, PHASE4_DAYS if name in ALL[2:] else GAME_DAYS))
        if schedule:
            create_schedule(rebound)


def create_schedule(rebound: Rebound) -> None:
    """Create the schedule as it really is: old rows beside new ones, and games that do not count."""
    rebound.query(_SCHEDULE)
    for status in (1, 3, 3):
        rebound.query(
            "INSERT INTO raw.schedule SELECT day, CONCAT('0022400', CAST(day AS STRING), '-', "
            f"CAST(n AS STRING)), {status} FROM {_unnested(GAME_DAYS)} AS day, UNNEST([1, 2]) AS n"
        )
    others = (*days_between(PAUSE[0], PAUSE[1]), FIRST - timedelta(days=3))
    rebound.query(
        "INSERT INTO raw.schedule SELECT day, CONCAT('0032400', CAST(day AS STRING)), 3 "
        f"FROM {_unnested(others)} AS day"
    )


def written(
    name: str, dates: Sequence[date], *, games: int = 2, rows_a_game: int | None = None
) -> str:
    """Return the statement that writes the rows of dates.

    Args:
        name: The processor.
        dates: The dates.
        games: How many games of each.
        rows_a_game: How many rows of each game; what the processor writes when None.
    """
    rows = _ROWS_A_GAME[name] if rows_a_game is None else rows_a_game
    return (
        f"INSERT INTO {TABLES[name]} (day, game, who, minutes, written) "
        "SELECT day, CONCAT(CAST(day AS STRING), '-', CAST(g AS STRING)), "
        "CONCAT('who', CAST(n AS STRING)), NUMERIC '12.5', CURRENT_TIMESTAMP() "
        f"FROM {_unnested(dates)} AS day, UNNEST(GENERATE_ARRAY(1, {games})) AS g, "
        f"UNNEST(GENERATE_ARRAY(1, {rows})) AS n"
    )


def lose(rebound: Rebound, name: str, *dates: date) -> None:
    """Remove the rows of dates, and see that they are gone."""
    assert set(dates) <= set(counts(rebound, name))
    rebound.query(f"DELETE FROM {TABLES[name]} WHERE day IN UNNEST({_listed(dates)})")
    assert not set(dates) & set(counts(rebound, name))


def counts(rebound: Rebound, name: str) -> dict[date, int]:
    """Return how many rows a table has of each date."""
    found = rebound.query(f"SELECT day, COUNT(*) AS n FROM {TABLES[name]} GROUP BY day")
    return {row["day"]: row["n"] for row in found}


def _listed(dates: Iterable[date]) -> str:
    return f"[{', '.join(f"DATE '{day}'" for day in dates)}]"


def _unnested(dates: Iterable[date]) -> str:
    return f"UNNEST({_listed(dates)})"
