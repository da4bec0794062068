-- The slot that has been out of use for longest, so that vacuum had its time.
SELECT s.slot
FROM production.slot AS s
WHERE s.museum = %(museum)s
  AND NOT EXISTS (SELECT FROM pg_locks AS l WHERE l.virtualtransaction = ANY (s.holders))
  AND s.holders IS NOT NULL
  AND NOT EXISTS (SELECT FROM production.release AS r
                  WHERE r.museum = s.museum AND r.slot = s.slot AND r.state IN ('building', 'ready'))
ORDER BY (SELECT max(release_id) FROM production.release AS r WHERE r.museum = s.museum AND r.slot = s.slot) NULLS FIRST
LIMIT 1
