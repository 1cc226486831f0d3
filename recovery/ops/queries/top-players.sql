-- Answers: Who played the most games of a season?
-- Normal: Names that you know, with at most one game a day.
-- To do: More games than days: rows are there twice; `rebound diff nba_analytics.player_game_summary`.
-- Parameter: day DATE = today America/New_York
-- Parameter: since DATE = null
-- Parameter: most INT64 = 20
WITH played AS (
  SELECT
    player_lookup,
    MAX(player_full_name) AS name,
    COUNT(*) AS games,
    COUNT(DISTINCT game_date) AS dates,
    ROUND(AVG(minutes_played), 1) AS average_minutes,
    ROUND(AVG(points), 1) AS average_points
  FROM nba_analytics.player_game_summary
  WHERE game_date BETWEEN COALESCE(@since, DATE(EXTRACT(YEAR FROM DATE_SUB(@day, INTERVAL 9 MONTH)), 10, 1)) AND @day
    AND is_dnp IS NOT TRUE
  GROUP BY player_lookup
), ranked AS (
  SELECT *, ROW_NUMBER() OVER (ORDER BY games DESC, player_lookup) AS place FROM played
)
SELECT place, player_lookup, name, games, dates, average_minutes, average_points
FROM ranked
WHERE place <= @most
ORDER BY place
