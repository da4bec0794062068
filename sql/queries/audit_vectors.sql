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
FROM sample s
LEFT JOIN ops.input_image i ON i.museum = s.museum AND i.record_id = s.record_id AND i.input_hash = s.input_hash
                           AND s.outcome = 'done'
LEFT JOIN ops.vector v ON v.content_hash = i.content_hash AND v.contract = split_part(s.contract, ' in ', 1)
