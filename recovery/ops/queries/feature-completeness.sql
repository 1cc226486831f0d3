-- Answers: Which share of the player-games of a season has each feature?
-- Normal: 95 % or more. Who did not play is left out: a player on the bench has no minutes.
-- To do: LOW: find the dates with `rebound ops query daily-statistics`, and run phase 3 again for them.
-- Parameter: day DATE = today America/New_York
-- Parameter: since DATE = null
WITH played AS (
  SELECT
    COUNT(*) AS records,
    COUNT(minutes_played) AS minutes_played,
    COUNT(usage_rate) AS usage_rate,
    COUNT(ts_pct) AS ts_pct,
    COUNT(efg_pct) AS efg_pct,
    COUNT(assists) AS assists,
    COUNT(paint_attempts) AS paint_attempts
  FROM nba_analytics.player_game_summary
  WHERE game_date BETWEEN COALESCE(@since, DATE(EXTRACT(YEAR FROM DATE_SUB(@day, INTERVAL 9 MONTH)), 10, 1)) AND @day
    AND is_dnp IS NOT TRUE
)
SELECT
  feature.name AS feature,
  records,
  feature.present AS present,
  ROUND(100 * SAFE_DIVIDE(feature.present, records), 2) AS percent,
  CASE
    WHEN records = 0 THEN 'no games'
    WHEN SAFE_DIVIDE(feature.present, records) >= 0.95 THEN 'good'
    ELSE 'LOW'
  END AS state
FROM played CROSS JOIN UNNEST([
  STRUCT('minutes_played' AS name, minutes_played AS present),
  STRUCT('usage_rate', usage_rate),
  STRUCT('ts_pct', ts_pct),
  STRUCT('efg_pct', efg_pct),
  STRUCT('assists', assists),
  STRUCT('paint_attempts', paint_attempts)
]) AS feature
ORDER BY feature
