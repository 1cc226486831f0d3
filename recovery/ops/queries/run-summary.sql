-- Answers: How did each run of the last days end, how long did it take, and what does it hold?
-- Normal: One complete run a night, of about the size of the one before, that lacks nothing.
-- To do: UNKNOWN: what is told is of a time to come: runbooks/alerts/silent-tick.md. partial: `rebound show RUN`. damaged: `rebound verify RUN`. A jump in size: runbooks/alerts/run-growth.md.
-- Parameter: at TIMESTAMP = now
-- Parameter: days INT64 = 14
SELECT
  run_id,
  IF(looked_at > TIMESTAMP_ADD(@at, INTERVAL 5 MINUTE) OR recovery_point > looked_at, 'UNKNOWN', state) AS state,
  recovery_point,
  TIMESTAMP_DIFF(finished_at, started_at, SECOND) AS seconds,
  parts,
  files,
  size_bytes,
  ROUND(100 * SAFE_DIVIDE(size_bytes - LAG(size_bytes) OVER before, LAG(size_bytes) OVER before), 1) AS grown_percent,
  proven_parts,
  looked_at,
  reason
FROM history_runs
WHERE run_id IS NOT NULL
  AND (recovery_point IS NULL OR recovery_point BETWEEN TIMESTAMP_SUB(@at, INTERVAL @days DAY) AND @at)
WINDOW before AS (PARTITION BY state ORDER BY recovery_point, run_id)
ORDER BY recovery_point DESC, run_id
