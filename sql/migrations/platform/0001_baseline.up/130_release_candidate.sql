-- What the next release would be. Its tables are made from production's
-- (museum_assets/releases/schema.py), which may be another database, so they do not stand here a
-- second time.

CREATE SCHEMA candidate;

-- The identity of an artist's name: NFKC, lower case, single spaces.
CREATE FUNCTION candidate.folded(name text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
    lower(btrim(regexp_replace(normalize(name, NFKC), '\s+', ' ', 'g')));

CREATE TABLE candidate.made (
    museum text PRIMARY KEY,
    made_at timestamptz NOT NULL,
    counts jsonb NOT NULL
);
COMMENT ON TABLE candidate.made IS 'When each museum''s candidate was made from staging.';

-- What a point of production says of an artwork: the payload, and for every vector that is up to
-- date its name, the model's contract and the hash of its content, as in ops.vector. Production's
-- points are made from these and never copied from the working index, which may be ahead of what is
-- recorded here. A fingerprint is a digest of its content, so it alone tells which ledger rows are
-- embeddings: a new vector appears here by itself.
CREATE VIEW ops.index_status AS
SELECT a.museum, a.record_id, a.object_number, sha256(a.row_hash || coalesce(v.said, '')) AS digest,
       coalesce(v.vectors, '{}') AS vectors, coalesce(v.contracts, '{}') AS contracts,
       coalesce(v.contents, '{}') AS contents
FROM staging.artwork AS a
LEFT JOIN (
    SELECT l.museum, l.record_id, array_agg(l.stage ORDER BY l.stage) AS vectors,
           array_agg(l.model ORDER BY l.stage) AS contracts, array_agg(i.content_hash ORDER BY l.stage) AS contents,
           string_agg(sha256(convert_to(l.stage || E'\n' || l.model || E'\n', 'UTF8') || i.content_hash), ''
                      ORDER BY l.stage) AS said
    FROM (SELECT museum, stage, record_id, input_hash, split_part(contract, ' in ', 1) AS model
          FROM ops.ledger WHERE outcome = 'done') AS l
    JOIN (SELECT museum, record_id, input_hash, content_hash FROM ops.input_image
          UNION ALL SELECT museum, record_id, input_hash, content_hash FROM ops.input_text) AS i
        USING (museum, record_id, input_hash)
    GROUP BY l.museum, l.record_id
) AS v USING (museum, record_id);

CREATE TABLE ops.drift_acceptance (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    museum text NOT NULL,
    finding text NOT NULL,
    accepted_at timestamptz NOT NULL DEFAULT now(),
    accepted_by text NOT NULL CHECK (accepted_by <> ''),
    why text NOT NULL CHECK (why <> ''),
    until timestamptz NOT NULL,
    used_in bigint
);
CREATE INDEX ON ops.drift_acceptance (museum, finding);
COMMENT ON TABLE ops.drift_acceptance IS
    'Drift that a person expects: it holds for one release, and until it expires.';
