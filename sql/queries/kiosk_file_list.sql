SELECT museum, key, kind, outcome, bytes, rows_read, loaded, duplicate, rejected, last_modified, loaded_at, message, etag
FROM kiosk.file
WHERE museum = %(museum)s
ORDER BY loaded_at DESC, key
LIMIT %(limit)s
