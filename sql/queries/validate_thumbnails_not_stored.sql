SELECT a.object_number, l.output AS recorded_key
FROM ops.ledger AS l
JOIN staging.artwork AS a ON a.museum = l.museum AND a.record_id = l.record_id
JOIN candidate.artwork AS c ON c.museum = a.museum AND c.object_number = a.object_number
WHERE l.museum = %(museum)s AND l.stage = 'stored_thumbnails' AND l.outcome = 'done'
  AND NOT EXISTS (SELECT FROM candidate.thumbnail AS t WHERE t.museum = a.museum AND t.object_number = a.object_number)
