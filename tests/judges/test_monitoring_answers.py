"""Google's own evaluator answers every monitoring query on rows whose answers are known.

There are rows of one season, the same rows asked about in its summer, and tables without a row.
"""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from recovery.ops.histories import columns_of, histories_of
from recovery.ops.monitoring import monitoring_queries, monitoring_query
from tests.judges.both import with_tables
from tests.standin.bigquery.googlesql.evaluate import evaluate

DAY, SUMMER = "2025-12-03", "2026-08-15"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
_TABLE = re.compile(r"\bnba_[a-z]+\.[a-z_0-9]+|\bhistory_(?:runs|drills)\b")
_FOLDER = Path(__file__).parents[1] / "data" / "tables"
# Two who played and one who did not, on seven dates.
ROWS = {
    "nba_analytics.player_game_summary": """
SELECT who.player AS player_lookup, INITCAP(who.player) AS player_full_name,
  CONCAT('g', CAST(d AS STRING)) AS game_id, d AS game_date, who.points AS points,
  who.minutes AS minutes_played, who.usage AS usage_rate, NUMERIC '0.5' AS ts_pct,
  NUMERIC '0.5' AS efg_pct, 3 AS assists, 4 AS paint_attempts, who.is_dnp AS is_dnp
FROM UNNEST([DATE '2025-10-21', DATE '2025-11-03', DATE '2025-11-04', DATE '2025-11-25',
  DATE '2025-12-02', DATE '2025-12-03', DATE '2025-12-09']) AS d
CROSS JOIN UNNEST([
  STRUCT('ann' AS player, 20 AS points, NUMERIC '30' AS minutes, NUMERIC '25' AS usage, FALSE AS is_dnp),
  STRUCT('bob', 10, NUMERIC '20', NULL, FALSE),
  STRUCT('cy', NULL, NULL, NULL, TRUE)
]) AS who""",
    "nba_precompute.player_composite_factors": """
SELECT player AS player_lookup, d AS game_date
FROM UNNEST([DATE '2025-11-04', DATE '2025-12-02']) AS d CROSS JOIN UNNEST(['ann', 'bob']) AS player""",
    "nba_analytics.team_offense_game_summary": "SELECT d AS game_date FROM UNNEST([DATE '2025-12-03']) AS d",
    "nba_reference.processor_run_history": """
SELECT run.name AS processor_name, run.status, run.is_backfill AS backfill_mode,
  DATE_ADD(DATE '2025-11-01', INTERVAL n DAY) AS data_date,
  TIMESTAMP_ADD(TIMESTAMP(run.began), INTERVAL n * run.minutes MINUTE) AS started_at
FROM UNNEST([
  STRUCT('fast' AS name, 'success' AS status, TRUE AS is_backfill, '2025-12-01 08:00:00+00' AS began, 2 AS minutes),
  STRUCT('slow', 'success', TRUE, '2025-12-01 08:00:00+00', 10),
  STRUCT('slow', 'failed', TRUE, '2025-12-01 20:00:00+00', 1),
  STRUCT('nightly', 'success', FALSE, '2025-12-01 08:00:00+00', 1),
  STRUCT('old', 'success', TRUE, '2025-09-01 08:00:00+00', 1)
]) AS run
CROSS JOIN UNNEST(GENERATE_ARRAY(0, 23)) AS n""",
    "nba_orchestration.processor_output_validation": """
SELECT TIMESTAMP(row_.found) AS `timestamp`, 'P' AS processor_name, DATE '2025-12-02' AS game_date,
  'missing' AS issue_type, row_.severity, row_.reason, 5 AS expected_rows, 3 AS actual_rows,
  FALSE AS is_acceptable
FROM UNNEST([
  STRUCT('2025-12-04 05:30:00+00' AS found, 'ERROR' AS severity, 'tomorrow in New York' AS reason),
  STRUCT('2025-12-04 04:30:00+00', 'ERROR', 'late in New York'),
  STRUCT('2025-12-03 12:00:00+00', 'INFO', 'no error'),
  STRUCT('2025-11-27 05:00:00+00', 'CRITICAL', 'a week ago'),
  STRUCT('2025-11-27 04:59:59+00', 'CRITICAL', 'longer ago')
]) AS row_""",
}
_LOOKED = "TIMESTAMP '2025-12-03 06:00:00+00' AS looked_at"
ROWS |= {
    "history_runs": f"""
SELECT {_LOOKED}, run.id AS run_id, run.state, TIMESTAMP(run.point) AS recovery_point,
  TIMESTAMP(run.point) AS started_at,
  IF(run.state = 'complete', TIMESTAMP_ADD(TIMESTAMP(run.point), INTERVAL 90 SECOND), NULL) AS finished_at,
  run.parts, 7 AS files, run.size_bytes, TIMESTAMP(run.proven) AS proven_at, run.proven_parts, run.reason
FROM UNNEST([
  STRUCT(CAST(NULL AS STRING) AS id, CAST(NULL AS STRING) AS state, CAST(NULL AS STRING) AS point, CAST(NULL AS INT64) AS parts,
    CAST(NULL AS INT64) AS size_bytes, CAST(NULL AS STRING) AS proven, CAST(NULL AS INT64) AS proven_parts,
    CAST(NULL AS STRING) AS reason),
  STRUCT('old', 'complete', '2025-07-01 08:00:00+00', 3, 50, '2025-12-01 00:00:00+00', 3, NULL),
  STRUCT('n1', 'complete', '2025-12-01 08:00:00+00', 3, 100, NULL, 0, NULL),
  STRUCT('n2', 'complete', '2025-12-02 08:00:00+00', 3, 150, NULL, 0, 'nba.odds'),
  STRUCT('n3', 'partial', '2025-12-03 05:00:00+00', 1, NULL, NULL, NULL, 'no manifest'),
  STRUCT('lost', 'partial', NULL, 0, NULL, NULL, NULL, 'no start record')
]) AS run""",
    "history_drills": f"""
SELECT {_LOOKED}, it.id AS drill_id, it.scenario, FALSE AS is_sample, TIMESTAMP(it.began) AS began_at,
  it.verdict, it.seconds, it.planted, it.caught, 'n1' AS run_id,
  TIMESTAMP_SUB(TIMESTAMP(it.began), INTERVAL 5 HOUR) AS recovery_point,
  TIMESTAMP(it.due) AS next_due_at, it.why
FROM UNNEST([
  STRUCT(CAST(NULL AS STRING) AS id, CAST(NULL AS STRING) AS scenario, CAST(NULL AS STRING) AS began, CAST(NULL AS STRING) AS verdict,
    CAST(NULL AS FLOAT64) AS seconds, CAST(NULL AS INT64) AS planted, CAST(NULL AS INT64) AS caught,
    CAST(NULL AS STRING) AS due, CAST(NULL AS STRING) AS why),
  STRUCT('d1', 'sample', '2025-06-01 00:00:00+00', 'void', 90.0, 4, 3, '2025-09-01 00:00:00+00', 'blind'),
  STRUCT('d2', 'sample', '2025-08-01 00:00:00+00', 'pass', 120.0, 4, 4, '2025-11-01 00:00:00+00', 'proven')
]) AS it""",
}
_FEATURES = ("assists", "efg_pct", "minutes_played", "paint_attempts", "ts_pct")
_DATE, _FOUND = "CAST(game_date AS STRING)", "CAST(found_on AS STRING)"


