-- The loop of every stage: what is due, what came of it, and what has to be removed.

-- name: work
-- The work list: current inputs whose fingerprint differs from the one last processed, and failures that are due. A
-- failure noted in the future was noted before the clock went back, and its time may never come: it is due.
-- {inputs}: ops.input_transformed_artworks
SELECT l.attempts,
       (l.input_hash, l.contract) IS NOT DISTINCT FROM (i.input_hash, %(contract)s) AND l.outcome = 'failed' AS retry,
       l.output, i.*
FROM {inputs} AS i
LEFT JOIN ops.ledger AS l ON l.museum = %(museum)s AND l.stage = %(stage)s AND l.record_id = i.record_id
WHERE i.museum = %(museum)s
  AND (%(force)s
       OR l.record_id IS NULL
       OR (l.input_hash, l.contract) IS DISTINCT FROM (i.input_hash, %(contract)s)
       OR l.outcome = 'failed'
          AND (%(retry_failed)s OR NOT l.permanent AND (l.next_attempt_at <= now() OR l.attempted_at > now())))
LIMIT %(limit)s

-- name: due
-- One pass over inputs and ledger: how many inputs there are, how many are due, how many ledger rows lost their input.
-- {inputs}: ops.input_transformed_artworks
SELECT count(i.record_id) AS inputs,
       count(i.record_id) FILTER (
           WHERE %(force)s
              OR l.record_id IS NULL
              OR (l.input_hash, l.contract) IS DISTINCT FROM (i.input_hash, %(contract)s)
              OR l.outcome = 'failed'
                 AND (%(retry_failed)s OR NOT l.permanent AND (l.next_attempt_at <= now() OR l.attempted_at > now()))
       ) AS due,
       count(*) FILTER (WHERE i.record_id IS NULL) AS leftovers
FROM (SELECT record_id, input_hash FROM {inputs} WHERE museum = %(museum)s) AS i
FULL JOIN (
    SELECT record_id, input_hash, contract, outcome, permanent, attempted_at, next_attempt_at
    FROM ops.ledger
    WHERE museum = %(museum)s AND stage = %(stage)s
) AS l ON l.record_id = i.record_id

-- name: settled
-- How many inputs there are, and whether the ledger holds each of them, settled, and nothing else. Then inputs and
-- ledger have the same digests, which cancel out. It takes two thirds of the join that counts what is due.
-- {inputs}: ops.input_transformed_artworks
SELECT count(input) AS inputs, count(*) = 2 * count(input) AND coalesce(bit_xor(digest), 0) = 0 AS settled
FROM (
    SELECT true AS input, ops.pair_digest(record_id, input_hash) AS digest
    FROM {inputs}
    WHERE museum = %(museum)s
    UNION ALL
    SELECT NULL,
           CASE WHEN contract = %(contract)s
                 AND (outcome = 'failed'
                      AND (%(retry_failed)s OR NOT permanent
                           AND (next_attempt_at <= now() OR attempted_at > now()))) IS NOT TRUE
                THEN ops.pair_digest(record_id, input_hash) END
    FROM ops.ledger
    WHERE museum = %(museum)s AND stage = %(stage)s
) AS either

-- name: leftovers
-- Ledger rows whose input is gone.
-- {inputs}: ops.input_transformed_artworks
SELECT l.record_id, l.output
FROM ops.ledger AS l
WHERE l.museum = %(museum)s AND l.stage = %(stage)s
  AND NOT EXISTS (SELECT FROM {inputs} AS i WHERE i.museum = %(museum)s AND i.record_id = l.record_id)
LIMIT %(limit)s

-- name: batch
-- The temporary table of outcomes that go over the ledger's rows.
CREATE TEMP TABLE IF NOT EXISTS ledger_batch (
    record_id text,
    input_hash bytea,
    outcome text,
    code text,
    message text,
    permanent boolean,
    attempts integer,
    next_attempt_at timestamptz,
    output text,
    output_hash bytea
) ON COMMIT DELETE ROWS

-- name: record
-- Move the batch into the ledger. A failed attempt wrote nothing: what an earlier one wrote may be there still.
-- needs: loop.batch
INSERT INTO ops.ledger AS l (museum, stage, record_id, input_hash, contract, outcome, code, message, permanent,
                             attempts, next_attempt_at, output, output_hash)
SELECT %(museum)s, %(stage)s, record_id, input_hash, %(contract)s, outcome, code, message, permanent,
       attempts, next_attempt_at, output, output_hash
FROM ledger_batch
ON CONFLICT (museum, stage, record_id) DO UPDATE
SET (input_hash, contract, outcome, code, message, permanent, attempts, attempted_at, next_attempt_at, output,
     output_hash) =
    (excluded.input_hash, excluded.contract, excluded.outcome, excluded.code, excluded.message, excluded.permanent,
     excluded.attempts, now(), excluded.next_attempt_at, excluded.output,
     CASE WHEN excluded.outcome = 'failed' THEN l.output_hash ELSE excluded.output_hash END)

