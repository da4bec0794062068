-- The work list: current inputs whose fingerprint differs from the one last processed, and failures that are due.
SELECT l.attempts,
       (l.input_hash, l.contract) IS NOT DISTINCT FROM (i.input_hash, %(contract)s) AND l.outcome = 'failed' AS retry,
       l.output, i.*
FROM {inputs} i
LEFT JOIN ops.ledger l
    ON l.museum = %(museum)s AND l.stage = %(stage)s AND l.record_id = i.record_id
WHERE i.museum = %(museum)s
  AND (%(force)s
       OR l.record_id IS NULL
       OR (l.input_hash, l.contract) IS DISTINCT FROM (i.input_hash, %(contract)s)
       OR l.outcome = 'failed' AND (%(retry_failed)s OR NOT l.permanent AND l.next_attempt_at <= now()))
LIMIT %(limit)s
