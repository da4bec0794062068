-- What a release's works show, with what was known of it when the release was staged.

CREATE TABLE production.artwork_subject_release (
    museum text NOT NULL,
    slot smallint NOT NULL,
    object_number text NOT NULL,
    position integer NOT NULL,
    name text,
    language text,
    kind text,
    identity text,
    label text,
    row_hash bytea NOT NULL
) PARTITION BY LIST (museum);
CREATE INDEX ON production.artwork_subject_release (object_number, position);
COMMENT ON TABLE production.artwork_subject_release IS
    'What works show in the museum''s words; kind is person for somebody who is portrayed. Without '
    'an identity, which is an authority''s, nobody was sure of it; label is its name there.';

-- Behind artwork_material; what is derived begins at 15.
INSERT INTO production.release_table VALUES
    ('collection', 'artwork_subject', 13, '{object_number, position}', false);

SELECT production.add_museum(m.museum, m.kind, (
    SELECT max(s.slot) FROM production.slot AS s WHERE s.museum = m.museum)::integer)
FROM production.museum AS m
WHERE m.kind = 'collection';
