-- The next abandoned outputs, and whether a record stands for them again.
SELECT a.output,
       a.output IN (SELECT l.output FROM ops.ledger l
                    WHERE l.museum = %(museum)s AND l.stage = %(stage)s AND l.output IS NOT NULL) AS owned
FROM ops.abandoned_output a
WHERE a.museum = %(museum)s AND a.stage = %(stage)s
LIMIT %(limit)s
