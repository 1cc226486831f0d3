-- Answers: How old is the newest date of the tables that everything leans on?
-- Normal: Current: at most a day behind. From 1 July to 17 October nothing is played.
-- To do: STALE from 2 days on: `rebound ops query daily-completeness` for the missing days. EMPTY: runbooks/bigquery-dataset-loss.md.
-- Parameter: day DATE = today America/New_York
WITH newest AS (
  SELECT 'player_game_summary' AS table_name, MAX(game_date) AS last_date,
    COUNT(DISTINCT game_date) AS dates
  FROM nba_analytics.player_game_summary
  WHERE game_date BETWEEN DATE_SUB(@day, INTERVAL 400 DAY) AND @day
  UNION ALL
  SELECT 'player_composite_factors', MAX(game_date), COUNT(DISTINCT game_date)
  FROM nba_precompute.player_composite_factors
  WHERE game_date BETWEEN DATE_SUB(@day, INTERVAL 400 DAY) AND @day
  UNION ALL
  SELECT 'team_offense_game_summary', MAX(game_date), COUNT(DISTINCT game_date)
  FROM nba_analytics.team_offense_game_summary
  WHERE game_date BETWEEN DATE_SUB(@day, INTERVAL 400 DAY) AND @day
)
SELECT
  table_name,
  last_date,
  dates AS dates_of_400_days,
  DATE_DIFF(@day, last_date, DAY) AS days_behind,
  CASE
    WHEN last_date IS NULL THEN 'EMPTY'
    WHEN DATE_DIFF(@day, last_date, DAY) < 2 THEN 'current'
    WHEN FORMAT_DATE('%m%d', @day) BETWEEN '0701' AND '1017' THEN 'off-season'
    WHEN DATE_DIFF(@day, last_date, DAY) <= 7 THEN 'STALE'
    ELSE 'VERY STALE'
  END AS state
FROM newest
ORDER BY table_name
