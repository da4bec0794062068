-- Note that a record could not be fetched; after enough attempts it counts as permanent.
INSERT INTO ops.ledger AS l (museum, stage, record_id, input_hash, contract, outcome, code, message, permanent)
VALUES (%(museum)s, %(stage)s, %(record_id)s, '', '', 'failed', %(code)s, %(message)s, %(permanent)s)
ON CONFLICT (museum, stage, record_id) DO UPDATE
SET code = excluded.code, message = excluded.message, attempts = l.attempts + 1, attempted_at = now(),
    permanent = excluded.permanent OR l.attempts + 1 >= %(max_attempts)s
