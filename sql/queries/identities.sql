-- Makers matched to an authority: what was asked and answered, who each maker is, and what people decided.

-- name: answers
-- What an authority answered to these questions.
SELECT digest, answer, answered_at
FROM ops.authority_answer
WHERE authority = %(authority)s AND digest = ANY(%(digests)s)

-- name: answer_batch
-- The temporary table of new answers.
CREATE TEMP TABLE IF NOT EXISTS answer_batch (digest bytea, asked jsonb, answer jsonb) ON COMMIT DELETE ROWS

-- name: keep_answers
-- Keep new answers. What another run was answered first stands.
-- needs: identities.answer_batch
INSERT INTO ops.authority_answer (authority, digest, asked, answer)
SELECT %(authority)s, digest, asked, answer
FROM answer_batch
ORDER BY digest
ON CONFLICT DO NOTHING

-- name: batch
-- The temporary table of identities that go into staging.
CREATE TEMP TABLE IF NOT EXISTS identity_batch (
    museum text,
    maker_key text,
    authority text,
    identity text,
    label text,
    method text,
    score real,
    candidates jsonb,
    contradiction text,
    decided_by bigint,
    answered_at timestamptz
) ON COMMIT DELETE ROWS

-- name: record
-- Record who makers are.
-- needs: identities.batch
INSERT INTO staging.artist_identities AS i
    (museum, maker_key, authority, identity, label, method, score, candidates, contradiction, decided_by, answered_at)
SELECT museum, maker_key, authority, identity, label, method, score, candidates, contradiction, decided_by, answered_at
FROM identity_batch
ON CONFLICT (museum, maker_key) DO UPDATE
SET (authority, identity, label, method, score, candidates, contradiction, decided_by, answered_at) =
    (excluded.authority, excluded.identity, excluded.label, excluded.method, excluded.score, excluded.candidates,
     excluded.contradiction, excluded.decided_by, excluded.answered_at)

-- name: forget
-- Forget who makers are.
DELETE FROM staging.artist_identities
WHERE museum = %(museum)s AND maker_key = ANY(%(keys)s)

-- name: by_method
-- How many of a museum's makers there are by method; those without an identity are questions, or unknown there.
SELECT coalesce(method, CASE WHEN candidates = '[]' THEN 'unknown there' ELSE 'question' END) AS method,
       count(*) AS makers, count(contradiction) AS contradicted
FROM staging.artist_identities
WHERE museum = %(museum)s
GROUP BY 1
ORDER BY 2 DESC, 1

-- name: unexplained
-- Rows that say neither who a maker is nor why not: an identity without method, label or score, or the reverse.
SELECT maker_key, count(*) OVER () AS unexplained
FROM staging.artist_identities
WHERE museum = %(museum)s
  AND (num_nonnulls(authority, identity, label, method, score) NOT IN (0, 5)
       AND NOT (method = 'curated' AND identity IS NULL)
       OR identity IS NULL AND method IS NOT NULL AND decided_by IS NULL)
LIMIT %(limit)s

-- name: largest
-- The artists with the most works over all museums, and how many each museum has.
WITH works AS (
    SELECT m.museum, i.authority, i.identity, min(i.label) AS label, count(DISTINCT m.object_number) AS works
    FROM staging.artist_identities AS i
    JOIN staging.makers AS m USING (museum, maker_key)
    WHERE i.identity IS NOT NULL
    GROUP BY m.museum, i.authority, i.identity
), artists AS (
    SELECT authority, identity, sum(works) AS works
    FROM works
    GROUP BY authority, identity
    ORDER BY works DESC, authority, identity
    LIMIT %(limit)s
)
SELECT w.authority, w.identity, w.museum, w.label, w.works
FROM artists AS a
JOIN works AS w USING (authority, identity)
ORDER BY a.works DESC, authority, identity, w.museum

-- name: questions
-- Makers of these museums whom a person should decide over, those with most works first, with their best candidates.
SELECT i.museum, i.maker_key, m.name, m.years, m.nationality, m.works, i.candidates, i.answered_at,
       count(*) OVER () AS questions
