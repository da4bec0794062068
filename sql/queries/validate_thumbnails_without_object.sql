-- pg_temp.there holds the keys of the bucket.
SELECT t.object_number, t.source_key
FROM candidate.thumbnail AS t
WHERE t.museum = %(museum)s AND NOT EXISTS (SELECT FROM pg_temp.there AS o WHERE o.key = t.source_key)
