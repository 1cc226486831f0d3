-- Answers: What did each drill come to, and did its checks tell of what was planted?
-- Normal: pass, as many damages caught as planted, and the next one not due yet.
-- To do: UNKNOWN: nobody has looked for 3 hours, or the look is of a time to come: runbooks/alerts/silent-tick.md. DUE: runbooks/quarterly-drill.md. fail, void or no record: `rebound drill --history`.
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
  CASE
    WHEN began_at < MAX(began_at) OVER () THEN ''
    WHEN looked_at NOT BETWEEN TIMESTAMP_SUB(@at, INTERVAL 3 HOUR) AND TIMESTAMP_ADD(@at, INTERVAL 5 MINUTE) THEN 'UNKNOWN'
    WHEN next_due_at < @at THEN 'DUE'
    ELSE ''
  END AS next_drill,
  looked_at,
  why
FROM history_drills
WHERE drill_id IS NOT NULL
  AND began_at BETWEEN TIMESTAMP_SUB(@at, INTERVAL @days DAY) AND @at
ORDER BY began_at DESC, drill_id
