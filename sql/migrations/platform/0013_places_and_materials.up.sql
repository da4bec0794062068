-- What museums say of the places and the materials of their artworks, in their own words.
-- transformed_artworks writes it together with the artwork, and removes it with it.

CREATE TABLE staging.places (
    museum text NOT NULL,
    object_number text NOT NULL,
    position integer NOT NULL,
    place_key text NOT NULL,
    name text NOT NULL,
    role text CHECK (role IN ('made', 'found', 'depicted')),
    relation text,
    within text,
    museum_id text,
    links text[] NOT NULL,
    PRIMARY KEY (museum, object_number, position)
) PARTITION BY LIST (museum);
CREATE INDEX places_key ON staging.places (museum, place_key);
COMMENT ON TABLE staging.places IS
    'The places of each artwork as the museum has them; place_key tells one from the museum''s '
    'others.';
COMMENT ON COLUMN staging.places.relation IS
    'How the museum writes what the place is to the work, such as "Possibly from".';
COMMENT ON COLUMN staging.places.within IS 'The larger place that the museum names beside.';

CREATE TABLE staging.materials (
    museum text NOT NULL,
    object_number text NOT NULL,
    position integer NOT NULL,
    material_key text NOT NULL,
    term text NOT NULL,
    language text,
    museum_id text,
    links text[] NOT NULL,
    PRIMARY KEY (museum, object_number, position)
) PARTITION BY LIST (museum);
CREATE INDEX materials_key ON staging.materials (museum, material_key);
COMMENT ON TABLE staging.materials IS
    'The materials and techniques of each artwork as the museum has them, in several texts or in one.';

INSERT INTO ops.partitioned_table VALUES
    ('collection', 'staging.places'),
    ('collection', 'staging.materials');

COMMENT ON TABLE staging.artwork_enrichments IS
    'What a source says of a work, an artist, a place or a material besides the museum. The source '
    'is the stage that wrote it; the subject is an artwork''s record_id, an identity such as '
    'wikidata:Q5598, a place_key or a material_key.';

-- A place with an id of the museum's own may be spelt in several ways; one of them is asked for.
CREATE VIEW ops.input_place_coordinates AS
SELECT museum, place_key AS record_id,
       sha256(record_send(ROW(name, within, links))) AS input_hash, name, within, links
FROM (
    SELECT museum, place_key, min(name) AS name, min(within) AS within, max(links) AS links
    FROM staging.places
    GROUP BY museum, place_key
) AS p;

CREATE VIEW ops.output_place_coordinates AS
SELECT museum, subject AS record_id, sha256(record_send(ROW(museum, subject, facts))) AS output_hash
FROM staging.artwork_enrichments
WHERE source = 'place_coordinates';

CREATE VIEW ops.input_material_terms AS
SELECT museum, material_key AS record_id,
       sha256(record_send(ROW(term, links))) AS input_hash, term, links
FROM (
    SELECT museum, material_key, min(term) AS term, max(links) AS links
    FROM staging.materials
    GROUP BY museum, material_key
) AS m;

CREATE VIEW ops.output_material_terms AS
SELECT museum, subject AS record_id, sha256(record_send(ROW(museum, subject, facts))) AS output_hash
FROM staging.artwork_enrichments
WHERE source = 'material_terms';
