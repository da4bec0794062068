-- What museums say that their artworks show, in their own words.
-- transformed_artworks writes it together with the artwork, and removes it with it.

CREATE TABLE staging.subjects (
    museum text NOT NULL,
    object_number text NOT NULL,
    position integer NOT NULL,
    subject_key text NOT NULL,
    name text NOT NULL,
    language text,
    kind text CHECK (kind = 'person'),
    museum_id text,
    links text[] NOT NULL,
    PRIMARY KEY (museum, object_number, position)
) PARTITION BY LIST (museum);
CREATE INDEX subjects_key ON staging.subjects (museum, subject_key);
COMMENT ON TABLE staging.subjects IS
    'What each artwork shows as the museum has it; subject_key tells one subject from the museum''s '
    'others. Places that are shown stand in staging.places.';
COMMENT ON COLUMN staging.subjects.kind IS
    'person for somebody who is portrayed under a name; the museum says no kind of all else.';

INSERT INTO ops.partitioned_table VALUES ('collection', 'staging.subjects');

COMMENT ON TABLE staging.artwork_enrichments IS
    'What a source says of a work, an artist, a place, a material or a subject besides the museum. '
    'The source is the stage that wrote it; the subject is an artwork''s record_id, an identity such '
    'as wikidata:Q5598, a place_key, a material_key or a subject_key.';

-- A subject with an id of the museum's own may be spelt in several ways; one of them is asked for.
CREATE VIEW ops.input_subject_identities AS
SELECT museum, subject_key AS record_id,
       sha256(record_send(ROW(name, language, kind, links))) AS input_hash, name, language, kind, links
FROM (
    SELECT museum, subject_key, min(name) AS name, min(language) AS language, min(kind) AS kind,
           max(links) AS links
    FROM staging.subjects
    GROUP BY museum, subject_key
) AS s;

CREATE VIEW ops.output_subject_identities AS
SELECT museum, subject AS record_id, sha256(record_send(ROW(museum, subject, facts))) AS output_hash
FROM staging.artwork_enrichments
WHERE source = 'subject_identities';
