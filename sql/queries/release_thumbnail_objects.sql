-- Every thumbnail of a release, each object once.
SELECT DISTINCT ON (object_key) object_key, sha256, bytes, object_number
FROM production.thumbnail_release
WHERE museum = %(museum)s AND slot = %(slot)s
ORDER BY object_key
