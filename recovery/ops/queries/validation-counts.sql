-- Answers: How many validations were there on each of the last days, and what did they find?
-- Normal: Some on each day with games, none of them an error. No rows at all: nothing validates.
-- To do: Errors: `rebound ops query validation-errors` names them. None on a day with games: look at what validates.
-- Parameter: day DATE = today America/New_York
-- Parameter: days INT64 = 7
WITH found AS (
  SELECT
    DATE(`timestamp`, 'America/New_York') AS found_on,
    severity IN ('ERROR', 'CRITICAL') AND is_acceptable IS NOT TRUE AS is_error,
    severity = 'CRITICAL' AND is_acceptable IS NOT TRUE AS is_critical
  FROM nba_orchestration.processor_output_validation
  WHERE `timestamp` >= TIMESTAMP(DATE_SUB(@day, INTERVAL @days - 1 DAY), 'America/New_York')
    AND `timestamp` < TIMESTAMP(DATE_ADD(@day, INTERVAL 1 DAY), 'America/New_York')
)
SELECT
  found_on,
  COUNT(*) AS validations,
  COUNTIF(is_error) AS errors,
  COUNTIF(is_critical) AS criticals
FROM found
GROUP BY found_on
ORDER BY found_on DESC
