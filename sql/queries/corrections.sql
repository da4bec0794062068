-- What curators correct: fields of artworks, works that are excluded, and which of two duplicates wins.

-- name: named
-- Records by what a person calls them: the object number of a staged artwork, else the id of a stored record. With the
-- outcome of the last transform, and the corrections that stand.
SELECT n.name, r.museum, r.record_id, r.payload, l.outcome, l.output,
       coalesce((
           SELECT jsonb_agg(jsonb_build_object(
               'id', c.id, 'kind', c.kind, 'field', c.field, 'value', c.value, 'until', c.until))
           FROM ops.correction AS c
           WHERE c.museum = r.museum AND c.record_id = r.record_id AND c.dropped_at IS NULL), '[]') AS standing
FROM unnest(%(names)s::text[]) AS n (name)
LEFT JOIN staging.artwork AS a ON a.museum = %(museum)s AND a.object_number = n.name
JOIN raw.record AS r ON r.museum = %(museum)s AND r.record_id = coalesce(a.record_id, n.name)
LEFT JOIN ops.ledger AS l ON l.museum = %(museum)s AND l.stage = %(stage)s AND l.record_id = r.record_id

-- name: losers
-- The records that are duplicates of these.
SELECT record_id, output
FROM ops.ledger
WHERE museum = %(museum)s AND stage = %(stage)s AND outcome = 'duplicate' AND output = ANY(%(winners)s)
ORDER BY record_id

-- name: terms
-- The terms that people mapped for a museum, and whether the last day of each has passed.
SELECT id, field, value, until, until < current_date AS over
FROM ops.correction
WHERE museum = %(museum)s AND kind = 'term' AND dropped_at IS NULL

-- name: supersede
-- Take back the corrections that new ones stand in place of. One that made another record win over this one goes too.
UPDATE ops.correction AS c
SET dropped_at = now(), dropped_by = %(by)s
FROM jsonb_to_recordset(%(rows)s) AS n (museum text, record_id text, kind text, field text, value jsonb)
WHERE c.dropped_at IS NULL AND c.museum = n.museum AND c.kind = n.kind AND c.field = n.field
  AND (c.record_id = n.record_id OR n.kind = 'wins' AND c.record_id = n.value #>> '{}')

-- name: make
-- Make corrections.
INSERT INTO ops.correction (museum, record_id, kind, field, value, replaced, seen, why, until, made_by)
SELECT museum, record_id, kind, field, value, replaced, replaced, why, until, %(by)s
FROM jsonb_to_recordset(%(rows)s) AS n (
    museum text, record_id text, kind text, field text, value jsonb, replaced jsonb, why text, until date)
RETURNING id, museum, record_id, kind, field

-- name: drop
-- Take corrections back, or decisions over makers.
UPDATE ops.correction
SET dropped_at = now(), dropped_by = %(by)s
WHERE id = ANY(%(ids)s) AND dropped_at IS NULL AND kind = ANY(%(kinds)s)
RETURNING id, museum, record_id, kind, field

-- name: list
-- Corrections with the record as the museum sends it now, its artwork, and whether the transform has met them: its
-- ledger holds the fingerprint that the record's input has. Those that were dropped on request only.
SELECT c.id, c.museum, c.record_id, a.object_number, c.kind, c.field, c.value, c.replaced, c.seen, c.why, c.made_by,
       c.made_at, c.until, c.dropped_at, c.dropped_by, c.until < current_date AS over,
       r.payload, r.withdrawn_at, l.outcome, l.code, l.message, l.input_hash = i.input_hash AS met
FROM ops.correction AS c
LEFT JOIN raw.record AS r ON r.museum = c.museum AND r.record_id = c.record_id
LEFT JOIN staging.artwork AS a ON a.museum = c.museum AND a.record_id = c.record_id
LEFT JOIN ops.input_transformed_artworks AS i ON i.museum = c.museum AND i.record_id = c.record_id
LEFT JOIN ops.ledger AS l ON l.museum = c.museum AND l.stage = %(stage)s AND l.record_id = c.record_id
WHERE c.museum = ANY(%(museums)s) AND (%(dropped)s OR c.dropped_at IS NULL)
  AND c.kind IN ('field', 'exclude', 'wins', 'term')
  AND (%(record_id)s::text IS NULL OR c.record_id = %(record_id)s)
  AND (%(ids)s::bigint[] IS NULL OR c.id = ANY(%(ids)s))
ORDER BY c.museum, c.record_id, c.id

-- name: applied
-- How many corrections there are in what the transform made last of a museum's records.
SELECT count(*)
FROM ops.correction AS c
JOIN ops.input_transformed_artworks AS i USING (museum, record_id)
JOIN ops.ledger AS l ON l.museum = c.museum AND l.stage = %(stage)s AND l.record_id = c.record_id
    AND l.input_hash = i.input_hash
WHERE c.museum = %(museum)s AND c.dropped_at IS NULL AND (c.until IS NULL OR c.until >= current_date)
  AND (l.outcome = 'done' OR c.kind = 'exclude')
