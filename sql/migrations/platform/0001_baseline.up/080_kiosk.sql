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
    'Site + 1 by construction. Handed out in the order of arrival it once swapped the best '
    'exhibition with the worst.';

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
-- The key of a museum's presses is an index of its own partition: one of the parent cannot be
-- dropped for a first load and built behind it, which takes 1.2 s for five million presses where
-- keeping it row by row took 2.4.
CREATE TABLE kiosk.review (
    at timestamptz NOT NULL,
    exhibition_id integer NOT NULL,
    rating smallint NOT NULL,
    occurrence smallint NOT NULL DEFAULT 1,
    origin "char" NOT NULL CHECK (origin IN ('f', 's')),
    museum text NOT NULL
) PARTITION BY LIST (museum);

CREATE TABLE kiosk.incident (
    at timestamptz NOT NULL,
    exhibition_id integer NOT NULL,
    incident_type smallint NOT NULL,
    occurrence smallint NOT NULL DEFAULT 1,
    origin "char" NOT NULL CHECK (origin IN ('f', 's')),
    museum text NOT NULL
) PARTITION BY LIST (museum);

-- Referential integrity of the presses, a statement at a time. A foreign key looks up its row for
-- every press: 19,000 presses a second where these triggers let 400,000 through. They hold for
-- statements that name the parent table.
CREATE FUNCTION kiosk.presses_refer() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    pair record;
    known boolean;
BEGIN
    -- One pass over what was written; the pairs are few. Locked as a foreign key locks what it
    -- refers to, so that nobody deletes it before this transaction ends.
    FOR pair IN EXECUTE format('SELECT DISTINCT museum, exhibition_id, %I AS type FROM written', TG_ARGV[0]) LOOP
        PERFORM FROM kiosk.exhibition AS e
        WHERE e.museum = pair.museum AND e.exhibition_id = pair.exhibition_id FOR KEY SHARE;
        IF NOT FOUND THEN
            RAISE foreign_key_violation USING
                MESSAGE = format('no exhibition %s of %s', pair.exhibition_id, pair.museum);
        END IF;
        EXECUTE format('SELECT EXISTS (SELECT FROM kiosk.%I AS t WHERE t.museum = $1 AND t.%I = $2)', TG_ARGV[1], TG_ARGV[0])
        INTO known USING pair.museum, pair.type;
        IF NOT known THEN
            RAISE foreign_key_violation USING MESSAGE = format('no %s %s of %s', TG_ARGV[0], pair.type, pair.museum);
        END IF;
    END LOOP;
    RETURN NULL;
END $$;
CREATE TRIGGER refers_insert AFTER INSERT ON kiosk.review REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION kiosk.presses_refer('rating', 'rating_type');
CREATE TRIGGER refers_update AFTER UPDATE ON kiosk.review REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION kiosk.presses_refer('rating', 'rating_type');
CREATE TRIGGER refers_insert AFTER INSERT ON kiosk.incident REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION kiosk.presses_refer('incident_type', 'incident_type');
CREATE TRIGGER refers_update AFTER UPDATE ON kiosk.incident REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION kiosk.presses_refer('incident_type', 'incident_type');

CREATE FUNCTION kiosk.exhibition_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM kiosk.review AS r WHERE r.museum = OLD.museum AND r.exhibition_id = OLD.exhibition_id)
        OR EXISTS (SELECT FROM kiosk.incident AS i WHERE i.museum = OLD.museum AND i.exhibition_id = OLD.exhibition_id)
    THEN
        RAISE foreign_key_violation USING
            MESSAGE = format('exhibition %s of %s has reviews or incidents', OLD.exhibition_id, OLD.museum);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER stays AFTER DELETE OR UPDATE OF museum, exhibition_id ON kiosk.exhibition
    FOR EACH ROW EXECUTE FUNCTION kiosk.exhibition_stays();

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
COMMENT ON TABLE kiosk.file IS
    'What became of every file, written in the transaction that loaded its rows.';

CREATE TABLE kiosk.stream_position (
    museum text NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    next_offset bigint NOT NULL,
    generation integer NOT NULL DEFAULT 0,
    anchor bytea,
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
COMMENT ON COLUMN kiosk.stream_position.anchor IS
    'Digest of the message before next_offset: when another one stands there, the topic was made '
    'anew.';
COMMENT ON COLUMN kiosk.stream_position.generation IS
    'How often the topic was made anew, so that its offsets began again.';

INSERT INTO ops.partitioned_table VALUES
    ('kiosk', 'kiosk.department'),
    ('kiosk', 'kiosk.floor'),
    ('kiosk', 'kiosk.exhibition'),
    ('kiosk', 'kiosk.floor_assignment'),
    ('kiosk', 'kiosk.rating_type'),
    ('kiosk', 'kiosk.incident_type'),
    ('kiosk', 'kiosk.file'),
    ('kiosk', 'kiosk.stream_position');
INSERT INTO ops.partitioned_table VALUES
    ('kiosk', 'kiosk.review', 'at, exhibition_id, rating, occurrence, origin'),
    ('kiosk', 'kiosk.incident', 'at, exhibition_id, incident_type, occurrence, origin');

CREATE FUNCTION kiosk.begin_first_load(slug text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    review text := ops.partition_of('kiosk.review', slug);
    incident text := ops.partition_of('kiosk.incident', slug);
    empty boolean;
BEGIN
    FOR attempt IN 1 .. 2 LOOP
        EXECUTE format('SELECT NOT EXISTS (SELECT FROM %s) AND NOT EXISTS (SELECT FROM %s)', review, incident) INTO empty;
        EXIT WHEN NOT empty OR attempt = 2;
        EXECUTE format('LOCK TABLE %s, %s IN ACCESS EXCLUSIVE MODE NOWAIT', review, incident);
    END LOOP;
    IF NOT empty THEN
        RAISE lock_not_available;
    END IF;
    EXECUTE format('TRUNCATE %s, %s', review, incident);
    EXECUTE format('DROP INDEX kiosk.%I, kiosk.%I', slug || '_review_key', slug || '_incident_key');
    RETURN true;
EXCEPTION WHEN lock_not_available THEN
    RETURN false;
END $$;
COMMENT ON FUNCTION kiosk.begin_first_load IS
    'Begins the first load of a museum''s presses: keeps everybody else off its tables and takes '
    'their keys away until ops.build_keys, in the same transaction. Returns false when there are '
    'presses already, or somebody uses the tables: nobody is waited for. The tables are emptied '
    'although they are empty, because what is written after that in the same transaction needs no '
    'log if wal_level is minimal.';
