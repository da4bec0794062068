-- A random sample of the points that the ledger says carry this vector.
SELECT record_id, output AS point_id
FROM ops.ledger
WHERE museum = %(museum)s AND stage = %(stage)s AND outcome = 'done'
ORDER BY random()
LIMIT %(limit)s
