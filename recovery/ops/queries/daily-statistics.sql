-- Answers: What do the last days of games look like?
-- Normal: About 20 to 30 player-games a game, about 22 minutes and 11 points. Days without games are not there.
-- To do: A day that is far off: compare its files with runbooks/gcs-bucket-corruption.md, then run phase 3 again.
-- Parameter: day DATE = today America/New_York
-- Parameter: days INT64 = 7
SELECT
  game_date,
  COUNT(*) AS player_games,
  COUNT(DISTINCT game_id) AS games,
  COUNT(DISTINCT player_lookup) AS players,
  ROUND(AVG(minutes_played), 1) AS average_minutes,
  ROUND(AVG(points), 1) AS average_points
FROM nba_analytics.player_game_summary
WHERE game_date BETWEEN DATE_SUB(@day, INTERVAL @days - 1 DAY) AND @day
GROUP BY game_date
ORDER BY game_date DESC
