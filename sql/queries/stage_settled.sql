-- How many inputs there are, and whether the ledger holds each of them, settled, and nothing else: then both sides have
-- the same digests, which cancel out. It takes two thirds of the join that finds out what differs.
SELECT count(input) AS inputs, count(*) = 2 * count(input) AND coalesce(bit_xor(digest), 0) = 0 AS settled
FROM (
    SELECT true AS input, ops.pair_digest(record_id, input_hash) AS digest FROM {inputs} WHERE museum = %(museum)s
    UNION ALL
    SELECT NULL,
           CASE WHEN contract = %(contract)s
                 AND (outcome = 'failed' AND (%(retry_failed)s OR NOT permanent AND next_attempt_at <= now())) IS NOT TRUE
                THEN ops.pair_digest(record_id, input_hash) END
    FROM ops.ledger WHERE museum = %(museum)s AND stage = %(stage)s
) AS either
