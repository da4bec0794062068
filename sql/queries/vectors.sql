-- Vectors: the cache of what models made, and the points of the working index that carry them.

-- name: batch
-- The temporary table of new vectors that go into the cache.
CREATE TEMP TABLE IF NOT EXISTS vector_batch (content_hash bytea, vector bytea) ON COMMIT DELETE ROWS

-- name: keep
-- Put the batch into the cache; a vector that another run made meanwhile stays.
-- needs: vectors.batch
INSERT INTO ops.vector (contract, content_hash, vector)
SELECT %(contract)s, content_hash, vector
FROM vector_batch
ON CONFLICT DO NOTHING

-- name: forget
-- Forget the vectors of points that were made anew or removed: their stages have to add them again.
DELETE FROM ops.ledger
WHERE museum = %(museum)s AND stage = ANY(%(vectors)s) AND output = ANY(%(points)s)

-- name: recorded
-- How many points carry what a stage made. A record that fails keeps what an earlier success left in the index.
SELECT count(*)
FROM ops.ledger
WHERE museum = %(museum)s AND stage = %(stage)s AND output IS NOT NULL AND outcome IN ('done', 'failed')

-- name: sample
-- A random sample of the points that the ledger says carry this vector. `vector` is the cached one of the artwork's
-- own image under the contract of its ledger row (which names the index after " in "); NULL for texts, and for a
-- failed record, whose point keeps an earlier image's vector.
WITH sample AS (
    SELECT museum, record_id, input_hash, contract, outcome, output
    FROM ops.ledger
    WHERE museum = %(museum)s AND stage = %(stage)s AND output IS NOT NULL AND outcome IN ('done', 'failed')
    ORDER BY random()
    LIMIT %(limit)s
)
SELECT s.record_id, s.output AS point_id, v.vector
FROM sample AS s
LEFT JOIN ops.input_image AS i
    ON i.museum = s.museum AND i.record_id = s.record_id AND i.input_hash = s.input_hash AND s.outcome = 'done'
LEFT JOIN ops.vector AS v ON v.content_hash = i.content_hash AND v.contract = split_part(s.contract, ' in ', 1)

-- name: use
-- Say of vectors that pruning found unused that they are in use again. One that is being pruned is waited for.
UPDATE ops.vector SET unused_since = NULL
WHERE contract = %(contract)s AND content_hash = ANY(%(contents)s) AND unused_since IS NOT NULL
