"""Monitoring queries on data whose answers are known: in season, off-season, and without a row."""

import re
from typing import Any

import pytest
from google.cloud import bigquery

from recovery.ops.monitoring import monitoring_queries, monitoring_query
from tests.harness import LOCATION, Rebound, make_rebound
from tests.served import serving
from tests.standin.bigquery.engine.types import canonical
from tests.standin.cloud import Cloud
from tests.standin.seed.rows import definitions

IN_SEASON, OFF_SEASON = "2025-12-03", "2026-08-15"
# Two who played and one who did not, on seven dates; the last one is not over yet in the season.
_ROWS = (
    """
INSERT INTO nba_analytics.player_game_summary (player_lookup, player_full_name, game_id, game_date,
  points, minutes_played, usage_rate, ts_pct, efg_pct, assists, paint_attempts, is_dnp)
SELECT who.player, INITCAP(who.player), CONCAT('g', CAST(d AS STRING)), d, who.points, who.minutes,
  who.usage, NUMERIC '0.5', NUMERIC '0.5', 3, 4, who.is_dnp
FROM UNNEST([DATE '2025-10-21', DATE '2025-11-03', DATE '2025-11-04', DATE '2025-11-25',
  DATE '2025-12-02', DATE '2025-12-03', DATE '2025-12-09']) AS d
CROSS JOIN UNNEST([
  STRUCT('ann' AS player, 20 AS points, NUMERIC '30' AS minutes, NUMERIC '25' AS usage, FALSE AS is_dnp),
  STRUCT('bob', 10, NUMERIC '20', NULL, FALSE),
  STRUCT('cy', NULL, NULL, NULL, TRUE)
]) AS who
""",
    """
INSERT INTO nba_precompute.player_composite_factors (player_lookup, game_date, game_id)
SELECT player, d, 'g' FROM UNNEST([DATE '2025-11-04', DATE '2025-12-02']) AS d
CROSS JOIN UNNEST(['ann', 'bob']) AS player
""",
    """
INSERT INTO nba_analytics.team_offense_game_summary (game_id, game_date, team_abbr)
VALUES ('g', DATE '2025-12-03', 'BOS'), ('g', DATE '2025-12-03', 'NYK')
""",
    """
INSERT INTO nba_orchestration.processor_output_validation
  (`timestamp`, processor_name, severity, reason, is_acceptable) VALUES
  (TIMESTAMP '2025-12-04 04:30:00+00', 'P', 'ERROR', 'late in New York', FALSE),
  (TIMESTAMP '2025-12-04 05:30:00+00', 'P', 'ERROR', 'tomorrow in New York', FALSE),
  (TIMESTAMP '2025-12-03 12:00:00+00', 'P', 'INFO', 'no error', TRUE),
  (TIMESTAMP '2025-11-27 05:00:00+00', 'P', 'CRITICAL', 'a week ago', NULL),
  (TIMESTAMP '2025-11-27 04:59:59+00', 'P', 'CRITICAL', 'longer ago', NULL)
""",
)
FEATURES = ("assists", "efg_pct", "minutes_played", "paint_attempts", "ts_pct", "usage_rate")


def make_platform(cloud: Cloud, factory: pytest.TempPathFactory, project: str) -> Rebound:
    """Return a platform with every real table, of nullable columns, all empty."""
    made = make_rebound(cloud, factory.mktemp("ops"), project)
    client = made.bigquery_client
    for dataset_id in sorted({name.split(".")[0] for name in definitions()}):
        dataset = bigquery.Dataset(f"{project}.{dataset_id}")
        dataset.location = LOCATION
        client.create_dataset(dataset)
    for name, table in definitions().items():
        dataset_id, table_id = name.split(".")
        fields = [
            {**field, "mode": "NULLABLE"} if field.get("mode") == "REQUIRED" else field
            for field in canonical(table["schema"])
        ]
        partitioning = {"type": "DAY", "field": table["timePartitioning"]["field"]}
        resource = {
            "tableReference": {
                "projectId": project,
                "datasetId": dataset_id,
                "tableId": table_id,
            },
            "schema": {"fields": fields},
            "timePartitioning": partitioning,
            "requirePartitionFilter": table["requirePartitionFilter"],
        }
        client.create_table(bigquery.Table.from_api_repr(resource))
    return made


