-- A sample that nobody can foresee: digests are as good as random, and so is where it begins.
SELECT object_number, object_key, bytes
FROM production.thumbnail_release
WHERE museum = %(museum)s AND slot = %(slot)s
ORDER BY sha256 < %(start)s, sha256
LIMIT %(limit)s
