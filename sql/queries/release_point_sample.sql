-- A sample that nobody can foresee: digests are as good as random, and so is where it begins. An object number has more
-- than one digest in a release that was forced over duplicates.
SELECT object_number, array_agg(DISTINCT digest) AS digests
FROM production.index_status_release
WHERE museum = %(museum)s AND slot = %(slot)s AND object_number IN (
    SELECT object_number FROM production.index_status_release
    WHERE museum = %(museum)s AND slot = %(slot)s
    ORDER BY digest < %(start)s, digest
    LIMIT %(limit)s)
GROUP BY object_number
