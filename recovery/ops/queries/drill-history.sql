-- Answers: What did each drill come to, and did its checks tell of what was planted?
-- Normal: pass, as many damages caught as planted, and the next one not due yet.
-- To do: DUE: runbooks/quarterly-drill.md. fail, void or no record: `rebound drill --history`.
-- Parameter: at TIMESTAMP = now
-- Parameter: days INT64 = 400
SELECT
  drill_id,
  scenario,
  is_sample,
  began_at,
  verdict,
  ROUND(seconds / 60, 1) AS minutes,
  planted,
  caught,
  run_id,
  TIMESTAMP_DIFF(began_at, recovery_point, HOUR) AS hours_lost,
  next_due_at,
  IF(next_due_at < @at AND began_at = MAX(began_at) OVER (), 'DUE', '') AS next_drill,
  looked_at,
  why
FROM history_drills
WHERE drill_id IS NOT NULL
  AND began_at BETWEEN TIMESTAMP_SUB(@at, INTERVAL @days DAY) AND @at
ORDER BY began_at DESC, drill_id
