-- Answers: How much of each season have phases 3 and 4 done, of the dates that one of them has?
-- Normal: Every season 95 % or more. Phase 4 is due from the 15th day of a season on.
-- To do: Less: `rebound ops query missing-phase4 --param day=LAST --param days=365` names the dates of the year up to LAST. `rebound ops backfill` asks the schedule for dates that both lost.
-- Parameter: day DATE = today America/New_York
WITH phase3 AS (
  SELECT game_date, COUNT(*) AS row_count
  FROM nba_analytics.player_game_summary
  WHERE game_date BETWEEN DATE '2000-10-01' AND @day
  GROUP BY game_date
), phase4 AS (
  SELECT game_date, COUNT(*) AS row_count
  FROM nba_precompute.player_composite_factors
  WHERE game_date BETWEEN DATE '2000-10-01' AND @day
  GROUP BY game_date
), placed AS (
  SELECT
    EXTRACT(YEAR FROM DATE_SUB(game_date, INTERVAL 9 MONTH)) AS season,
    game_date,
    phase3.row_count AS phase3_rows,
    phase4.row_count AS phase4_rows
  FROM phase3 FULL JOIN phase4 USING (game_date)
), dated AS (
  SELECT
    *,
    game_date >= DATE_ADD(MIN(game_date) OVER (PARTITION BY season), INTERVAL 14 DAY) AS is_due
  FROM placed
)
SELECT
  CONCAT(CAST(season AS STRING), '-', FORMAT('%02d', MOD(season + 1, 100))) AS season,
  COUNT(phase3_rows) AS phase3_dates,
  COALESCE(SUM(phase3_rows), 0) AS phase3_rows,
  COUNT(phase4_rows) AS phase4_dates,
  COALESCE(SUM(phase4_rows), 0) AS phase4_rows,
  COUNTIF(is_due) AS due_dates,
  ROUND(100 * SAFE_DIVIDE(COUNTIF(is_due AND phase4_rows IS NOT NULL), COUNTIF(is_due)), 2) AS percent
FROM dated
GROUP BY season
ORDER BY season
