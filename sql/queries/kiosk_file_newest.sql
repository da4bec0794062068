-- The newest outcome of every exhibition file.
SELECT DISTINCT ON (key) key, etag, outcome
FROM kiosk.file
WHERE museum = %(museum)s AND kind = 'exhibition'
ORDER BY key, loaded_at DESC
