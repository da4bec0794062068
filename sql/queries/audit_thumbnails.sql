-- A random sample of stored thumbnails.
SELECT record_id, s3_key, sha256
FROM staging.thumbnail
WHERE museum = %(museum)s
ORDER BY random()
LIMIT %(limit)s
