-- The tables of a release. row_hash is the SHA-256 of the row's other columns: summaries and
-- verification compare it. Few columns are NOT NULL and none is unique: a release's validation
-- names every row at fault, and a person may publish it nevertheless, where a constraint would only
-- refuse the first row.
CREATE TABLE production.artwork_release (
    museum text NOT NULL,
    slot smallint NOT NULL,
    object_number text NOT NULL,
    museum_db_id text,
    title text,
    artists text[],
    production_date_start integer,
    production_date_end integer,
    period text,
    work_types text[],
    searchable_work_types text[],
    thumbnail_url text,
    image_url text,
    rights text,
    source_url text,
    row_hash bytea NOT NULL
) PARTITION BY LIST (museum);
CREATE INDEX ON production.artwork_release (object_number);
CREATE INDEX ON production.artwork_release (museum_db_id);

CREATE TABLE production.artist_release (
    museum text NOT NULL,
    slot smallint NOT NULL,
    artist_id uuid NOT NULL,
    identity text,
    name text,
    artworks integer,
    row_hash bytea NOT NULL
) PARTITION BY LIST (museum);
CREATE INDEX ON production.artist_release (artist_id);
COMMENT ON COLUMN production.artist_release.identity IS
    'The name folded (NFKC, lower case, single spaces); artist_id is made from it, so it is the '
    'same in every release.';

CREATE TABLE production.artwork_artist_release (
    museum text NOT NULL,
    slot smallint NOT NULL,
    object_number text NOT NULL,
    position integer NOT NULL,
    artist_id uuid,
    row_hash bytea NOT NULL
) PARTITION BY LIST (museum);
CREATE INDEX ON production.artwork_artist_release (object_number, position);
CREATE INDEX ON production.artwork_artist_release (artist_id);

CREATE TABLE production.thumbnail_release (
    museum text NOT NULL,
    slot smallint NOT NULL,
    object_number text NOT NULL,
    sha256 bytea,
    width integer,
    height integer,
    bytes integer,
    object_key text,
    source_key text,
    row_hash bytea NOT NULL
) PARTITION BY LIST (museum);
CREATE INDEX ON production.thumbnail_release (object_number);
COMMENT ON COLUMN production.thumbnail_release.object_key IS
    'Key in the bucket of production; source_key is the working bucket''s.';

CREATE TABLE production.index_status_release (
    museum text NOT NULL,
    slot smallint NOT NULL,
    object_number text NOT NULL,
    digest bytea,
    vectors text[],
    contracts text[],
    contents bytea[],
    row_hash bytea NOT NULL
) PARTITION BY LIST (museum);
CREATE INDEX ON production.index_status_release (object_number);
COMMENT ON COLUMN production.index_status_release.digest IS
    'Of what the point says: its payload and every vector it has.';
COMMENT ON COLUMN production.index_status_release.contents IS
    'In the order of vectors, as contracts: the model and the content that each vector was made '
    'of, as in ops.vector.';

CREATE TABLE production.exhibition_release (
    museum text NOT NULL,
    slot smallint NOT NULL,
    exhibition_code text NOT NULL,
    exhibition_id integer,
    name text,
    description text,
    department text,
    floors text[],
    start_date date,
    row_hash bytea NOT NULL
) PARTITION BY LIST (museum);
CREATE INDEX ON production.exhibition_release (exhibition_code);

CREATE TABLE production.review_release (
    museum text NOT NULL,
    slot smallint NOT NULL,
    at timestamptz NOT NULL,
    exhibition_code text NOT NULL,
    rating smallint NOT NULL,
    occurrence smallint NOT NULL,
    origin text NOT NULL,
    label text,
    row_hash bytea NOT NULL
) PARTITION BY LIST (museum);
CREATE INDEX ON production.review_release (at, exhibition_code, rating, occurrence, origin);

CREATE TABLE production.incident_release (
    museum text NOT NULL,
    slot smallint NOT NULL,
    at timestamptz NOT NULL,
    exhibition_code text NOT NULL,
    incident_type smallint NOT NULL,
    occurrence smallint NOT NULL,
    origin text NOT NULL,
    label text,
    row_hash bytea NOT NULL
) PARTITION BY LIST (museum);
CREATE INDEX ON production.incident_release (at, exhibition_code, incident_type, occurrence, origin);

CREATE TABLE production.release_table (
    kind text NOT NULL CHECK (kind IN ('collection', 'kiosk')),
    name text PRIMARY KEY,
    step smallint NOT NULL UNIQUE,
    key text[] NOT NULL
);
COMMENT ON TABLE production.release_table IS
    'The tables of a release by kind of museum, in the order in which they are made. `key` tells '
    'the rows of a release apart.';
INSERT INTO production.release_table VALUES
    ('collection', 'artwork', 1, '{object_number}'),
    ('collection', 'artist', 2, '{artist_id}'),
    ('collection', 'artwork_artist', 3, '{object_number, position}'),
    ('collection', 'thumbnail', 4, '{object_number}'),
    ('collection', 'index_status', 5, '{object_number}'),
    ('kiosk', 'exhibition', 6, '{exhibition_code}'),
    ('kiosk', 'review', 7, '{at, exhibition_code, rating, occurrence, origin}'),
    ('kiosk', 'incident', 8, '{at, exhibition_code, incident_type, occurrence, origin}');
