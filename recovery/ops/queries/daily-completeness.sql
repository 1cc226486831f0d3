-- Answers: How many rows has each table of phases 3 and 4 for a day?
-- Normal: Every table is there. Without games, none is. In the first 14 days of a season phase 4 has nothing.
-- To do: MISSING: run the phase again for the day, phase 3 before phase 4.
-- Parameter: day DATE = today America/New_York
WITH counted AS (
  SELECT 3 AS phase, 'player_game_summary' AS table_name, COUNT(*) AS row_count
  FROM nba_analytics.player_game_summary WHERE game_date = @day
  UNION ALL
  SELECT 3 AS phase, 'team_offense_game_summary' AS table_name, COUNT(*) AS row_count
  FROM nba_analytics.team_offense_game_summary WHERE game_date = @day
  UNION ALL
  SELECT 3 AS phase, 'team_defense_game_summary' AS table_name, COUNT(*) AS row_count
  FROM nba_analytics.team_defense_game_summary WHERE game_date = @day
  UNION ALL
  SELECT 3 AS phase, 'upcoming_player_game_context' AS table_name, COUNT(*) AS row_count
  FROM nba_analytics.upcoming_player_game_context WHERE game_date = @day
  UNION ALL
  SELECT 3 AS phase, 'upcoming_team_game_context' AS table_name, COUNT(*) AS row_count
  FROM nba_analytics.upcoming_team_game_context WHERE game_date = @day
  UNION ALL
  SELECT 4 AS phase, 'player_composite_factors' AS table_name, COUNT(*) AS row_count
  FROM nba_precompute.player_composite_factors WHERE game_date = @day
  UNION ALL
  SELECT 4 AS phase, 'player_shot_zone_analysis' AS table_name, COUNT(*) AS row_count
  FROM nba_precompute.player_shot_zone_analysis WHERE analysis_date = @day
  UNION ALL
  SELECT 4 AS phase, 'team_defense_zone_analysis' AS table_name, COUNT(*) AS row_count
  FROM nba_precompute.team_defense_zone_analysis WHERE analysis_date = @day
  UNION ALL
  SELECT 4 AS phase, 'player_daily_cache' AS table_name, COUNT(*) AS row_count
  FROM nba_precompute.player_daily_cache WHERE cache_date = @day
), season AS (
  SELECT MIN(game_date) AS first_date
  FROM nba_analytics.player_game_summary
  WHERE game_date BETWEEN DATE(EXTRACT(YEAR FROM DATE_SUB(@day, INTERVAL 9 MONTH)), 10, 1) AND @day
)
SELECT
  phase,
  table_name,
  row_count,
  CASE
    WHEN row_count > 0 THEN 'there'
    WHEN SUM(row_count) OVER () = 0 THEN 'no games, or nothing ran'
    WHEN phase = 4 AND @day < DATE_ADD(first_date, INTERVAL 14 DAY) THEN 'too early in the season'
    ELSE 'MISSING'
  END AS state
FROM counted CROSS JOIN season
ORDER BY phase, table_name
