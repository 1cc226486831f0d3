"""SQL expressions for the columns of the seeded tables, chosen by a column's type and name.

Every value is drawn from a hash of the row's number and the column's name: equal at every run, and
different between columns. `src`, `d`, `written_at`, `season`, `game_id` and the like are columns of the
base rows that `rows.py` builds.
"""

import hashlib
import re
from typing import Any

type Field = dict[str, Any]

ALL_NULL_ROW, NO_NULL_ROW = 7, 11
_KEYS = {
    "player_lookup": "lookup",
    "universal_player_id": "lookup || '_001'",
    "player_full_name": "full_name",
    "game_id": "game_id",
    "nba_game_id": "'00' || (22000000 + src % 1230)",
    "game_date": "d",
    "analysis_date": "d",
    "cache_date": "d",
    "data_date": "d",
    "season_year": "season",
    "team_abbr": "team",
    "defending_team_abbr": "team",
    "opponent_team_abbr": "opponent",
    "home_game": "is_home",
    "decision_time": "written_at",
    "execution_time": "written_at",
    "started_at": "written_at",
    "timestamp": "written_at",
    "created_at": "written_at + INTERVAL 90 SECOND",
    "processed_at": "written_at + INTERVAL 95 SECOND",
    "run_id": "'run-' || strftime(d, '%Y%m%d') || '-' || printf('%06d', src)",
    "decision_id": "uuid_of",
    "execution_id": "uuid_of",
}
_TEXTS: list[tuple[str, tuple[str, ...]]] = [
    (r"_hash$|^dedup_key$", ()),
    (r"_tier$", ("gold", "silver", "bronze")),
    (r"zone$", ("paint", "mid_range", "perimeter")),
    (r"workflow_name", ("morning_operations", "early_morning_final_check", "real_time_business",
                        "post_game_collection", "late_night_recovery")),
    (r"processor_name|parent_processor", ("PlayerGameSummaryProcessor", "MLFeatureStoreProcessor",
                        "TeamOffenseGameSummaryProcessor", "AsyncUpcomingPlayerGameContextProcessor",
                        "PlayerDailyCacheProcessor", "NbacGamebookProcessor")),
    (r"^phase$", ("phase_2_raw", "phase_3_analytics", "phase_4_precompute")),
    (r"player_status", ("active", "active", "active", "out", "questionable", "probable")),
    (r"status", ("success", "success", "success", "partial", "failed", "skipped")),
    (r"^action$", ("RUN", "SKIP", "SKIP", "ABORT")),
    (r"severity|alert_level", ("INFO", "INFO", "WARNING", "ERROR", "CRITICAL")),
    (r"priority", ("LOW", "MEDIUM", "HIGH", "CRITICAL")),
    (r"line_source|spread_source|total_source", ("draftkings", "fanduel", "betmgm")),
    (r"source", ("nbac_gamebook", "bdl_boxscores", "espn_boxscores", "odds_api")),
    (r"over_under|last_game_result", ("OVER", "UNDER", "PUSH")),
    (r"season_phase", ("early", "mid", "late", "playoffs")),
    (r"position", ("PG", "SG", "SF", "PF", "C")),
    (r"version|revision", ("v4.5", "v4.6-beta", "00042-xyz")),
    (r"quality", ("excellent", "good", "limited", "insufficient")),
    (r"dataset", ("nba_raw", "nba_analytics", "nba_precompute")),
    (r"output_table", ("player_game_summary", "team_offense_game_summary", "player_daily_cache")),
    (r"file_path", ("nba-com/gamebooks-data/2025-12-01/20251201-LALBOS/data.json",
                    "odds-api/player-props/2025-12-02/abc-LALBOS/20251202_010203-snap-1200.json")),
    (r"reason|notes|details|message|report|issue|error", (
        "no games scheduled", "Knöchelverletzung, fällt aus", "left knee soreness", "",
        "line 1\nline 2\t\"quoted\" 'single' back\\slash", "Lesión; día a día 🏀",
        "retry after 429, then success")),
]  # fmt: skip
_OTHER_TEXTS = ("alpha", "beta", "gamma", "", "Δ-check", "unknown")
_ISSUES = ("stale_source", "missing_games", "late_update", "duplicaté_rows")
_SCRAPERS = ("nbac_schedule", "oddsa_player_props", "bdl_boxscores", "espn_rosters")
_NULL_PERCENTS = (2, 4, 8, 15, 35, 60)
_INT_LIMITS = [
    (r"rows_found|records_", 900),
    (r"miles", 2900),
    (r"points", 46),
    (r"expected_rows|actual_rows", 500),
    (r"possessions", 110),
    (r"age$", 42),
    (r"attempts|makes|rebounds|assists", 24),
]
_NUMERIC_LIMITS = (("minutes", 48), ("line", 42), ("margin", 40), ("total", 250), ("rating", 130))
_SIGNED = re.compile(
    r"movement|spread|margin|adjustment|differential|_vs_|score|plus_minus|decline"
)


