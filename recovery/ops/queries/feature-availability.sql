-- Answers: Of those who played lately, how many have the features that a prediction needs?
-- Normal: 90 % or more; fewer in the first weeks of a season, in which phase 4 has nothing to lean on.
-- To do: Fewer: `rebound ops query missing-phase4` names the dates without phase 4.
-- Parameter: day DATE = today America/New_York
-- Parameter: days INT64 = 30
WITH played AS (
  SELECT DISTINCT player_lookup, game_date
  FROM nba_analytics.player_game_summary
  WHERE game_date BETWEEN DATE_SUB(@day, INTERVAL @days - 1 DAY) AND @day
    AND NOT COALESCE(is_dnp, FALSE)
), features AS (
  SELECT DISTINCT player_lookup, game_date
  FROM nba_precompute.player_composite_factors
  WHERE game_date BETWEEN DATE_SUB(@day, INTERVAL @days - 1 DAY) AND @day
)
SELECT
  COUNT(played.player_lookup) AS player_games,
  COUNT(features.player_lookup) AS with_features,
  ROUND(100 * SAFE_DIVIDE(COUNT(features.player_lookup), COUNT(played.player_lookup)), 1) AS percent
FROM played LEFT JOIN features
  ON played.player_lookup = features.player_lookup AND played.game_date = features.game_date
