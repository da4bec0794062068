-- The makers of all museums, joined to identities by joined_identities.

CREATE TABLE staging.joined_identities (
    museum text NOT NULL,
    maker_key text NOT NULL,
    identity text NOT NULL,
    label text NOT NULL,
    method text NOT NULL CHECK (method IN ('given', 'reconciled', 'inferred', 'curated', 'alone')),
    score real,
    birth_year integer,
    death_year integer,
    candidates jsonb NOT NULL,
    joined_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (museum, maker_key)
) PARTITION BY LIST (museum);
CREATE INDEX joined_identities_identity ON staging.joined_identities (identity);
COMMENT ON TABLE staging.joined_identities IS
    'Who each maker is across museums. Makers with one identity are one artist; its name is that at '
    'an authority (wikidata:Q5598), else the first maker_key.';
COMMENT ON COLUMN staging.joined_identities.candidates IS
    'Makers that it may be one with, and is not: questions, the likeliest first.';

INSERT INTO ops.partitioned_table VALUES ('collection', 'staging.joined_identities');