def draw(table: str, column: str) -> str:
    """Return the SQL of a row's random number for a column."""
    return f"hash(src, {_salt(f'{table}.{column}')})"


def expression(table: str, field: Field) -> str:
    """Return the SQL of a column's values, NULL included where the column allows it."""
    value = _value(table, field)
    if field["mode"] == "REPEATED":
        return f"CASE src WHEN {ALL_NULL_ROW} THEN [] ELSE {value} END"
    if field["mode"] == "REQUIRED":
        return value
    name = field["name"]
    percent = _NULL_PERCENTS[_salt(name) % len(_NULL_PERCENTS)]
    if name in _KEYS:
        percent = 1
    elif field["type"] == "JSON":
        percent = 60
    is_null = f"{draw(table, name + ' is null')} % 100 < {percent}"
    return (
        f"CASE WHEN src = {ALL_NULL_ROW} OR (src <> {NO_NULL_ROW} AND {is_null}) THEN NULL "
        f"ELSE {value} END"
    )


def _value(table: str, field: Field) -> str:
    name, kind = field["name"], field["type"]
    if name in _KEYS:
        return _KEYS[name]
    number = draw(table, name)
    if field["mode"] == "REPEATED":
        words = _ISSUES if "issues" in name else _SCRAPERS
        count = f"CASE src WHEN {NO_NULL_ROW} THEN 4 ELSE {number} % {len(words) + 1} END"
        return f"list_slice({_list(words)}, 1, {count})"
    return _BY_TYPE[kind](number, field)


def _text(number: str, field: Field) -> str:
    if field["name"].endswith("_json"):
        return f"({_json(number)})::VARCHAR"
    name = field["name"]
    words = next((words for pattern, words in _TEXTS if re.search(pattern, name)), _OTHER_TEXTS)
    if not words:
        return f"printf('%016x', ({number} >> 1)::BIGINT)"
    # Squared, so that the first words are the commonest.
    share = f"({number} % 1000) * ({number} % 1000) / 1000000.0"
    return f"{_list(words)}[1 + floor({share} * {len(words)})::INTEGER]"


def _integer(number: str, field: Field) -> str:
    name = field["name"]
    limit = next((most for pattern, most in _INT_LIMITS if re.search(pattern, name)), 9)
    share = f"({number} % 10000) * ({number} // 10000 % 10000) / 1e8"
    value = f"floor({share} * {limit + 1})::BIGINT"
    return f"{value} - {limit // 2}" if _SIGNED.search(name) else value


def _numeric(number: str, field: Field) -> str:
    precision, scale = int(field["precision"]), int(field["scale"])
    name = field["name"]
    # Three decimals are a share of 1, two a percentage.
    most = 1 if scale == 3 else next((top for word, top in _NUMERIC_LIMITS if word in name), 100)
    limit = min(10**precision, most * 10**scale + 1)
    value = f"({number} % {limit})::BIGINT"
    if _SIGNED.search(name):
        value = f"({value} * if({number} // 7 % 2 = 0, 1, -1))"
    largest = f"if(src = {NO_NULL_ROW}, {10**precision - 1}, {value})"
    return f"({largest} / {10**scale})::DECIMAL({precision},{scale})"


def _float(number: str, field: Field) -> str:
    if "completeness" in field["name"]:
        return f"CASE WHEN {number} % 5 < 3 THEN 100.0 ELSE ({number} % 1000003) / 10000.03 END::DOUBLE"
    return f"(({number} % 1000003) * ({number} % 1000033) / 7e9)::DOUBLE"


def _json(number: str) -> str:
    return (
        "json_object("
        f"'attempt', {number} % 4, 'ratio', ({number} % 1000) / 8.0, 'ok', {number} % 3 > 0, "
        f"'note', {_list(_OTHER_TEXTS)}[1 + ({number} % 6)::INTEGER], 'none', NULL, "
        f"'steps', json_array(json_object('name', 'läuft', 'seconds', {number} % 60), "
        f"json_object('name', 'save', 'rows', json_array({number} % 500, NULL))), "
        "'context', json_object('date', d, 'deep', json_object('deeper', json_array(json_array(1)))))"
    )


def _json_value(number: str, _: Field) -> str:
    return (
        f"CASE {number} % 9 WHEN 0 THEN '[]' WHEN 1 THEN '{{}}' WHEN 2 THEN '42' "
        f"ELSE ({_json(number)})::VARCHAR END"
    )


_BY_TYPE = {
    "STRING": _text,
    "INT64": _integer,
    "NUMERIC": _numeric,
    "FLOAT64": _float,
    "JSON": _json_value,
    "BOOL": lambda number, _: f"{number} % 4 = 0",
    "DATE": lambda number, _: f"d - ({number} % 30)::INTEGER",
    "TIMESTAMP": lambda number, _: (
        f"written_at - to_microseconds(({number} % 90000000000)::BIGINT)"
    ),
}


def _salt(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6])


def _list(words: tuple[str, ...]) -> str:
    quoted = ("'" + word.replace("'", "''") + "'" for word in words)
    return f"[{', '.join(quoted)}]"
