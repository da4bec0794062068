-- The ledger that every stage works from, and what the stages keep beside it.

CREATE TABLE ops.ledger (
    museum text NOT NULL,
    stage text NOT NULL,
    record_id text NOT NULL,
    input_hash bytea NOT NULL,
    contract text NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('done', 'rejected', 'duplicate', 'failed')),
    code text,
    message text,
    permanent boolean NOT NULL DEFAULT false,
    attempts integer NOT NULL DEFAULT 1,
    attempted_at timestamptz NOT NULL DEFAULT now(),
    next_attempt_at timestamptz,
    output text,
    PRIMARY KEY (museum, stage, record_id),
    CHECK ((outcome = 'done') = (code IS NULL))
) PARTITION BY LIST (museum);
COMMENT ON TABLE ops.ledger IS
    'Per stage and record: the fingerprint (input_hash, contract) last processed and what came of '
    'it. A stage''s work list is every current input whose fingerprint differs from the one here.';
COMMENT ON COLUMN ops.ledger.output IS
    'What the stage made outside Postgres (S3 key, point id), or the record id of the winner for a '
    'duplicate.';
INSERT INTO ops.partitioned_table VALUES ('collection', 'ops.ledger');

CREATE TABLE ops.abandoned_output (
    museum text NOT NULL,
    stage text NOT NULL,
    output text NOT NULL,
    PRIMARY KEY (museum, stage, output)
);
COMMENT ON TABLE ops.abandoned_output IS
    'Outputs that a record stopped standing for, noted with the ledger rows that say so. They are '
    'removed when the run has committed everything, unless another record stands for them by then.';

-- Whether two sets of records and fingerprints are the same is told by all their digests xored: two
-- sets that differ are taken for the same once in 2^64. Hashing bytea itself came with PostgreSQL
-- 18 and is faster than hashing its text.
DO $$ BEGIN
    EXECUTE 'CREATE FUNCTION ops.pair_digest(record_id text, fingerprint bytea) RETURNS bigint
        LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN '
        || CASE WHEN current_setting('server_version_num')::integer >= 180000
               THEN 'hashbyteaextended(fingerprint, hashtextextended(record_id, 0))'
               ELSE 'hashtextextended(fingerprint::text, hashtextextended(record_id, 0))' END;
END $$;
COMMENT ON FUNCTION ops.pair_digest IS
    '64 bits of a record id and its fingerprint, of no meaning beyond this database.';

CREATE TABLE ops.vector (
    contract text NOT NULL,
    content_hash bytea NOT NULL,
    vector bytea NOT NULL,
    PRIMARY KEY (contract, content_hash)
);
COMMENT ON TABLE ops.vector IS
    'Embeddings by contract (model, weights, preprocessing) and content: little-endian float32. '
    'Each image is embedded once.';
