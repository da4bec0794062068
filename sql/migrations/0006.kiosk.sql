-- depends: 0005.dead-letters
-- What visitors press: exhibitions with their departments and floors, and every press exactly once.

CREATE SCHEMA kiosk;

CREATE TABLE kiosk.department (
    museum text NOT NULL,
    department_id integer GENERATED ALWAYS AS IDENTITY,
    name text NOT NULL,
    PRIMARY KEY (museum, department_id),
    UNIQUE (museum, name)
) PARTITION BY LIST (museum);

CREATE TABLE kiosk.floor (
    museum text NOT NULL,
    floor_id integer GENERATED ALWAYS AS IDENTITY,
    name text NOT NULL,
    PRIMARY KEY (museum, floor_id),
    UNIQUE (museum, name)
) PARTITION BY LIST (museum);
COMMENT ON COLUMN kiosk.floor.name IS 'Text: one of them is the Vault.';

CREATE TABLE kiosk.exhibition (
    museum text NOT NULL,
    exhibition_id integer NOT NULL,
    site integer NOT NULL,
    exhibition_code text NOT NULL,
    name text NOT NULL,
    description text,
    department_id integer NOT NULL,
    start_date date,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (museum, exhibition_id),
    UNIQUE (museum, exhibition_code),
    FOREIGN KEY (museum, department_id) REFERENCES kiosk.department,
    CHECK (exhibition_id = site + 1 AND site >= 0)
) PARTITION BY LIST (museum);
COMMENT ON COLUMN kiosk.exhibition.exhibition_id IS
    'Site + 1 by construction. Handed out in the order of arrival it once swapped the best exhibition with the worst.';

CREATE TABLE kiosk.floor_assignment (
    museum text NOT NULL,
    exhibition_id integer NOT NULL,
    floor_id integer NOT NULL,
    PRIMARY KEY (museum, exhibition_id, floor_id),
    FOREIGN KEY (museum, exhibition_id) REFERENCES kiosk.exhibition ON DELETE CASCADE,
    FOREIGN KEY (museum, floor_id) REFERENCES kiosk.floor
) PARTITION BY LIST (museum);

CREATE TABLE kiosk.rating_type (
    museum text NOT NULL,
    rating smallint NOT NULL,
    label text NOT NULL,
    PRIMARY KEY (museum, rating)
) PARTITION BY LIST (museum);

CREATE TABLE kiosk.incident_type (
    museum text NOT NULL,
    incident_type smallint NOT NULL,
    label text NOT NULL,
    PRIMARY KEY (museum, incident_type)
) PARTITION BY LIST (museum);

-- Which press is which: docs/decisions/0007. `origin` is 'f' for history files, 's' for the stream.
CREATE TABLE kiosk.review (
    museum text NOT NULL,
    exhibition_id integer NOT NULL,
    at timestamptz NOT NULL,
    rating smallint NOT NULL,
    occurrence smallint NOT NULL DEFAULT 1,
    origin "char" NOT NULL CHECK (origin IN ('f', 's')),
    PRIMARY KEY (museum, at, exhibition_id, rating, occurrence, origin),
    FOREIGN KEY (museum, exhibition_id) REFERENCES kiosk.exhibition,
    FOREIGN KEY (museum, rating) REFERENCES kiosk.rating_type
) PARTITION BY LIST (museum);

CREATE TABLE kiosk.incident (
    museum text NOT NULL,
    exhibition_id integer NOT NULL,
    at timestamptz NOT NULL,
    incident_type smallint NOT NULL,
    occurrence smallint NOT NULL DEFAULT 1,
    origin "char" NOT NULL CHECK (origin IN ('f', 's')),
    PRIMARY KEY (museum, at, exhibition_id, incident_type, occurrence, origin),
    FOREIGN KEY (museum, exhibition_id) REFERENCES kiosk.exhibition,
    FOREIGN KEY (museum, incident_type) REFERENCES kiosk.incident_type
) PARTITION BY LIST (museum);

CREATE TABLE kiosk.file (
    museum text NOT NULL,
    key text NOT NULL,
    etag text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('exhibition', 'history')),
    bytes bigint NOT NULL,
    last_modified timestamptz NOT NULL,
    sha256 bytea,
    outcome text NOT NULL CHECK (outcome IN ('loaded', 'empty', 'same_content', 'refused')),
    message text,
    rows_read integer NOT NULL DEFAULT 0,
    loaded integer NOT NULL DEFAULT 0,
    duplicate integer NOT NULL DEFAULT 0,
    rejected integer NOT NULL DEFAULT 0,
    loaded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (museum, key, etag),
    CHECK (rows_read = loaded + duplicate + rejected)
) PARTITION BY LIST (museum);
COMMENT ON TABLE kiosk.file IS 'What became of every file, written in the transaction that loaded its rows.';

CREATE TABLE kiosk.stream_position (
    museum text NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    next_offset bigint NOT NULL,
    messages bigint NOT NULL DEFAULT 0,
    loaded bigint NOT NULL DEFAULT 0,
    duplicate bigint NOT NULL DEFAULT 0,
    rejected bigint NOT NULL DEFAULT 0,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (museum, topic, partition),
    CHECK (messages = loaded + duplicate + rejected)
) PARTITION BY LIST (museum);
COMMENT ON TABLE kiosk.stream_position IS
    'Where the stream is read on, written in the transaction that wrote the presses before it.';

INSERT INTO ops.partitioned_table
SELECT 'kiosk', 'kiosk.' || name
FROM unnest(ARRAY['department', 'floor', 'exhibition', 'floor_assignment', 'rating_type', 'incident_type', 'review',
                  'incident', 'file', 'stream_position']) AS name;
