-- The books of one stage: every input is in exactly one column, and what the ledger calls made is really there.
SELECT count(i.record_id) AS inputs,
       count(*) FILTER (WHERE current AND outcome = 'done') AS done,
       count(*) FILTER (WHERE current AND outcome = 'rejected') AS rejected,
       count(*) FILTER (WHERE current AND outcome = 'duplicate') AS duplicate,
       count(*) FILTER (WHERE current AND outcome = 'failed' AND permanent) AS failed,
       count(*) FILTER (WHERE current AND outcome = 'failed' AND NOT permanent) AS retrying,
       count(i.record_id) FILTER (WHERE NOT coalesce(current, false)) AS pending,
       count(*) FILTER (WHERE i.record_id IS NULL) AS leftover,
       count(*) FILTER (WHERE outcome = 'done') AS made
FROM (SELECT record_id, input_hash FROM {inputs} WHERE museum = %(museum)s) i
FULL JOIN (SELECT record_id, input_hash, contract, outcome, permanent FROM ops.ledger
           WHERE museum = %(museum)s AND stage = %(stage)s) l USING (record_id)
CROSS JOIN LATERAL (
    SELECT l.input_hash = i.input_hash AND (%(contract)s::text IS NULL OR l.contract = %(contract)s) AS current) c
