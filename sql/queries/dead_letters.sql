-- Dead letters: what the platform refused, kept until a replay or a person settles it.

-- name: filter
-- The condition that stands for `{filter}` in the blocks below: a letter matches every parameter that is not NULL.
-- fragment
(%(source)s::text IS NULL OR source = %(source)s)
AND (%(museum)s::text IS NULL OR museum = %(museum)s)
AND (%(reason)s::text IS NULL OR reasons @> ARRAY[%(reason)s::text])
AND (%(ids)s::bigint[] IS NULL OR id = ANY(%(ids)s))
AND (%(state)s::text IS NULL OR state = %(state)s)
AND context @> %(context)s

-- name: list
-- Letters without their bodies, newest first. `key` is the document's key in the bucket, which people know it by.
-- {filter}: block dead_letters.filter
SELECT id, source, museum, place, context ->> 'key' AS key, reasons, message, octet_length(body) AS bytes, state,
       arrived_at, replays, settled_at, settled_by, note
FROM ops.dead_letter
WHERE {filter}
ORDER BY id DESC
LIMIT %(limit)s

-- name: count
-- How many letters match.
-- {filter}: block dead_letters.filter
SELECT count(*)
FROM ops.dead_letter
WHERE {filter}

-- name: reasons
-- How many letters have each reason, the most frequent first, with the place of one of them.
-- {filter}: block dead_letters.filter
SELECT reason, count(*) AS letters, min(coalesce(context ->> 'key', place)) AS example
FROM ops.dead_letter, unnest(reasons) AS reason
WHERE {filter}
GROUP BY reason
ORDER BY letters DESC, reason

-- name: close
-- Close the matching open letters, with who closed them and why.
-- {filter}: block dead_letters.filter
UPDATE ops.dead_letter
SET state = 'closed', settled_at = now(), settled_by = %(by)s, note = %(note)s
WHERE {filter} AND state = 'open'

-- name: page
-- The ids of the next page after an id, within a bound of letters and one of bytes. The first letter always fits: a
-- body larger than the bound is a page by itself.
-- {filter}: block dead_letters.filter
SELECT id
FROM (
    SELECT id, sum(octet_length(body)) OVER (ORDER BY id) - octet_length(body) AS bytes_before
    FROM (
        SELECT id, body
        FROM ops.dead_letter
        WHERE {filter} AND id > %(after)s
        ORDER BY id
        LIMIT %(limit)s
    ) AS next
) AS measured
WHERE bytes_before < %(bytes)s
ORDER BY id

-- name: read
-- Whole letters by id.
SELECT id, source, museum, place, reasons, message, body, context, state, arrived_at, replays, settled_at, settled_by,
       note
FROM ops.dead_letter
WHERE id = ANY(%(ids)s)
ORDER BY id

-- name: take
-- Open letters by id, locked until the transaction ends. Two replays at a time never take the same letter.
SELECT id, source, museum, place, reasons, message, body, context, state, arrived_at, replays, settled_at, settled_by,
       note
FROM ops.dead_letter
WHERE id = ANY(%(ids)s) AND state = 'open'
ORDER BY id
FOR UPDATE SKIP LOCKED

-- name: batch
-- A temporary table of the letters to be written, in the order in which they came.
CREATE TEMP TABLE IF NOT EXISTS dead_letter_batch (
    position integer GENERATED ALWAYS AS IDENTITY,
    source text,
    museum text,
    place text,
    reasons text[],
    message text,
    body bytea,
    context jsonb
) ON COMMIT DELETE ROWS

-- name: write
-- Write the batch. A letter with the same bytes and reasons as before is not opened again.
-- needs: dead_letters.batch
INSERT INTO ops.dead_letter AS l (source, museum, place, reasons, message, body, context)
SELECT source, museum, place, reasons, message, body, context
FROM (
    SELECT DISTINCT ON (source, museum, place) *
    FROM dead_letter_batch
    ORDER BY source, museum, place, position DESC
) AS last
ORDER BY position
ON CONFLICT (source, museum, place) DO UPDATE
SET reasons = excluded.reasons, message = excluded.message, body = excluded.body, context = excluded.context,
    state = 'open', arrived_at = now(), replays = 0, settled_at = NULL, settled_by = NULL, note = NULL
WHERE (l.body, l.reasons) IS DISTINCT FROM (excluded.body, excluded.reasons)

-- name: settle
-- Settle open letters by id.
UPDATE ops.dead_letter
SET state = %(state)s, settled_at = now(), settled_by = %(by)s, note = %(note)s
WHERE id = ANY(%(ids)s) AND state = 'open'

-- name: refused_batch
-- A temporary table of the letters whose replay was refused, with today's reasons.
CREATE TEMP TABLE IF NOT EXISTS dead_letter_refused (id bigint, reasons text[], message text) ON COMMIT DELETE ROWS

-- name: refuse_again
-- Count one more replay of the refused letters, and store today's reasons.
-- needs: dead_letters.refused_batch
UPDATE ops.dead_letter AS l
SET replays = l.replays + 1, reasons = r.reasons, message = r.message
FROM dead_letter_refused AS r
WHERE l.id = r.id AND l.state = 'open'

-- name: any_open
-- Whether a source has any open letter of a museum.
SELECT EXISTS (
    SELECT FROM ops.dead_letter
    WHERE source = %(source)s AND museum = %(museum)s AND state = 'open'
)

-- name: open_at
-- The open letters of a source and museum that came from these places.
SELECT id
FROM ops.dead_letter
WHERE source = %(source)s AND museum = %(museum)s AND state = 'open' AND place = ANY(%(places)s)

-- name: forget_outlived
-- Delete the letters of records that went through since, or were gone for a time, and now fail again: they get new
-- ones. Only a letter that a person closed stays closed.
DELETE FROM ops.dead_letter
WHERE source = %(source)s AND museum = %(museum)s AND place = ANY(%(places)s)
  AND (state = 'replayed' OR state = 'closed' AND settled_by = %(source)s)
