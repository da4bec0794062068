-- Rejections, duplicates and failures of one museum by stage and code, with an example.
SELECT stage, outcome, code, permanent, count(*) AS records, min(record_id) AS example,
       (array_agg(message ORDER BY record_id))[1] AS message
FROM ops.ledger
WHERE museum = %(museum)s AND outcome <> 'done' AND (%(stage)s::text IS NULL OR stage = %(stage)s)
GROUP BY stage, outcome, code, permanent
ORDER BY stage, records DESC
