"""A history of processors from which completion documents are rebuilt, and the catalog that names it."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from tests.integration.orchestration import write_catalog

REBUILD = {
    "history": "nba_reference.processor_run_history",
    "days": 5,
    "names": {"strip_suffixes": ["Processor"]},
    "completions": [
        {
            "collection": "phase3_completion",
            "phase": "phase_3_analytics",
            "processors": ["player_game_summary", "team_offense_game_summary"],
            "metadata": {"_mode": "overnight"},
            "followed_by": "phase_4_precompute",
        },
        {
            "collection": "phase4_completion",
            "phase": "phase_4_precompute",
            "processors": ["player_daily_cache", "ml_feature_store"],
            "first_completion": "text",
        },
    ],
}
FALLBACK = {
    "player_daily_cache": "nba_precompute.player_daily_cache.cache_date",
    "ml_feature_store": "nba_predictions.gone.game_date",
}
TABLE = """
CREATE TABLE nba_reference.processor_run_history (
  processor_name STRING NOT NULL, run_id STRING NOT NULL, status STRING NOT NULL,
  records_processed INT64, data_date DATE NOT NULL, processed_at TIMESTAMP, phase STRING,
  output_table STRING
) PARTITION BY data_date"""


def protect(folder: Path, fallback: dict[str, str] | None = None) -> str:
    """Write the catalog, with other sources for phase 4 if there are any; return its path."""
    phase3, phase4 = REBUILD["completions"]
    rules = {**REBUILD, "completions": [phase3, {**phase4, "fallback": fallback or {}}]}
    entry = {"ephemeral": ["processing_locks"], "rebuild": rules}
    return write_catalog(folder, {"(default)": entry})


def today() -> date:
    """Return the date that goes on, till noon that of yesterday; not once for the module, which can run past it."""
    return (datetime.now(UTC) - timedelta(hours=12)).date()


def yesterday() -> date:
    """Return the date before."""
    return today() - timedelta(days=1)


def history() -> str:
    """Return the statement that fills the run history."""
    return f"""
INSERT INTO nba_reference.processor_run_history VALUES
  ('PlayerGameSummaryProcessor', 'r1', 'success', 281, DATE '{yesterday()}',
   TIMESTAMP '2026-01-02 06:30:00.25+00', 'phase_3_analytics', NULL),
  ('PlayerGameSummaryProcessor', 'r0', 'failed', 0, DATE '{yesterday()}',
   TIMESTAMP '2026-01-02 07:30:00+00', 'phase_3_analytics', NULL),
  ('TeamOffenseGameSummaryProcessor', 'r2', 'partial', NULL, DATE '{today()}',
   TIMESTAMP '2026-01-02 06:31:00+00', 'phase_3_analytics', NULL),
  ('PlayerDailyCacheProcessor', 'r3', 'success', 5, DATE '{yesterday()}',
   TIMESTAMP '2026-01-02 08:00:00+00', 'phase_4_precompute', 'nba_precompute.player_daily_cache'),
  ('UnknownProcessor', 'r4', 'success', 5, DATE '{yesterday()}',
   TIMESTAMP '2026-01-02 08:00:00+00', 'phase_4_precompute', NULL)"""