def without_rows(name: str) -> str:
    """Return the query of a real table without a row."""
    if name.startswith("history_"):
        columns = [
            f"CAST(NULL AS {kind}) AS `{column}`"
            for history in histories_of(name)
            for column, kind in columns_of(history).items()
        ]
        return f"SELECT {', '.join(columns)} FROM UNNEST([1]) WHERE FALSE"
    fields = json.loads((_FOLDER / f"{name}.json").read_text())["schema"]
    types = {"REPEATED": "CAST([] AS ARRAY<{}>)"}
    columns = [
        f"{types.get(it['mode'], 'CAST(NULL AS {})').format(it['type'])} AS `{it['name']}`"
        for it in fields
    ]
    return f"SELECT {', '.join(columns)} FROM UNNEST([1]) WHERE FALSE"


def answers(
    name: str, columns: str, day: str = DAY, *, is_empty: bool = False, **said: str
) -> list[tuple[Any, ...]]:
    """Return some columns of a query's answer, in order of the rows.

    Args:
        name: The query.
        columns: What is selected of the answer.
        day: The day that is asked about.
        is_empty: Whether the tables have no row.
        said: What is said of further parameters.
    """
    query = monitoring_query(name)
    said = {"at": f"{day}T06:30:00Z", **said} if query.histories else {"day": day, **said}
    pasted = query.pasted(query.values(said, now=NOW), bucket="b", dataset="scratch")
    sql = pasted.rpartition(";\n")[2].replace("scratch.history_", "history_")
    used = sorted(set(_TABLE.findall(sql)))
    tables = {
        table: ROWS[table] if table in ROWS and not is_empty else without_rows(table)
        for table in used
    }
    body = _TABLE.sub(lambda found: f"`{found[0]}`", sql)
    return evaluate(with_tables(tables, f"SELECT {columns} FROM (\n{body}\n) AS answer"))


