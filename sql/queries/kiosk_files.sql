-- The files of visitor kiosks: the versions that were read, their outcomes, and the dead letters of their rows.

-- name: known
-- The versions of these files that need no run. An exhibition file that goes back to an earlier version is read again,
-- so only its newest outcome counts. The rows of a history file stay loaded, so every version of it counts; one that a
-- person accepted is yet to be loaded.
SELECT key, etag
FROM (
    SELECT key, etag, kind, outcome, row_number() OVER (PARTITION BY key ORDER BY loaded_at DESC) AS age
    FROM kiosk.file
    WHERE museum = %(museum)s AND key = ANY(%(keys)s)
) AS files
WHERE (kind = 'history' OR age = 1) AND outcome <> 'accepted'

-- name: newest
-- The newest outcome of every exhibition file.
SELECT DISTINCT ON (key) key, etag, outcome
FROM kiosk.file
WHERE museum = %(museum)s AND kind = 'exhibition'
ORDER BY key, loaded_at DESC

-- name: versions
-- Every version of a history file that has an outcome; one that a person accepted is yet to be loaded.
SELECT key, etag
FROM kiosk.file
WHERE museum = %(museum)s AND kind = 'history' AND outcome <> 'accepted'

-- name: decided
-- The versions of history files that are loaded, accepted by a person or taken back.
SELECT key, etag, outcome
FROM kiosk.file
WHERE museum = %(museum)s AND kind = 'history' AND outcome IN ('loaded', 'accepted', 'unloaded')

-- name: accept
-- Accept a version that was held or taken back: the next load loads it.
UPDATE kiosk.file
SET outcome = 'accepted', message = 'the next load loads it'
WHERE museum = %(museum)s AND key = %(key)s AND etag = %(etag)s AND outcome IN ('held', 'unloaded')

-- name: by_content
-- The versions of history files with this content.
SELECT key, etag, outcome, message, rows_read, loaded, duplicate, rejected
FROM kiosk.file
WHERE museum = %(museum)s AND kind = 'history' AND sha256 = decode(%(sha256)s, 'hex')

-- name: other_loaded
-- The versions of history files that loaded rows, besides one.
SELECT key, etag, duplicate
FROM kiosk.file
WHERE museum = %(museum)s AND kind = 'history' AND outcome = 'loaded' AND loaded + duplicate > 0
  AND (key, etag) <> (%(key)s, %(etag)s)
ORDER BY loaded_at, key

-- name: unload
-- Record that what a version loaded was taken back.
UPDATE kiosk.file
SET outcome = 'unloaded', message = %(message)s, rows_read = 0, loaded = 0, duplicate = 0, rejected = 0
WHERE museum = %(museum)s AND key = %(key)s AND etag = %(etag)s

-- name: take_over
-- Count presses as loaded by a file that counted them as duplicates: the file that loaded them was taken back.
UPDATE kiosk.file
SET loaded = loaded + %(presses)s, duplicate = duplicate - %(presses)s
WHERE museum = %(museum)s AND key = %(key)s AND etag = %(etag)s

-- name: close_letters
-- Close the open letters of a version that was taken back.
UPDATE ops.dead_letter
SET state = 'closed', settled_at = now(), settled_by = %(by)s, note = 'what the file loaded was taken back'
WHERE source = 'kiosk_file' AND museum = %(museum)s AND state = 'open'
  AND context ->> 'file' = %(key)s AND context ->> 'etag' = %(etag)s

-- name: same_content
-- Those of these digests that a history file has which is loaded or was taken back, with the key of that file.
SELECT encode(sha256, 'hex') AS sha256, min(key) AS key
FROM kiosk.file
WHERE museum = %(museum)s AND kind = 'history' AND outcome IN ('loaded', 'unloaded') AND sha256 = ANY(%(digests)s)
GROUP BY 1

-- name: record
-- Store the outcome of a file version. An exhibition file that went back to an earlier version replaces that row.
INSERT INTO kiosk.file (museum, key, etag, kind, bytes, last_modified, sha256, outcome, message, rows_read, loaded,
                        duplicate, rejected, loaded_at)
VALUES (%(museum)s, %(key)s, %(etag)s, %(kind)s, %(bytes)s, %(last_modified)s, decode(%(sha256)s, 'hex'), %(outcome)s,
        %(message)s, %(rows_read)s, %(loaded)s, %(duplicate)s, %(rejected)s, clock_timestamp())
ON CONFLICT (museum, key, etag) DO UPDATE
SET last_modified = excluded.last_modified, outcome = excluded.outcome, message = excluded.message,
    rows_read = excluded.rows_read, loaded = excluded.loaded, duplicate = excluded.duplicate,
    rejected = excluded.rejected, loaded_at = excluded.loaded_at

-- name: replayed
-- Move replayed rows in the books from rejected to loaded or duplicate.
UPDATE kiosk.file
SET rejected = rejected - %(loaded)s - %(duplicate)s, loaded = loaded + %(loaded)s,
    duplicate = duplicate + %(duplicate)s, outcome = 'loaded'
WHERE museum = %(museum)s AND key = %(key)s AND etag = %(etag)s

-- name: list
-- File versions with their outcomes, the latest first.
SELECT museum, key, kind, outcome, bytes, rows_read, loaded, duplicate, rejected, last_modified, loaded_at, message,
       etag
FROM kiosk.file
WHERE museum = %(museum)s
ORDER BY loaded_at DESC, key
LIMIT %(limit)s

-- name: counts
-- The number of file versions by kind and outcome, with the books of their rows.
SELECT kind, outcome, count(*) AS files, sum(rows_read)::bigint AS rows_read, sum(loaded)::bigint AS loaded,
       sum(duplicate)::bigint AS duplicate, sum(rejected)::bigint AS rejected
FROM kiosk.file
WHERE museum = %(museum)s
GROUP BY kind, outcome
ORDER BY kind, outcome

-- name: rows_read
-- The number of rows in a museum's files.
SELECT coalesce(sum(rows_read), 0)
FROM kiosk.file
WHERE museum = %(museum)s

-- name: close_replaced_letters
-- Close the letters of replaced versions: the rows that the new version repeats have letters of their own. A press that
-- waits only for its exhibition goes on waiting.
UPDATE ops.dead_letter AS l
SET state = 'closed', settled_at = now(), settled_by = 'visitor_feedback',
    note = 'the file was replaced by version ' || n.etag
FROM unnest(%(keys)s::text[], %(etags)s::text[]) AS n (key, etag)
WHERE l.source = 'kiosk_file' AND l.museum = %(museum)s AND l.state = 'open'
  AND l.context ->> 'file' = n.key AND l.context ->> 'etag' <> n.etag
  AND l.reasons <> ARRAY['unknown_site']

-- name: settle_accepted_letters
-- Settle the letters of whole files that are loaded now: of exhibition files whose code another file had, and of
-- history files that were held.
UPDATE ops.dead_letter
SET state = 'replayed', settled_at = now(), settled_by = 'visitor_feedback'
WHERE source = 'kiosk_file' AND museum = %(museum)s AND state = 'open' AND place = ANY(%(places)s)

-- name: waiting_sites
-- Sites that have an exhibition, and still have presses waiting for one.
SELECT DISTINCT l.source, e.site
FROM ops.dead_letter AS l
JOIN kiosk.exhibition AS e ON e.museum = l.museum AND l.context @> jsonb_build_object('site', e.site)
WHERE l.museum = %(museum)s AND l.state = 'open' AND l.source = ANY(%(sources)s) AND 'unknown_site' = ANY(l.reasons)
ORDER BY l.source, e.site
