-- Move a batch from the temporary table into the ledger.
INSERT INTO ops.ledger AS l (museum, stage, record_id, input_hash, contract, outcome, code, message, permanent,
                             attempts, next_attempt_at, output)
SELECT %(museum)s, %(stage)s, record_id, input_hash, %(contract)s, outcome, code, message, permanent,
       attempts, next_attempt_at, output
FROM ledger_batch
ON CONFLICT (museum, stage, record_id) DO UPDATE
SET (input_hash, contract, outcome, code, message, permanent, attempts, attempted_at, next_attempt_at, output) =
    (excluded.input_hash, excluded.contract, excluded.outcome, excluded.code, excluded.message, excluded.permanent,
     excluded.attempts, now(), excluded.next_attempt_at, excluded.output)
