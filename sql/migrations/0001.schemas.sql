-- The stores of the collection pipeline: raw records, staged artworks, and the ledger that every stage works from.
-- Tables keyed by museum are LIST-partitioned by it: a Dagster partition is a Postgres partition, so refreshing or
-- dropping one museum never touches another's rows or locks. ops.add_museum() makes a museum's partitions.

CREATE SCHEMA raw;
CREATE SCHEMA staging;
CREATE SCHEMA ops;

-- The order in which records were first stored decides which of two records with one object number wins.
CREATE SEQUENCE raw.record_seq;

CREATE TABLE raw.record (
    museum text NOT NULL,
    record_id text NOT NULL,
    seq bigint NOT NULL DEFAULT nextval('raw.record_seq'),
    payload_hash bytea NOT NULL,
    fetched_at timestamptz NOT NULL DEFAULT now(),
    withdrawn_at timestamptz,
    withdrawn_reason text,
    payload jsonb NOT NULL,
    PRIMARY KEY (museum, record_id)
) PARTITION BY LIST (museum);
COMMENT ON TABLE raw.record IS 'One row per record as the museum sent it; withdrawn_at and its reason are the tombstone.';

CREATE TABLE staging.artwork (
    museum text NOT NULL,
    record_id text NOT NULL,
    record_seq bigint NOT NULL,
    object_number text NOT NULL,
    museum_db_id text NOT NULL,
    title text,
    artists text[] NOT NULL,
    production_date_start integer,
    production_date_end integer,
    period text,
    work_types text[] NOT NULL,
    searchable_work_types text[] NOT NULL,
    thumbnail_url text NOT NULL,
    image_url text,
    rights text NOT NULL,
    source_url text,
    search_text text,
    row_hash bytea NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (museum, record_id),
    UNIQUE (museum, object_number)
) PARTITION BY LIST (museum);
COMMENT ON COLUMN staging.artwork.search_text IS 'What the text embeddings read; null for an untitled work.';
COMMENT ON COLUMN staging.artwork.row_hash IS 'SHA-256 of what the vector index shows of the artwork.';

CREATE TABLE staging.thumbnail (
    museum text NOT NULL,
    record_id text NOT NULL,
    s3_key text NOT NULL,
    sha256 bytea NOT NULL,
    width integer NOT NULL,
    height integer NOT NULL,
    bytes integer NOT NULL,
    source_url text NOT NULL,
    etag text,
    last_modified text,
    stored_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (museum, record_id)
) PARTITION BY LIST (museum);

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
    'Per stage and record: the fingerprint (input_hash, contract) last processed and what came of it. A stage''s work '
    'list is every current input whose fingerprint differs from the one here.';
COMMENT ON COLUMN ops.ledger.output IS
    'What the stage made outside Postgres (S3 key, point id), or the record id of the winner for a duplicate.';

CREATE TABLE ops.abandoned_output (
    museum text NOT NULL,
    stage text NOT NULL,
    output text NOT NULL,
    PRIMARY KEY (museum, stage, output)
);
COMMENT ON TABLE ops.abandoned_output IS
    'Outputs that a record stopped standing for, noted with the ledger rows that say so. They are removed when the run '
    'has committed everything, unless another record stands for them by then.';

CREATE TABLE ops.vector (
    contract text NOT NULL,
    content_hash bytea NOT NULL,
    vector bytea NOT NULL,
    PRIMARY KEY (contract, content_hash)
);
COMMENT ON TABLE ops.vector IS
    'Embeddings by contract (model, weights, preprocessing) and content: little-endian float32. An image is embedded once.';

CREATE TABLE ops.harvest (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    museum text NOT NULL,
    since timestamptz,
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'complete', 'short', 'restarted', 'retried')),
    started_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    checkpoint jsonb,
    counts jsonb NOT NULL DEFAULT '{}'
);
CREATE UNIQUE INDEX ON ops.harvest (museum) WHERE state = 'open';
COMMENT ON TABLE ops.harvest IS
    'One walk of a museum''s listing. An open one is resumed from its checkpoint; only a complete one withdraws records.';

CREATE TABLE ops.harvest_seen (
    -- No foreign key: its check per row cost a sixth of the speed of a harvest. The harvest deletes its rows when it ends.
    harvest_id bigint NOT NULL,
    scope text NOT NULL,
    record_id text NOT NULL
);
CREATE INDEX ON ops.harvest_seen (harvest_id);
COMMENT ON TABLE ops.harvest_seen IS 'The ids an open harvest has met, so that raw.record need not be touched for them.';

CREATE FUNCTION ops.add_museum(slug text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    parent text;
    child text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('ops.add_museum', 0));
    FOREACH parent IN ARRAY ARRAY['raw.record', 'staging.artwork', 'staging.thumbnail', 'ops.ledger'] LOOP
        child := replace(parent, '.', '.' || quote_ident(slug) || '_');
        IF to_regclass(child) IS NULL THEN
            EXECUTE format('CREATE TABLE %s PARTITION OF %s FOR VALUES IN (%L)', child, parent, slug);
        END IF;
    END LOOP;
END $$;
