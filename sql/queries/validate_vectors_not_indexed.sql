-- pg_temp.there holds vector and point of what the working index has.
SELECT a.object_number, l.stage AS vector, l.output AS point
FROM candidate.index_status AS s
JOIN staging.artwork AS a ON a.museum = s.museum AND a.object_number = s.object_number
JOIN ops.ledger AS l ON l.museum = a.museum AND l.record_id = a.record_id AND l.stage = ANY (s.vectors) AND l.outcome = 'done'
WHERE s.museum = %(museum)s
  AND NOT EXISTS (SELECT FROM pg_temp.there AS o WHERE o.vector = l.stage AND o.key = l.output)
