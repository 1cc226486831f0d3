-- Answers: How is the season, in one row?
-- Normal: Dates of both phases near each other; 0 or 1 days behind; both shares 95 % or more.
-- To do: `rebound ops query freshness`, then `feature-completeness`, then `missing-phase4`.
-- Parameter: day DATE = today America/New_York
WITH phase3 AS (
  SELECT
    COUNT(DISTINCT game_date) AS all_dates,
    COUNT(DISTINCT IF(game_date >= DATE(EXTRACT(YEAR FROM DATE_SUB(@day, INTERVAL 9 MONTH)), 10, 1), game_date, NULL)) AS season_dates,
    MAX(game_date) AS last_date,
    COUNTIF(game_date >= DATE(EXTRACT(YEAR FROM DATE_SUB(@day, INTERVAL 9 MONTH)), 10, 1) AND is_dnp IS NOT TRUE) AS played,
    COUNTIF(game_date >= DATE(EXTRACT(YEAR FROM DATE_SUB(@day, INTERVAL 9 MONTH)), 10, 1) AND is_dnp IS NOT TRUE
      AND minutes_played IS NOT NULL) AS with_minutes,
    COUNTIF(game_date >= DATE(EXTRACT(YEAR FROM DATE_SUB(@day, INTERVAL 9 MONTH)), 10, 1) AND is_dnp IS NOT TRUE
      AND usage_rate IS NOT NULL) AS with_usage
  FROM nba_analytics.player_game_summary
  WHERE game_date BETWEEN DATE '2000-10-01' AND @day
), phase4 AS (
  SELECT
    COUNT(DISTINCT game_date) AS all_dates,
    COUNT(DISTINCT IF(game_date >= DATE(EXTRACT(YEAR FROM DATE_SUB(@day, INTERVAL 9 MONTH)), 10, 1), game_date, NULL)) AS season_dates
  FROM nba_precompute.player_composite_factors
  WHERE game_date BETWEEN DATE '2000-10-01' AND @day
)
SELECT
  DATE(EXTRACT(YEAR FROM DATE_SUB(@day, INTERVAL 9 MONTH)), 10, 1) AS season_from,
  phase3.season_dates AS phase3_dates,
  phase4.season_dates AS phase4_dates,
  DATE_DIFF(@day, phase3.last_date, DAY) AS days_behind,
  ROUND(100 * SAFE_DIVIDE(with_minutes, played), 2) AS minutes_percent,
  ROUND(100 * SAFE_DIVIDE(with_usage, played), 2) AS usage_percent,
  phase3.all_dates AS all_phase3_dates,
  phase4.all_dates AS all_phase4_dates
FROM phase3 CROSS JOIN phase4
