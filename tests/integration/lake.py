"""A small platform for tests: few tables, every awkward shape."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from google.cloud import bigquery

from tests.harness import LOCATION, Rebound

DATASET = "lake"
GAMES, EVENTS, TYPES, EMPTY = (
    f"{DATASET}.{name}" for name in ("games", "events", "types", "empty")
)
TABLES = (GAMES, EVENTS, TYPES, EMPTY)


def write_catalog(folder: Path, tables: Sequence[str] = TABLES, **more: Any) -> str:  # noqa: ANN401 - JSON
    """Write a catalog of these tables and return its path, for `REBOUND_CATALOG`."""
    catalog = {
        "platform": "lake",
        "location": LOCATION,
        "full_every_days": 7,
        "retention": {"keep_days": 35, "keep_at_least": 3, "partial_days": 7},
        "protected_projects": [],
        "tables": [{"table": name, "group": "lake"} for name in tables],
        **more,
    }
    path = folder / "catalog.json"
    path.write_text(json.dumps(catalog))
    return str(path)


def fill(rebound: Rebound) -> None:
    """Create the tables and their rows, as if some minutes ago."""
    with rebound.cloud.minutes_ago(5):
        create(rebound)


def fill_with(rebound: Rebound, statements: str) -> None:
    """Create a dataset by statements between semicolons, `{lake}` for its id, some minutes ago."""
    with rebound.cloud.minutes_ago(5):
        dataset = bigquery.Dataset(f"{rebound.project}.{DATASET}")
        dataset.location = LOCATION
        rebound.bigquery_client.create_dataset(dataset)
        for statement in statements.split(";"):
            rebound.query(statement.format(lake=f"{rebound.project}.{DATASET}"))


def create(rebound: Rebound, **labels: str) -> None:
    """Create the tables and their rows, in a dataset with these labels and another."""
    dataset = bigquery.Dataset(f"{rebound.project}.{DATASET}")
    dataset.location = LOCATION
    dataset.labels = {"team": "data", **labels}
    dataset.description = "A small lake"
    rebound.bigquery_client.create_dataset(dataset)
    script = ";\n".join((_GAMES, _EVENTS, _TYPES, _EMPTY, *_ROWS, *_DEFINITIONS))
    rebound.query(script.format(lake=f"{rebound.project}.{DATASET}"))


def rows(rebound: Rebound, table: str, at: str = "") -> list[str]:
    """Return a table's rows as sorted text, now or `FOR SYSTEM_TIME AS OF` a time.

    The comparison is the test's own: nothing of Rebound takes part in it.
    """
    when = f"FOR SYSTEM_TIME AS OF TIMESTAMP '{at}'" if at else ""
    where = (
        "WHERE `at` IS NULL OR `at` > TIMESTAMP '0001-01-01 00:00:00+00'"
        if table.endswith(EVENTS)
        else ""
    )
    found = rebound.query(f"SELECT * FROM `{rebound.project}.{table}` AS r {when} {where}")
    return sorted(repr(sorted(row.items())) for row in found)


_GAMES = """
CREATE TABLE `{lake}.games` (
  game_id STRING NOT NULL OPTIONS(description='The id of the league'),
  game_date DATE,
  home STRING,
  points INT64 DEFAULT 0,
  pace NUMERIC(8, 3),
  tags ARRAY<STRING>,
  box JSON,
  seen_at TIMESTAMP
) PARTITION BY game_date CLUSTER BY home, game_id
OPTIONS(description='One row a game', labels=[('layer', 'analytics')])
"""
_EVENTS = """
CREATE TABLE `{lake}.events` (
  `at` TIMESTAMP, kind STRING, value FLOAT64
) PARTITION BY TIMESTAMP_TRUNC(`at`, HOUR) OPTIONS(require_partition_filter=true)
"""
_TYPES = """
CREATE TABLE `{lake}.types` (
  id INT64,
  local_at DATETIME,
  clock TIME,
  raw BYTES,
  ratio FLOAT64,
  huge BIGNUMERIC,
  nested STRUCT<a INT64, b ARRAY<STRUCT<c STRING, d DATETIME>>>
)
"""
_EMPTY = "CREATE TABLE `{lake}.empty` (id INT64, note STRING)"
_ROWS = (
    """
INSERT INTO `{lake}.games`
SELECT CONCAT('g', CAST(n AS STRING)), DATE_ADD(DATE '2024-01-01', INTERVAL MOD(n, 9) DAY),
  ['Denver', 'Dončić', 'Şengün', ''][OFFSET(MOD(n, 4))], n * 3, CAST(n AS NUMERIC) / 8,
  IF(MOD(n, 3) = 0, [], ['a', 'ü']), JSON '{{"q": [1, 2, {{"x": null}}]}}',
  TIMESTAMP_ADD(TIMESTAMP '2024-01-01 00:00:00+00', INTERVAL n SECOND)
FROM UNNEST(GENERATE_ARRAY(1, 200)) AS n
""",
    """
INSERT INTO `{lake}.games` (game_id, game_date, home, points) VALUES
  ('undated', NULL, NULL, NULL), ('undated', NULL, NULL, NULL),
  ('twin', DATE '2024-01-03', 'Denver', 9223372036854775807),
  ('twin', DATE '2024-01-03', 'Denver', 9223372036854775807),
  ('first', DATE '0001-01-01', 'x', -9223372036854775808)
""",
    """
INSERT INTO `{lake}.events`
SELECT TIMESTAMP_ADD(TIMESTAMP '2024-05-01 00:00:00+00', INTERVAL n * 17 MINUTE), 'tick',
  IF(MOD(n, 5) = 0, CAST('nan' AS FLOAT64), n / 7)
FROM UNNEST(GENERATE_ARRAY(1, 60)) AS n
""",
    """
INSERT INTO `{lake}.types` VALUES
  (1, DATETIME '2024-02-29 23:59:59.999999', TIME '23:59:59.999999', b'\\x00\\xff',
   CAST('inf' AS FLOAT64), BIGNUMERIC '1.00000000000000000000000000000000000001',
   STRUCT(1, [STRUCT('x', DATETIME '2024-01-01 00:00:00'), STRUCT(NULL, NULL)])),
  (2, NULL, NULL, NULL, NULL, NULL, NULL),
  (-9223372036854775808, DATETIME '0001-01-01 00:00:00', TIME '00:00:00', b'',
   CAST('-inf' AS FLOAT64), BIGNUMERIC '-12345678901234567890.5', STRUCT(NULL, []))
""",
)
_DEFINITIONS = (
    "CREATE VIEW `{lake}.busy` AS SELECT home, COUNT(*) AS games FROM `{lake}.games` GROUP BY home",
    "CREATE VIEW `{lake}.busiest` AS SELECT MAX(games) AS most FROM `{lake}.busy`",
    "CREATE FUNCTION `{lake}.double`(x INT64) AS (x * 2)",
)
