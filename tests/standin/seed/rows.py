"""The rows of the seeded tables, written as Parquet files."""

import json
from dataclasses import astuple
from pathlib import Path
from typing import Any

import duckdb

from tests.standin.seed.expressions import expression
from tests.standin.seed.names import PLAYERS_PER_TEAM, TEAMS, player_lookup, player_names
from tests.standin.seed.volumes import VOLUMES, Volume, days_of, distinct_rows, total_rows

type Definition = dict[str, Any]

_DEFINITIONS = Path(__file__).resolve().parents[2] / "data" / "tables"


def definitions() -> dict[str, Definition]:
    """Return the 13 tables' definitions by their id."""
    paths = sorted(_DEFINITIONS.glob("*.json"))
    return {path.stem: json.loads(path.read_text()) for path in paths}


def write_rows(definition: Definition, scale: float, folder: Path) -> Path:
    """Write a table's rows to one file.

    Args:
        definition: The table's definition.
        scale: 1 for the platform's row counts. The same scale gives the same rows.
        folder: Where to write.

    Returns:
        A Parquet file; JSON columns are text in it.
    """
    table = definition["table"]
    volume = VOLUMES[table]
    columns = ", ".join(
        f'{expression(table, field)} AS "{field["name"]}"' for field in definition["schema"]
    )
    path = folder / f"{table}.parquet"
    with duckdb.connect() as engine:
        engine.execute("SET threads = 1; SET TimeZone = 'UTC'")
        _write_base(engine, volume, scale)
        engine.execute(
            f"COPY (SELECT {columns} FROM ({_base_sql(volume)})) TO '{path}' (FORMAT PARQUET)"
        )
    return path


def _write_base(engine: duckdb.DuckDBPyConnection, volume: Volume, scale: float) -> None:
    """Put what rows are made of into tables: the days, the players, the teams."""
    engine.execute(
        "CREATE TABLE days (d DATE, season BIGINT, games BIGINT, first_row BIGINT, row_count BIGINT)"
    )
    engine.execute(
        "INSERT INTO days SELECT unnest($1), unnest($2), unnest($3), unnest($4), unnest($5)",
        [list(column) for column in zip(*map(astuple, days_of(volume, scale)), strict=True)],
    )
    names = player_names()
    engine.execute(
        "CREATE TABLE players AS SELECT generate_subscripts($1, 1) - 1 AS player, "
        "unnest($1) AS full_name, unnest($2) AS lookup",
        [names, [player_lookup(name) for name in names]],
    )
    engine.execute("CREATE TABLE repeats (copies BIGINT)")
    distinct = distinct_rows(volume, scale)
    engine.execute("INSERT INTO repeats VALUES (?)", [total_rows(volume, scale) - distinct])


_SHAPES = {
    "player-game": (
        "k % games",
        "k // games % 2",
        f"(k // (2 * games) + season * 5) % {PLAYERS_PER_TEAM}",
    ),
    "team-game": ("k % games", "k // games % 2", "0"),
    "player-day": ("k // 2 % 15", "k % 2", f"k // 30 % {PLAYERS_PER_TEAM}"),
    "team-day": ("k // 2 % 15", "k % 2", "0"),
    "event": ("k % games", "0", "0"),
}


def _base_sql(volume: Volume) -> str:
    """Write the SELECT that gives each row its number, day, game, team and player."""
    game, side, seat = _SHAPES[volume.grain]
    teams = "[" + ", ".join(f"'{team}'" for team in TEAMS) + "]"
    # 7 shares no factor with 30, so the teams of one night differ.
    team = f"((hash(d) % 30 + (2 * ({game}) + {{side}}) * 7) % 30)::BIGINT"
    home, away, own = (team.format(side=side_) for side_ in ("0", "1", f"({side})"))
    at = (
        "d + to_microseconds((k * 86400000000) // row_count)"
        if volume.grain == "event"
        else "d + INTERVAL 30 HOUR + to_microseconds((hash(src, 1) % 14400000000)::BIGINT)"
    )
    return f"""
        WITH numbered AS (
            SELECT d, season, games, row_count, k, first_row + k AS src
            FROM days, unnest(range(row_count)) AS positions(k)
        ), repeated AS (
            FROM numbered
            UNION ALL
            SELECT numbered.* FROM numbered, repeats, (SELECT max(src) AS last FROM numbered)
            WHERE src > last - copies
        ), placed AS (
            SELECT *, {side} = 0 AS is_home, {home} AS home_at, {away} AS away_at,
                {own} * {PLAYERS_PER_TEAM} + {seat} AS player, ({at}) AT TIME ZONE 'UTC' AS written_at,
                md5('row ' || src) AS digest
            FROM repeated
        )
        SELECT src, d, season, written_at, is_home, full_name, lookup,
            {teams}[1 + if(is_home, home_at, away_at)] AS team,
            {teams}[1 + if(is_home, away_at, home_at)] AS opponent,
            strftime(d, '%Y%m%d') || '_' || {teams}[1 + away_at] || '_' || {teams}[1 + home_at]
                AS game_id,
            concat_ws('-', digest[1:8], digest[9:12], digest[13:16], digest[17:20], digest[21:32])
                AS uuid_of
        FROM placed JOIN players USING (player)
        ORDER BY src
    """
