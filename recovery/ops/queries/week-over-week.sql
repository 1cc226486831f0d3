-- Answers: How does this week compare with the last one?
-- Normal: Numbers of the same size. Off-season both are 0, and shares are empty.
-- To do: Half of the records or less: `rebound ops query daily-completeness` for each day.
-- Parameter: day DATE = today America/New_York
WITH recent AS (
  SELECT
    game_date > DATE_SUB(@day, INTERVAL 7 DAY) AS is_this_week,
    minutes_played,
    usage_rate,
    points,
    is_dnp IS NOT TRUE AS has_played
  FROM nba_analytics.player_game_summary
  WHERE game_date BETWEEN DATE_SUB(@day, INTERVAL 13 DAY) AND @day
), counted AS (
  SELECT
    COUNTIF(is_this_week) AS this_records,
    COUNTIF(NOT is_this_week) AS last_records,
    COUNTIF(is_this_week AND has_played) AS this_played,
    COUNTIF(NOT is_this_week AND has_played) AS last_played,
    COUNTIF(is_this_week AND has_played AND minutes_played IS NOT NULL) AS this_minutes,
    COUNTIF(NOT is_this_week AND has_played AND minutes_played IS NOT NULL) AS last_minutes,
    COUNTIF(is_this_week AND has_played AND usage_rate IS NOT NULL) AS this_usage,
    COUNTIF(NOT is_this_week AND has_played AND usage_rate IS NOT NULL) AS last_usage,
    AVG(IF(is_this_week, points, NULL)) AS this_points,
    AVG(IF(is_this_week, NULL, points)) AS last_points
  FROM recent
)
SELECT
  part.week AS week,
  part.records AS records,
  ROUND(100 * SAFE_DIVIDE(part.with_minutes, part.played), 2) AS minutes_percent,
  ROUND(100 * SAFE_DIVIDE(part.with_usage, part.played), 2) AS usage_percent,
  ROUND(part.points, 1) AS average_points
FROM counted CROSS JOIN UNNEST([
  STRUCT('this week' AS week, this_records AS records, this_played AS played,
    this_minutes AS with_minutes, this_usage AS with_usage, this_points AS points),
  STRUCT('last week', last_records, last_played, last_minutes, last_usage, last_points)
]) AS part
ORDER BY week DESC
