-- Which of these outputs belong to a record outside the given ones: they must not be removed.
SELECT DISTINCT output
FROM ops.ledger
WHERE museum = %(museum)s AND stage = %(stage)s AND output = ANY(%(outputs)s) AND record_id <> ALL(%(record_ids)s)