@pytest.mark.parametrize(
    ("name", "columns", "expected"),
    [
        ("freshness", "table_name, dates_of_400_days, days_behind, state", [
            ("player_composite_factors", 2, 1, "current"),
            ("player_game_summary", 6, 0, "current"),
            ("team_offense_game_summary", 1, 0, "current"),
        ]),
        ("feature-completeness", "feature, records, present, percent, state", [
            *((name, 12, 12, 100.0, "good") for name in _FEATURES),
            ("usage_rate", 12, 6, 50.0, "LOW"),
        ]),
        ("backfill-rate", "*", [("slow", 24, 4, 6.0), ("fast", 24, 1, 24.0)]),
        ("feature-availability", "*", [(8, 4, 50.0)]),
        ("season-coverage", "*", [("2025-26", 6, 18, 2, 4, 4, 50.0)]),
        ("validation-errors", "severity, reason, expected_rows, actual_rows", [
            ("ERROR", "late in New York", 5, 3), ("CRITICAL", "a week ago", 5, 3),
        ]),
        ("validation-counts", f"{_FOUND}, * EXCEPT (found_on)", [
            ("2025-12-03", 2, 1, 0), ("2025-11-27", 1, 1, 1),
        ]),
        ("daily-statistics", f"{_DATE}, * EXCEPT (game_date)", [
            ("2025-12-03", 3, 1, 3, 25, 15.0), ("2025-12-02", 3, 1, 3, 25, 15.0),
        ]),
        ("missing-phase4", f"{_DATE}, phase3_rows", [("2025-11-25", 3), ("2025-12-03", 3)]),
        ("week-over-week", "*", [
            ("this week", 6, 100.0, 50.0, 15.0), ("last week", 3, 100.0, 50.0, 15.0),
        ]),
        ("top-players", "*", [(1, "ann", "Ann", 6, 6, 30, 20.0), (2, "bob", "Bob", 6, 6, 20, 10.0)]),
        ("scorecard", "* EXCEPT (season_from)", [(6, 2, 0, 100.0, 50.0, 6, 2)]),
        ("backup-freshness", "complete_runs, hours_old, proven_days_old, state", [
            (3, 22, 154, "UNPROVEN"),
        ]),
        ("run-summary", "run_id, state, seconds, size_bytes, grown_percent, proven_parts, reason", [
            ("n3", "partial", None, None, None, None, "no manifest"),
            ("n2", "complete", 90, 150, 50.0, 0, "nba.odds"),
            ("n1", "complete", 90, 100, None, 0, None),
            ("lost", "partial", None, None, None, None, "no start record"),
        ]),
        ("drill-history", "drill_id, verdict, minutes, planted, caught, hours_lost, next_drill, why", [
            ("d2", "pass", 2.0, 4, 4, 5, "DUE", "proven"),
            ("d1", "void", 1.5, 4, 3, 5, "", "blind"),
        ]),
    ],
)  # fmt: skip
def test_answer_is_known(name: str, columns: str, expected: list[tuple[Any, ...]]):
    """What is counted, shared and averaged, in the middle of a season."""
    assert answers(name, columns) == expected


def test_what_is_known_of_backups_gets_old():
    """Too old a point, too old a look, and nothing at all have words of their own."""

    def state(**said: str) -> str:
        [(found,)] = answers("backup-freshness", "state", **said)
        return str(found)

    assert state(most_days="200") == "current"
    assert state(most_days="200", most_hours="22") == "STALE"
    assert state(at="2025-12-03T09:30:00Z", most_days="200") == "UNKNOWN"


