-- Answers: How old are the newest complete recovery point, and the newest of which all was shown to restore?
-- Normal: current: the one at most 26 hours old, the other at most 120 days.
-- To do: NO BACKUP or STALE: runbooks/alerts/missed-backup.md. PARTLY PROVEN, of which only samples were restored, and UNPROVEN: runbooks/alerts/proof-too-old.md. UNKNOWN: nobody has looked for 3 hours, or the look is of a time to come: runbooks/alerts/silent-tick.md.
-- Parameter: at TIMESTAMP = now
-- Parameter: most_hours INT64 = 26
-- Parameter: most_days INT64 = 120
WITH ages AS (
  SELECT
    MAX(looked_at) AS looked_at,
    COUNTIF(state = 'complete' AND recovery_point <= @at) AS complete_runs,
    MAX(IF(state = 'complete' AND recovery_point <= @at, recovery_point, NULL)) AS newest_point,
    MAX(IF(state = 'complete' AND proven_at <= @at AND proven_parts >= parts, recovery_point, NULL)) AS proven_point,
    MAX(IF(state = 'complete' AND proven_at <= @at, recovery_point, NULL)) AS sampled_point
  FROM history_runs
)
SELECT
  looked_at,
  complete_runs,
  newest_point,
  TIMESTAMP_DIFF(@at, newest_point, HOUR) AS hours_old,
  proven_point,
  TIMESTAMP_DIFF(@at, proven_point, DAY) AS proven_days_old,
  sampled_point,
  CASE
    WHEN looked_at IS NULL OR looked_at < TIMESTAMP_SUB(@at, INTERVAL 3 HOUR)
      OR looked_at > TIMESTAMP_ADD(@at, INTERVAL 5 MINUTE) THEN 'UNKNOWN'
    WHEN newest_point IS NULL THEN 'NO BACKUP'
    WHEN newest_point < TIMESTAMP_SUB(@at, INTERVAL @most_hours HOUR) THEN 'STALE'
    WHEN proven_point >= TIMESTAMP_SUB(@at, INTERVAL @most_days DAY) THEN 'current'
    WHEN sampled_point >= TIMESTAMP_SUB(@at, INTERVAL @most_days DAY) THEN 'PARTLY PROVEN'
    ELSE 'UNPROVEN'
  END AS state
FROM ages