@pytest.fixture(scope="module")
def empty(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Rebound:
    """Return a platform without a row, on which `tick` looked."""
    made = make_platform(cloud, tmp_path_factory, "ops-empty")
    with serving(made, "tick") as tick:
        assert tick.call().json()["vault_objects"] == 0
    return made


@pytest.fixture(scope="module")
def filled(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Rebound:
    """Return a platform with known rows."""
    made = make_platform(cloud, tmp_path_factory, "ops-filled")
    for statement in _ROWS:
        made.query(statement)
    return made


def answers(rebound: Rebound, name: str, day: str, *more: str) -> list[dict[str, Any]]:
    """Run a query and return its rows."""
    about = f"at={day}T00:00:00Z" if monitoring_query(name).histories else f"day={day}"
    params = [word for item in (about, *more) for word in ("--param", item)]
    found = rebound.json("ops", "query", name, *params)
    assert found["processed_bytes"] <= found["billed_bytes"] <= found["most_bytes"] == 2**30
    rows: list[dict[str, Any]] = found["rows"]
    return rows


def values(rows: list[dict[str, Any]], *names: str) -> list[tuple[Any, ...]]:
    """Return some columns of rows."""
    return [tuple(row[name] for name in names) for row in rows]


def test_daily_completeness(filled: Rebound):
    """What lacks of a day with games is told; in the first two weeks phase 4 is not awaited."""
    rows = answers(filled, "daily-completeness", IN_SEASON)
    states = {row["table_name"]: (row["row_count"], row["state"]) for row in rows}
    assert len(states) == 9
    assert states["player_game_summary"] == (3, "there")
    assert states["team_offense_game_summary"] == (2, "there")
    assert states["player_composite_factors"] == (0, "MISSING")
    early = answers(filled, "daily-completeness", "2025-11-03")
    assert {row["state"] for row in early if row["phase"] == 4} == {"too early in the season"}
    assert {row["state"] for row in early if row["phase"] == 3} == {"there", "MISSING"}
    free = answers(filled, "daily-completeness", "2025-12-24")
    assert {row["state"] for row in free} == {"no games, or nothing ran"}


def test_freshness(filled: Rebound):
    """Days are counted to the day that is asked about; in summer nothing is stale."""
    names = ("table_name", "last_date", "dates_of_400_days", "days_behind", "state")
    assert values(answers(filled, "freshness", IN_SEASON), *names) == [
        ("player_composite_factors", "2025-12-02", 2, 1, "current"),
        ("player_game_summary", "2025-12-03", 6, 0, "current"),
        ("team_offense_game_summary", "2025-12-03", 1, 0, "current"),
    ]
    states = [row["state"] for row in answers(filled, "freshness", "2025-12-12")]
    assert states == ["VERY STALE", "STALE", "VERY STALE"]
    assert {row["state"] for row in answers(filled, "freshness", OFF_SEASON)} == {"off-season"}


def test_feature_completeness(filled: Rebound):
    """Who did not play is not counted; a season without games has no share."""
    rows = answers(filled, "feature-completeness", IN_SEASON)
    assert values(rows, "feature", "records", "present", "percent", "state") == [
        (name, 12, *((6, 50.0, "LOW") if name == "usage_rate" else (12, 100.0, "good")))
        for name in FEATURES
    ]
    since = answers(filled, "feature-completeness", IN_SEASON, "since=2025-12-01")
    assert {row["records"] for row in since} == {4}
    before = answers(filled, "feature-completeness", "2025-09-15")
    assert {(row["percent"], row["state"]) for row in before} == {(None, "no games")}


def test_season_coverage(filled: Rebound):
    """A season is named by its years; only dates from the 15th day on are due."""
    assert answers(filled, "season-coverage", OFF_SEASON) == [
        {
            "season": "2025-26",
            "phase3_dates": 7,
            "phase3_rows": 21,
            "phase4_dates": 2,
            "phase4_rows": 4,
            "due_dates": 5,
            "percent": 40.0,
        }
    ]


def test_validation_errors(filled: Rebound):
    """A day is New York's, and seven of them end with it."""
    rows = answers(filled, "validation-errors", IN_SEASON)
    assert values(rows, "reason", "severity", "is_acceptable") == [
        ("late in New York", "ERROR", False),
        ("a week ago", "CRITICAL", None),
    ]
    assert len(answers(filled, "validation-errors", IN_SEASON, "days=1")) == 1
    assert answers(filled, "validation-errors", OFF_SEASON) == []


def test_validation_counts(filled: Rebound):
    """What is acceptable is no error; a day is New York's."""
    rows = answers(filled, "validation-counts", IN_SEASON)
    assert values(rows, "found_on", "validations", "errors", "criticals") == [
        (IN_SEASON, 2, 1, 0),
        ("2025-11-27", 1, 1, 1),
    ]
    assert answers(filled, "validation-counts", OFF_SEASON) == []


def test_daily_statistics(filled: Rebound):
    """Each date with games, the newest first."""
    rows = answers(filled, "daily-statistics", IN_SEASON)
    one = {
        "player_games": 3,
        "games": 1,
        "players": 3,
        "average_minutes": "25",
        "average_points": 15.0,
    }
    assert rows == [{"game_date": day, **one} for day in (IN_SEASON, "2025-12-02")]


def test_missing_phase4(filled: Rebound):
    """Dates after the first two weeks that phase 4 lacks."""
    rows = answers(filled, "missing-phase4", IN_SEASON)
    assert values(rows, "game_date", "phase3_rows") == [("2025-11-25", 3), (IN_SEASON, 3)]
    whole = answers(filled, "missing-phase4", "2025-11-30", "days=400")
    assert values(whole, "game_date") == [("2025-11-25",)]


def test_week_over_week(filled: Rebound):
    """Two weeks side by side; off-season both are empty, and nothing is divided by nothing."""
    rows = answers(filled, "week-over-week", IN_SEASON)
    names = ("week", "records", "minutes_percent", "usage_percent", "average_points")
    assert values(rows, *names) == [
        ("this week", 6, 100.0, 50.0, 15.0),
        ("last week", 3, 100.0, 50.0, 15.0),
    ]
    off = answers(filled, "week-over-week", OFF_SEASON)
    assert [(row["records"], row["minutes_percent"]) for row in off] == [(0, None), (0, None)]


def test_top_players(filled: Rebound):
    """By games, then by name; as many as are asked for."""
    rows = answers(filled, "top-players", IN_SEASON)
    names = ("place", "player_lookup", "name", "games", "dates")
    assert values(rows, *names) == [(1, "ann", "Ann", 6, 6), (2, "bob", "Bob", 6, 6)]
    assert len(answers(filled, "top-players", IN_SEASON, "most=1")) == 1


def test_scorecard(filled: Rebound):
    """One row, of a season and of all of them."""
    assert answers(filled, "scorecard", IN_SEASON) == [
        {
            "season_from": "2025-10-01",
            "phase3_dates": 6,
            "phase4_dates": 2,
            "days_behind": 0,
            "minutes_percent": 100.0,
            "usage_percent": 50.0,
            "all_phase3_dates": 6,
            "all_phase4_dates": 2,
        }
    ]


@pytest.mark.parametrize("name", monitoring_queries())
def test_empty_tables_are_an_answer(empty: Rebound, name: str):
    """No query fails without rows, and none calls that good."""
    rows = answers(empty, name, IN_SEASON)
    assert not {row.get("state") for row in rows} & {"there", "current", "good", "complete"}
    assert not [row for row in rows if row.get("percent") is not None]


def test_a_history_that_nobody_wrote_is_no_answer(filled: Rebound):
    """Where `tick` never ran nothing is said of backups, and the hint says what to look at."""
    refused = filled.run("ops", "query", "backup-freshness", code=9).stderr
    assert "matched no files" in refused
    assert "`tick` writes the history" in refused


def test_what_is_paid_is_bounded_and_told(filled: Rebound):
    """BigQuery refuses what would bill more than is allowed, and the hint says what allows it."""
    words = ("ops", "query", "freshness", "--param", f"day={IN_SEASON}")
    told = filled.run(*words)
    assert "normal: " in told.stdout
    assert re.search(r"read .*, billed .* of at most 1\.0 GiB", told.stderr)
    refused = filled.run(*words, "--most-mib", "10", code=9).stderr
    assert "exceeded limit for bytes billed: 10485760. 31457280 or higher required" in refused
    assert "hint: `--most-mib` allows more" in refused


def test_pasted_statement_answers_the_same(filled: Rebound):
    """What is printed for the console is the query, with its values."""
    params = ("--param", f"day={IN_SEASON}")
    sql = filled.run("ops", "query", "freshness", *params, "--sql").stdout
    rows = [str(row["last_date"]) for row in filled.query(sql)]
    assert rows == [row["last_date"] for row in answers(filled, "freshness", IN_SEASON)]


def test_wrong_words_are_refused(filled: Rebound):
    """An unknown query, parameter or value ends with exit code 2 and says what there is."""
    assert "freshness" in filled.run("ops", "query", "weather", code=2).stderr
    assert "it has day" in filled.run("ops", "query", "freshness", "--param", "x=1", code=2).stderr
    filled.run("ops", "query", "freshness", "--param", "day=soon", code=2)
    assert len(filled.json("ops", "query")) == len(monitoring_queries())