-- name: output_hashes
-- What the rows of these records hash to.
-- {outputs}: ops.output_stored_thumbnails
SELECT record_id, output_hash
FROM {outputs}
WHERE museum = %(museum)s AND record_id = ANY(%(record_ids)s)

-- name: altered
-- Rows that are not as their ledger says they were written: altered, or gone. The first few, and how many there are.
-- {outputs}: ops.output_transformed_artworks
SELECT l.record_id, o.record_id IS NULL AS gone, count(*) OVER () AS altered
FROM ops.ledger AS l
LEFT JOIN {outputs} AS o ON o.museum = %(museum)s AND o.record_id = l.record_id
WHERE l.museum = %(museum)s AND l.stage = %(stage)s AND l.output_hash IS NOT NULL
  AND (o.output_hash <> l.output_hash OR o.record_id IS NULL AND l.outcome = 'done')
LIMIT %(limit)s

-- name: hashed
-- Whether the ledger of a stage says of any row what was written.
SELECT EXISTS (SELECT FROM ops.ledger WHERE museum = %(museum)s AND stage = %(stage)s AND output_hash IS NOT NULL)

-- name: forget
-- Drop the rows of these records, so that they count as never processed.
DELETE FROM ops.ledger
WHERE museum = %(museum)s AND stage = %(stage)s AND record_id = ANY(%(record_ids)s)

-- name: make_due
-- Make failed records due: the next run takes them as it takes any transient failure.
UPDATE ops.ledger
SET permanent = false, attempts = 0, next_attempt_at = now()
WHERE museum = %(museum)s AND stage = %(stage)s AND outcome = 'failed' AND record_id = ANY(%(record_ids)s)

-- name: books
-- The books of one stage: every input in exactly one column; `made` counts the outputs that the ledger records.
-- {inputs}: ops.input_transformed_artworks
SELECT count(i.record_id) AS inputs,
       count(*) FILTER (WHERE current AND outcome = 'done') AS done,
       count(*) FILTER (WHERE current AND outcome = 'rejected') AS rejected,
       count(*) FILTER (WHERE current AND outcome = 'duplicate') AS duplicate,
       count(*) FILTER (WHERE current AND outcome = 'failed' AND permanent) AS failed,
       count(*) FILTER (WHERE current AND outcome = 'failed' AND NOT permanent) AS retrying,
       count(i.record_id) FILTER (WHERE NOT coalesce(current, false)) AS pending,
       count(*) FILTER (WHERE i.record_id IS NULL) AS leftover,
       count(*) FILTER (WHERE outcome = 'done') AS made
FROM (SELECT record_id, input_hash FROM {inputs} WHERE museum = %(museum)s) AS i
FULL JOIN (
    SELECT record_id, input_hash, contract, outcome, permanent
    FROM ops.ledger
    WHERE museum = %(museum)s AND stage = %(stage)s
) AS l USING (record_id)
CROSS JOIN LATERAL (
    SELECT l.input_hash = i.input_hash AND (%(contract)s::text IS NULL OR l.contract = %(contract)s) AS current
) AS c

-- name: codes
-- Rejections, duplicates and failures of one museum by stage and code, with an example.
SELECT stage, outcome, code, permanent, count(*) AS records, min(record_id) AS example,
       (array_agg(message ORDER BY record_id))[1] AS message
FROM ops.ledger
WHERE museum = %(museum)s AND outcome <> 'done' AND (%(stage)s::text IS NULL OR stage = %(stage)s)
GROUP BY stage, outcome, code, permanent
ORDER BY stage, records DESC

-- name: abandon
-- Note outputs that their record no longer stands for.
INSERT INTO ops.abandoned_output (museum, stage, output)
SELECT %(museum)s, %(stage)s, unnest(%(outputs)s::text[])
ON CONFLICT DO NOTHING

-- name: abandoned
-- The next abandoned outputs, and whether a record stands for them again.
SELECT a.output,
       a.output IN (
           SELECT l.output
           FROM ops.ledger AS l
           WHERE l.museum = %(museum)s AND l.stage = %(stage)s AND l.output IS NOT NULL) AS owned
FROM ops.abandoned_output AS a
WHERE a.museum = %(museum)s AND a.stage = %(stage)s
LIMIT %(limit)s

-- name: kept_by_failures
-- How many outputs failed records keep from an earlier success.
SELECT count(*)
FROM ops.ledger
WHERE museum = %(museum)s AND stage = %(stage)s AND outcome = 'failed' AND output IS NOT NULL
