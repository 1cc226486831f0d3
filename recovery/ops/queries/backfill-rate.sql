-- Answers: How many dates does a backfill do in an hour, by processor?
-- Normal: 10 or more. No row where none ran.
-- To do: Fewer: look at what it waits for in `timing_breakdown` of its runs.
-- Parameter: day DATE = today America/New_York
-- Parameter: days INT64 = 90
SELECT
  processor_name,
  COUNT(DISTINCT data_date) AS dates,
  COUNT(DISTINCT TIMESTAMP_TRUNC(started_at, HOUR)) AS hours,
  ROUND(COUNT(DISTINCT data_date) / COUNT(DISTINCT TIMESTAMP_TRUNC(started_at, HOUR)), 1) AS dates_an_hour
FROM nba_reference.processor_run_history
WHERE backfill_mode
  AND status = 'success'
  AND DATE(started_at, 'America/New_York') BETWEEN DATE_SUB(@day, INTERVAL @days - 1 DAY) AND @day
GROUP BY processor_name
ORDER BY dates_an_hour, processor_name
