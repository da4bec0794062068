-- Failed records that somebody wants tried again: the next run takes them as it takes any transient failure.
UPDATE ops.ledger SET permanent = false, attempts = 0, next_attempt_at = now()
WHERE museum = %(museum)s AND stage = %(stage)s AND outcome = 'failed' AND record_id = ANY(%(record_ids)s)
