-- Who a museum's makers are at an authority: what was asked, what came of it, and what people decided.

CREATE TABLE ops.authority_answer (
    authority text NOT NULL,
    digest bytea NOT NULL,
    asked jsonb NOT NULL,
    answer jsonb NOT NULL,
    answered_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (authority, digest)
);
COMMENT ON TABLE ops.authority_answer IS
    'What an authority answered to a question, kept for good: the same is not asked twice.';
COMMENT ON COLUMN ops.authority_answer.digest IS 'SHA-256 of what was asked.';

CREATE TABLE staging.artist_identities (
    museum text NOT NULL,
    maker_key text NOT NULL,
    authority text,
    identity text,
    label text,
    method text CHECK (method IN ('given', 'reconciled', 'curated')),
    score real CHECK (score BETWEEN 0 AND 1),
    candidates jsonb NOT NULL,
    contradiction text,
    decided_by bigint,
    answered_at timestamptz,
    PRIMARY KEY (museum, maker_key)
) PARTITION BY LIST (museum);
CREATE INDEX artist_identities_identity ON staging.artist_identities (authority, identity);
COMMENT ON TABLE staging.artist_identities IS
    'Who each of a museum''s makers is at an authority. Without a method, candidates make it a '
    'question to a person; without candidates, nobody there is alike.';
COMMENT ON COLUMN staging.artist_identities.contradiction IS
    'What the data says against the decision of a person, which stands.';
COMMENT ON COLUMN staging.artist_identities.answered_at IS
    'When the authority answered; null where the museum''s own link says it.';

CREATE TABLE staging.artwork_enrichments (
    museum text NOT NULL,
    source text NOT NULL,
    subject text NOT NULL,
    facts jsonb NOT NULL,
    enriched_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (museum, source, subject)
) PARTITION BY LIST (museum);
COMMENT ON TABLE staging.artwork_enrichments IS
    'What a source says of a work or an artist besides the museum. The source is the stage that '
    'wrote it; the subject is an artwork''s record_id, or an identity such as wikidata:Q5598.';

INSERT INTO ops.partitioned_table VALUES
    ('collection', 'staging.artist_identities'),
    ('collection', 'staging.artwork_enrichments');

-- Decisions over makers are corrections whose record_id is a maker_key: accept says who it is,
-- refuse who it is not (without value: nobody there), merge and split that two makers are one, or
-- are not.
ALTER TABLE ops.correction
    DROP CONSTRAINT correction_kind_check,
    DROP CONSTRAINT correction_check,
    ADD CONSTRAINT correction_kind_check CHECK (
        kind IN ('field', 'exclude', 'wins', 'term', 'accept', 'refuse', 'merge', 'split')),
    ADD CONSTRAINT correction_check CHECK (
        kind IN ('refuse') OR (kind IN ('field', 'term', 'merge', 'split')) = (field <> ''));

CREATE OR REPLACE VIEW ops.correction_in_effect AS
SELECT museum, record_id, bool_or(kind = 'wins') AS wins,
       jsonb_agg(jsonb_build_object('id', id, 'kind', kind, 'field', field, 'value', value,
                                    'by', made_by, 'why', why) ORDER BY id) AS corrections
FROM (
    SELECT museum, record_id, id, kind, field, value, made_by, why
    FROM ops.correction
    WHERE dropped_at IS NULL AND (until IS NULL OR until >= current_date)
      AND kind IN ('field', 'exclude', 'wins', 'term')
    UNION ALL
    SELECT museum, value #>> '{}', id, 'loses', field, value, made_by, why
    FROM ops.correction
    WHERE kind = 'wins' AND dropped_at IS NULL AND (until IS NULL OR until >= current_date)
) AS each
GROUP BY museum, record_id;

-- By maker, what people decided and what holds today.
CREATE VIEW ops.maker_decisions AS
SELECT museum, record_id AS maker_key,
       jsonb_agg(jsonb_build_object('id', id, 'kind', kind, 'value', value, 'seen', seen,
                                    'by', made_by) ORDER BY id) AS decisions
FROM ops.correction
WHERE dropped_at IS NULL AND (until IS NULL OR until >= current_date)
  AND kind IN ('accept', 'refuse')
GROUP BY museum, record_id;

-- A maker with an id of the museum's own may be spelt in several ways; one of them is asked for.
CREATE VIEW ops.input_artist_identities AS
SELECT m.museum, m.maker_key AS record_id,
       sha256(record_send(ROW(m.name, m.birth_year, m.death_year, m.nationality, m.qualifier,
                              m.links, d.decisions::text))) AS input_hash,
       m.name, m.birth_year, m.death_year, m.nationality, m.qualifier, m.links, d.decisions
FROM (
    SELECT museum, maker_key, min(name) AS name, max(birth_year) AS birth_year,
           max(death_year) AS death_year, min(nationality) AS nationality,
           max(qualifier) AS qualifier, max(links) AS links
    FROM staging.makers
    GROUP BY museum, maker_key
) AS m
LEFT JOIN ops.maker_decisions AS d ON d.museum = m.museum AND d.maker_key = m.maker_key;

CREATE VIEW ops.output_artist_identities AS
SELECT museum, maker_key AS record_id, sha256(record_send(ROW(
           museum, maker_key, authority, identity, label, method, score, candidates, contradiction,
           decided_by, answered_at))) AS output_hash
FROM staging.artist_identities;

CREATE VIEW ops.input_thumbnail_colours AS
SELECT museum, record_id, sha256 AS input_hash, s3_key
FROM staging.thumbnail;

CREATE VIEW ops.input_artist_facts AS
SELECT DISTINCT museum, authority || ':' || identity AS record_id,
       sha256(convert_to(authority || ':' || identity, 'UTF8')) AS input_hash, authority, identity
FROM staging.artist_identities
WHERE identity IS NOT NULL;

CREATE VIEW ops.output_thumbnail_colours AS
SELECT museum, subject AS record_id, sha256(record_send(ROW(museum, subject, facts))) AS output_hash
FROM staging.artwork_enrichments
WHERE source = 'thumbnail_colours';

CREATE VIEW ops.output_artist_facts AS
SELECT museum, subject AS record_id, sha256(record_send(ROW(museum, subject, facts))) AS output_hash
FROM staging.artwork_enrichments
WHERE source = 'artist_facts';
