-- Answers: What have validations found wrong in the last days?
-- Normal: Nothing, or what is acceptable.
-- To do: Look at the file that is named; a whole processor: runbooks/README.md.
-- Parameter: day DATE = today America/New_York
-- Parameter: days INT64 = 7
SELECT
  `timestamp` AS found_at,
  severity,
  processor_name,
  game_date,
  issue_type,
  expected_rows,
  actual_rows,
  is_acceptable,
  reason
FROM nba_orchestration.processor_output_validation
WHERE `timestamp` >= TIMESTAMP(DATE_SUB(@day, INTERVAL @days - 1 DAY), 'America/New_York')
  AND `timestamp` < TIMESTAMP(DATE_ADD(@day, INTERVAL 1 DAY), 'America/New_York')
  AND severity IN ('ERROR', 'CRITICAL')
ORDER BY found_at DESC, processor_name, reason
LIMIT 50
