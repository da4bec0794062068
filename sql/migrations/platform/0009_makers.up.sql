-- What museums say of the makers of their artworks, in their own words. transformed_artworks writes
-- it together with the artwork, and removes it with it.

CREATE TABLE staging.makers (
    museum text NOT NULL,
    object_number text NOT NULL,
    position integer NOT NULL,
    maker_key text NOT NULL,
    name text NOT NULL,
    role text,
    qualifier text,
    birth_year integer,
    death_year integer,
    dates text,
    nationality text,
    museum_id text,
    links text[] NOT NULL,
    PRIMARY KEY (museum, object_number, position)
) PARTITION BY LIST (museum);
CREATE INDEX makers_key ON staging.makers (museum, maker_key);
COMMENT ON TABLE staging.makers IS
    'The makers of each artwork as the museum has them; maker_key tells one from the museum''s '
    'others.';
COMMENT ON COLUMN staging.makers.qualifier IS
    'What sets the work apart from the person named ("after", "school of"); null where nothing does.';

INSERT INTO ops.partitioned_table VALUES ('collection', 'staging.makers');
