-- One pass over inputs and ledger: how many inputs there are, how many are due, how many ledger rows lost their input.
SELECT count(i.record_id) AS inputs,
       count(i.record_id) FILTER (
           WHERE %(force)s
              OR l.record_id IS NULL
              OR (l.input_hash, l.contract) IS DISTINCT FROM (i.input_hash, %(contract)s)
              OR l.outcome = 'failed' AND (%(retry_failed)s OR NOT l.permanent AND l.next_attempt_at <= now())
       ) AS due,
       count(*) FILTER (WHERE i.record_id IS NULL) AS leftovers
FROM (SELECT record_id, input_hash FROM {inputs} WHERE museum = %(museum)s) i
FULL JOIN (
    SELECT record_id, input_hash, contract, outcome, permanent, next_attempt_at
    FROM ops.ledger WHERE museum = %(museum)s AND stage = %(stage)s
) l ON l.record_id = i.record_id
