-- A museum's collection over all its stages: the story of one record, and what is left of withdrawn ones.

-- name: find
-- The records that a person may mean by an object number or an internal id, staged ones first.
SELECT record_id, 1 AS preference
FROM staging.artwork
WHERE museum = %(museum)s AND (object_number = %(name)s OR record_id = %(name)s)
UNION
SELECT record_id, 2
FROM raw.record
WHERE museum = %(museum)s AND record_id = %(name)s
UNION
-- A record that could never be fetched is known from its failure alone.
SELECT record_id, 2
FROM ops.ledger
WHERE museum = %(museum)s AND stage = 'raw_metadata' AND record_id = %(name)s
UNION
-- Rejected and duplicate records carry their number only inside the payload (the Rijksmuseum's inside its EDM).
SELECT record_id, 3
FROM raw.record
WHERE museum = %(museum)s
  AND (jsonb_path_exists(payload, '$.* ? (@ == $name)', jsonb_build_object('name', %(name)s::text))
       OR strpos(payload ->> 'edm', '>' || %(name)s::text || '<') > 0)
ORDER BY preference, record_id

-- name: record
-- A stored record, with its artwork where it is one.
SELECT r.museum, r.record_id, a.object_number, a.title, a.text_repairs, r.fetched_at, r.withdrawn_at, r.withdrawn_reason
FROM raw.record AS r
LEFT JOIN staging.artwork AS a USING (museum, record_id)
WHERE r.museum = %(museum)s AND r.record_id = %(record_id)s

-- name: story
-- One record at every stage: its current input, the input last processed, and the outcome. The inputs are those of
-- each stage that has some, as (stage, input_hash).
-- {inputs}: SELECT 'image_clip' AS stage, input_hash FROM ops.input_image
SELECT s.stage, i.input_hash, l.input_hash AS processed_hash, l.contract, l.outcome, l.code, l.message,
       l.permanent, l.attempts, l.attempted_at, l.next_attempt_at, l.output
FROM unnest(%(stages)s::text[]) WITH ORDINALITY AS s (stage, step)
LEFT JOIN ({inputs}) AS i ON i.stage = s.stage
LEFT JOIN ops.ledger AS l ON l.stage = s.stage AND l.museum = %(museum)s AND l.record_id = %(record_id)s
ORDER BY s.step

-- name: withdrawn_remains
-- Records withdrawn longer than the grace period that still have rows in staging or the ledger.
SELECT r.record_id, r.withdrawn_at, r.withdrawn_reason
FROM raw.record AS r
WHERE r.museum = %(museum)s
  AND r.withdrawn_at <= now() - make_interval(
      days => (SELECT value::integer FROM ops.setting WHERE name = 'withdrawal_grace_days'))
  AND (EXISTS (SELECT FROM staging.artwork AS a WHERE a.museum = r.museum AND a.record_id = r.record_id)
       OR EXISTS (SELECT FROM staging.thumbnail AS t WHERE t.museum = r.museum AND t.record_id = r.record_id)
       OR EXISTS (
           SELECT FROM ops.ledger AS l
           WHERE l.museum = r.museum AND l.record_id = r.record_id AND l.stage <> 'raw_metadata'))
