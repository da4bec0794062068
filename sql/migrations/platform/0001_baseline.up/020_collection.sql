-- The stores of the collection pipeline: records as the museums sent them, and the artworks made of
-- them.

CREATE SCHEMA raw;
CREATE SCHEMA staging;

-- Of two records with one object number the one stored first wins.
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
    -- A run first asks how many inputs are due. The key alone answers: id, fingerprint and
    -- tombstone of 100,000 records take 8 MB there, and 190 MB beside the payloads.
    PRIMARY KEY (museum, record_id) INCLUDE (payload_hash, withdrawn_at)
) PARTITION BY LIST (museum);
COMMENT ON TABLE raw.record IS
    'One row per record as the museum sent it; withdrawn_at and withdrawn_reason are the '
    'tombstone.';

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
COMMENT ON COLUMN staging.artwork.search_text IS
    'What the text embeddings read; null for an untitled work.';
COMMENT ON COLUMN staging.artwork.row_hash IS
    'SHA-256 of what the vector index shows of the artwork.';

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

INSERT INTO ops.partitioned_table VALUES
    ('collection', 'raw.record'),
    ('collection', 'staging.artwork'),
    ('collection', 'staging.thumbnail');