FROM staging.artist_identities AS i
CROSS JOIN LATERAL (
    SELECT min(name) AS name, min(nationality) AS nationality, count(DISTINCT object_number) AS works,
           nullif(concat_ws('–', coalesce(max(birth_year)::text, '?'), coalesce(max(death_year)::text, '?')), '?–?')
               AS years
    FROM staging.makers
    WHERE museum = i.museum AND maker_key = i.maker_key
) AS m
WHERE i.museum = ANY(%(museums)s) AND i.method IS NULL AND i.candidates <> '[]'
ORDER BY m.works DESC, i.museum, i.maker_key
LIMIT %(limit)s

-- name: contradicted
-- Makers whose decisions the data contradicts.
SELECT maker_key, contradiction, count(*) OVER () AS contradicted
FROM staging.artist_identities
WHERE museum = %(museum)s AND contradiction IS NOT NULL
ORDER BY maker_key
LIMIT %(limit)s

-- name: makers
-- Makers by their keys, as the stage's view lists them, with who they are now.
SELECT m.record_id AS maker_key, m.name, m.birth_year, m.death_year, m.nationality, m.links, m.qualifier,
       i.authority, i.identity, i.method, i.candidates
FROM ops.input_artist_identities AS m
LEFT JOIN staging.artist_identities AS i ON i.museum = m.museum AND i.maker_key = m.record_id
WHERE m.museum = ANY(%(museums)s) AND m.record_id = ANY(%(keys)s)

-- name: of_artwork
-- The makers of one artwork, with who each is at an authority and over all museums.
SELECT m.maker_key, m.name, m.role, m.qualifier, m.birth_year, m.death_year, m.nationality,
       i.authority || ':' || i.identity AS matched, i.method, i.score, i.contradiction,
       i.method IS NULL AND i.candidates <> '[]' AS question, j.identity AS joined, j.method AS joined_by
FROM staging.makers AS m
LEFT JOIN staging.artist_identities AS i ON i.museum = m.museum AND i.maker_key = m.maker_key
LEFT JOIN staging.joined_identities AS j ON j.museum = m.museum AND j.maker_key = m.maker_key
WHERE m.museum = %(museum)s AND m.object_number = %(number)s
ORDER BY m.position

-- name: supersede
-- Take back the decisions that a new one stands in place of: those of the same meaning, and those that it denies.
UPDATE ops.correction
SET dropped_at = now(), dropped_by = %(by)s
WHERE dropped_at IS NULL AND museum = %(museum)s AND record_id = %(maker_key)s
  AND (kind = %(kind)s AND field = %(field)s
       OR kind = 'accept' AND %(kind)s = 'refuse' AND (%(field)s = '' OR value = %(value)s)
       OR kind = 'refuse' AND %(kind)s = 'accept'
          AND (field = '' OR value ->> 'identity' = %(value)s::jsonb ->> 'identity')
       OR kind IN ('merge', 'split') AND %(kind)s IN ('merge', 'split') AND field = %(field)s)

-- name: decide
-- Keep a decision over a maker.
INSERT INTO ops.correction (museum, record_id, kind, field, value, replaced, seen, why, until, made_by)
VALUES (%(museum)s, %(maker_key)s, %(kind)s, %(field)s, %(value)s, %(replaced)s, %(seen)s, %(why)s, %(until)s, %(by)s)
RETURNING id

-- name: decisions
-- Decisions over makers, and what came of them: whether the stage has met them, and what the data says against them.
SELECT c.id, c.museum, c.record_id AS maker_key, c.kind, c.field, c.value, c.replaced, c.seen, c.why, c.made_by,
       c.made_at, c.until, c.dropped_at, c.dropped_by, c.until < current_date AS over,
       m.name, m.input_hash IS NOT NULL AS known, l.input_hash = m.input_hash AS met, i.contradiction
FROM ops.correction AS c
LEFT JOIN ops.input_artist_identities AS m ON m.museum = c.museum AND m.record_id = c.record_id
LEFT JOIN ops.ledger AS l ON l.museum = c.museum AND l.stage = %(stage)s AND l.record_id = c.record_id
LEFT JOIN staging.artist_identities AS i ON i.museum = c.museum AND i.maker_key = c.record_id AND i.decided_by = c.id
WHERE c.museum = ANY(%(museums)s) AND c.kind IN ('accept', 'refuse', 'merge', 'split')
  AND (%(dropped)s OR c.dropped_at IS NULL)
ORDER BY c.museum, c.record_id, c.id
