-- A sample that nobody can foresee: digests are as good as random, and so is where it begins.
SELECT object_number, digest, vectors
FROM production.index_status_release
WHERE museum = %(museum)s AND slot = %(slot)s
ORDER BY digest < %(start)s, digest
LIMIT %(limit)s
