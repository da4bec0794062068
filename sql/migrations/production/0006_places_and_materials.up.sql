-- Where a release's works were made or found, what they show, and what they are made of, with what
-- was known of those places and materials when the release was staged.

CREATE TABLE production.artwork_place_release (
    museum text NOT NULL,
    slot smallint NOT NULL,
    object_number text NOT NULL,
    position integer NOT NULL,
    name text,
    role text,
    within text,
    latitude double precision,
    longitude double precision,
    identity text,
    row_hash bytea NOT NULL
) PARTITION BY LIST (museum);
CREATE INDEX ON production.artwork_place_release (object_number, position);
COMMENT ON TABLE production.artwork_place_release IS
    'The places of works in the museum''s words. Without coordinates nobody was sure of them; '
    'identity is an authority''s.';

CREATE TABLE production.artwork_material_release (
    museum text NOT NULL,
    slot smallint NOT NULL,
    object_number text NOT NULL,
    position integer NOT NULL,
    term text,
    language text,
    aat text[],
    row_hash bytea NOT NULL
) PARTITION BY LIST (museum);
CREATE INDEX ON production.artwork_material_release (object_number, position);
COMMENT ON COLUMN production.artwork_material_release.aat IS
    'Numbers of the Art & Architecture Thesaurus; empty where no term is known.';

-- What is derived is made last. Steps are unique, so the four of them move past each other at once.
UPDATE production.release_table SET step = step + 4 WHERE derived;
INSERT INTO production.release_table VALUES
    ('collection', 'artwork_place', 11, '{object_number, position}', false),
    ('collection', 'artwork_material', 12, '{object_number, position}', false);

SELECT production.add_museum(m.museum, m.kind, (
    SELECT max(s.slot) FROM production.slot AS s WHERE s.museum = m.museum)::integer)
FROM production.museum AS m
WHERE m.kind = 'collection';
