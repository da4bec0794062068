-- Ledger rows whose input is gone.
SELECT l.record_id, l.output
FROM ops.ledger l
WHERE l.museum = %(museum)s AND l.stage = %(stage)s
  AND NOT EXISTS (SELECT FROM {inputs} i WHERE i.museum = %(museum)s AND i.record_id = l.record_id)
LIMIT %(limit)s