def test_a_look_of_a_time_to_come_tells_nothing(monkeypatch: pytest.MonkeyPatch):
    """Who can write the file, and hold it, could else say for years that all is well."""

    def told(name: str, column: str, at: str) -> list[Any]:
        return [found for (found,) in answers(name, column, at=at)]

    late, early = "2025-12-03T05:54:00Z", "2025-12-03T05:56:00Z"
    assert told("backup-freshness", "state", early) == ["UNPROVEN"]
    assert told("backup-freshness", "state", late) == ["UNKNOWN"]
    assert told("drill-history", "next_drill", early) == ["DUE", ""]
    assert told("drill-history", "next_drill", late) == ["UNKNOWN", ""]
    assert told("drill-history", "next_drill", "2025-12-03T09:30:00Z") == ["UNKNOWN", ""]
    assert told("run-summary", "state", early)[-1] == "partial"
    assert set(told("run-summary", "state", late)) == {"UNKNOWN"}
    for_each_night = ROWS["history_runs"].replace("2025-12-03 05:00", "2025-12-04 05:00")
    monkeypatch.setitem(ROWS, "history_runs", for_each_night)
    assert told("run-summary", "state", "2025-12-04T06:00:00Z")[0] == "UNKNOWN"
    looked = ROWS["history_runs"].replace("2025-12-03 06:00", "2025-06-30 06:00")
    monkeypatch.setitem(ROWS, "history_runs", looked.replace("2025-07-01", "2025-06-20"))
    assert told("backup-freshness", "state", "2025-06-30T06:00:00Z") == ["STALE"]
    assert told("backup-freshness", "state", "2025-06-10T06:00:00Z") == ["UNKNOWN"]


def test_daily_completeness():
    """What lacks of a day with games is told; for two weeks phase 4 is not awaited."""

    def states(day: str) -> dict[str, str]:
        return dict(answers("daily-completeness", "table_name, state", day))

    there = {"player_game_summary", "team_offense_game_summary"}
    assert len(states(DAY)) == 9
    assert {name for name, state in states(DAY).items() if state == "there"} == there
    assert set(states(DAY).values()) == {"there", "MISSING"}
    early = states("2025-11-03")
    assert (
        early["player_composite_factors"]
        == early["player_daily_cache"]
        == "too early in the season"
    )
    assert early["team_offense_game_summary"] == "MISSING"
    assert set(states("2025-12-24").values()) == {"no games, or nothing ran"}


def test_summer_is_no_failure():
    """Off-season nothing is stale, nothing is divided by nothing, and nothing is missing."""
    assert {row[0] for row in answers("freshness", "state", SUMMER)} == {"off-season"}
    assert {row[0] for row in answers("freshness", "state", "2025-12-12")} == {
        "STALE",
        "VERY STALE",
    }
    before = answers("feature-completeness", "percent, state", "2025-09-15")
    assert set(before) == {(None, "no games")}
    weeks = answers("week-over-week", "records, minutes_percent, usage_percent", SUMMER)
    assert set(weeks) == {(0, None, None)}
    assert answers("season-coverage", "season, due_dates, percent", SUMMER) == [
        ("2025-26", 5, 40.0)
    ]
    for name in ("validation-errors", "daily-statistics", "missing-phase4"):
        assert not answers(name, "1", SUMMER)


def test_parameters_are_minded():
    """How many days, since when, how many rows."""
    assert answers("missing-phase4", _DATE, "2025-11-30", days="400") == [("2025-11-25",)]
    assert answers("validation-errors", "reason", days="1") == [("late in New York",)]
    assert set(answers("feature-completeness", "records", since="2025-12-01")) == {(4,)}
    assert answers("top-players", "name", most="1") == [("Ann",)]


@pytest.mark.parametrize("name", monitoring_queries())
def test_empty_tables_are_an_answer(name: str):
    """No query fails without rows, and none calls that good."""
    rows = [json.loads(row) for (row,) in answers(name, "TO_JSON_STRING(answer)", is_empty=True)]
    assert not {row.get("state") for row in rows} & {"there", "current", "good", "complete"}
    assert not [row for row in rows if row.get("percent") is not None]
