-- Which versions of files need no run. An exhibition file that goes back to what it was before is to be read again, so
-- only its newest outcome counts; presses are facts, so a history file's rows stay loaded whatever came after.
SELECT key, etag
FROM (
    SELECT key, etag, kind, row_number() OVER (PARTITION BY key ORDER BY loaded_at DESC) AS age
    FROM kiosk.file
    WHERE museum = %(museum)s AND key = ANY(%(keys)s)
) AS files
WHERE kind = 'history' OR age = 1
