-- Answers: On which of the last days did phase 3 run, and phase 4 did not?
-- Normal: None. The first 14 days of a season are left out: phase 4 has nothing to lean on yet.
-- To do: Run phase 4 for each date, the oldest first.
-- Parameter: day DATE = today America/New_York
-- Parameter: days INT64 = 30
-- Parameter: begins DATE = null
WITH phase3 AS (
  SELECT EXTRACT(YEAR FROM DATE_SUB(game_date, INTERVAL 9 MONTH)) AS season, game_date, COUNT(*) AS phase3_rows
  FROM nba_analytics.player_game_summary
  WHERE game_date BETWEEN DATE_SUB(@day, INTERVAL @days + 366 DAY) AND @day
  GROUP BY game_date
), placed AS (
  SELECT
    game_date,
    phase3_rows,
    -- Where its first dates were lost, the catalog still knows when the season began.
    IF(season = EXTRACT(YEAR FROM DATE_SUB(@begins, INTERVAL 9 MONTH)), @begins,
      MIN(game_date) OVER (PARTITION BY season)) AS season_begins
  FROM phase3
), phase4 AS (
  SELECT DISTINCT game_date
  FROM nba_precompute.player_composite_factors
  WHERE game_date BETWEEN DATE_SUB(@day, INTERVAL @days - 1 DAY) AND @day
)
SELECT placed.game_date, phase3_rows
FROM placed LEFT JOIN phase4 ON placed.game_date = phase4.game_date
WHERE placed.game_date >= DATE_SUB(@day, INTERVAL @days - 1 DAY)
  AND placed.game_date >= DATE_ADD(season_begins, INTERVAL 14 DAY)
  AND phase4.game_date IS NULL
ORDER BY placed.game_date
