-- What is published. Nobody edits it: a promotion fills a slot, one UPDATE of the museum's pointer row commits it, and
-- readers follow the pointer through views (docs/decisions/0011). It may be a database of its own.

CREATE SCHEMA production;

CREATE TABLE production.museum (
    museum text PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('collection', 'kiosk'))
);

-- Slots are fixed. A partition attached for a release would be unknown to a plan made before: on PostgreSQL 18 a prepared
-- statement in a READ COMMITTED transaction kept its old plan, and read nothing at all once the pointer had moved. A
-- partition detached for pruning is taken from under snapshots that still read it. Rows come and go by MVCC instead.
CREATE TABLE production.slot (
    museum text NOT NULL REFERENCES production.museum,
    slot smallint NOT NULL,
    holders text[],
    PRIMARY KEY (museum, slot)
);
COMMENT ON COLUMN production.slot.holders IS
    'Transactions that may hold a plan from before the slot was attached; it is not used before they ended. Null: not looked up yet.';

CREATE TABLE production.release (
    museum text NOT NULL REFERENCES production.museum,
    release_id bigint NOT NULL,
    slot smallint NOT NULL,
    state text NOT NULL DEFAULT 'building' CHECK (state IN ('building', 'ready', 'failed', 'pruned')),
    made_at timestamptz NOT NULL DEFAULT now(),
    made_by text NOT NULL,
    why text NOT NULL,
    ready_at timestamptz,
    watched_at timestamptz,
    candidate_made_at timestamptz,
    forced jsonb NOT NULL DEFAULT '{}',
    counts jsonb NOT NULL DEFAULT '{}',
    checksums jsonb NOT NULL DEFAULT '{}',
    summary jsonb NOT NULL DEFAULT '{}',
    outside jsonb NOT NULL DEFAULT '{}',
    message text,
    PRIMARY KEY (museum, release_id),
    UNIQUE (museum, release_id, slot),
    FOREIGN KEY (museum, slot) REFERENCES production.slot
);
CREATE UNIQUE INDEX ON production.release (museum, slot) WHERE state IN ('building', 'ready');
COMMENT ON COLUMN production.release.release_id IS 'Per museum 1, 2, 3 …: the order of building.';
COMMENT ON COLUMN production.release.forced IS 'What a person promoted over: findings by name, with who and why.';
COMMENT ON COLUMN production.release.watched_at IS 'When its canary found nothing wrong; the next promotion asks again where that is missing.';
COMMENT ON COLUMN production.release.outside IS 'What is published in the vector index and the thumbnails bucket; empty once pruned there.';

CREATE TABLE production.current_release (
    museum text PRIMARY KEY REFERENCES production.museum,
    release_id bigint,
    slot smallint,
    committed_at timestamptz NOT NULL DEFAULT now(),
    committed_by text NOT NULL,
    FOREIGN KEY (museum, release_id, slot) REFERENCES production.release (museum, release_id, slot),
    CHECK ((release_id IS NULL) = (slot IS NULL))
);
COMMENT ON TABLE production.current_release IS 'The pointer: which release of each museum readers see; null for a retracted one.';

CREATE TABLE production.promotion (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    museum text NOT NULL REFERENCES production.museum,
    action text NOT NULL CHECK (action IN ('promote', 'rollback', 'retract', 'automatic_rollback')),
    from_release bigint,
    to_release bigint,
    at timestamptz NOT NULL DEFAULT now(),
    by text NOT NULL,
    why text NOT NULL
);
CREATE INDEX ON production.promotion (museum, id);
COMMENT ON TABLE production.promotion IS 'Every move of a pointer, with who and why; rows are only added.';

-- The tables of a release. row_hash is the SHA-256 of the row's other columns: summaries and verification compare it. What a
-- release must hold is for its validation to say, which names the rows at fault and over which a person may publish
-- nevertheless; a unique index would only refuse the first of them.
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
    'The name folded (NFKC, lower case, single spaces); artist_id is made from it, so it is the same in every release.';

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
COMMENT ON COLUMN production.thumbnail_release.object_key IS 'Key in the bucket of production; source_key is the working bucket''s.';

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
COMMENT ON COLUMN production.index_status_release.digest IS 'What the point says: its payload and every vector it has.';
COMMENT ON COLUMN production.index_status_release.contents IS
    'With contracts, beside vectors: by which model each vector was made and of what, as in the cache ops.vector.';

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
    'The tables of a release by kind of museum, in the order in which they are made; `key` tells rows of two releases apart.';
INSERT INTO production.release_table VALUES
    ('collection', 'artwork', 1, '{object_number}'),
    ('collection', 'artist', 2, '{artist_id}'),
    ('collection', 'artwork_artist', 3, '{object_number, position}'),
    ('collection', 'thumbnail', 4, '{object_number}'),
    ('collection', 'index_status', 5, '{object_number}'),
    ('kiosk', 'exhibition', 6, '{exhibition_code}'),
    ('kiosk', 'review', 7, '{at, exhibition_code, rating, occurrence, origin}'),
    ('kiosk', 'incident', 8, '{at, exhibition_code, incident_type, occurrence, origin}');

-- Give a museum its partitions and slots. A partition is made apart and then attached: ATTACH takes no lock that
-- readers conflict with, CREATE TABLE … PARTITION OF would wait behind them and make the next ones wait.
CREATE FUNCTION production.add_museum(slug text, museum_kind text, slots integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    name text;
    parent text;
    leaf text;
BEGIN
    -- One lock a museum: a promotion that adds a slot never waits for another museum's.
    PERFORM pg_advisory_xact_lock(hashtextextended('production.add_museum/' || slug, 0));
    INSERT INTO production.museum VALUES (slug, museum_kind) ON CONFLICT DO NOTHING;
    FOR number IN 1 .. slots LOOP
        FOR name IN SELECT t.name FROM production.release_table AS t WHERE t.kind = museum_kind ORDER BY t.step LOOP
            parent := format('production.%I', slug || '_' || name || '_release');
            leaf := format('production.%I', slug || '_' || name || '_release_' || number);
            IF to_regclass(parent) IS NULL THEN
                EXECUTE format('CREATE TABLE %s (LIKE production.%I) PARTITION BY LIST (slot)', parent, name || '_release');
                EXECUTE format('ALTER TABLE production.%I ATTACH PARTITION %s FOR VALUES IN (%L)', name || '_release', parent, slug);
            END IF;
            CONTINUE WHEN to_regclass(leaf) IS NOT NULL;
            -- Truncating a table's empty end takes an exclusive lock, for which readers would wait; the next release
            -- fills the space anyway.
            EXECUTE format('CREATE TABLE %s (LIKE %s) WITH (vacuum_truncate = false)', leaf, parent);
            EXECUTE format('ALTER TABLE %s ATTACH PARTITION %s FOR VALUES IN (%s)', parent, leaf, number);
        END LOOP;
        INSERT INTO production.slot (museum, slot) VALUES (slug, number) ON CONFLICT DO NOTHING;
    END LOOP;
END $$;

-- Where a rollback goes: the newest release before the live one that was live itself and whose canary did not fail; for a
-- retracted museum what it was retracted from.
CREATE FUNCTION production.live_before(slug text) RETURNS bigint STABLE LANGUAGE sql AS $$
    SELECT max(r.release_id)
    FROM production.release AS r
    JOIN production.promotion AS p ON p.museum = r.museum AND p.to_release = r.release_id
    LEFT JOIN production.current_release AS c ON c.museum = r.museum
    WHERE r.museum = slug AND r.state = 'ready' AND r.message IS NULL
      AND r.release_id <= coalesce(c.release_id - 1, (
          SELECT from_release FROM production.promotion AS q WHERE q.museum = slug ORDER BY q.id DESC LIMIT 1))
$$;

-- The views, one branch a museum, made anew only when the museums changed: replacing a view waits for its readers.
CREATE FUNCTION production.make_views() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    each record;
    slugs text;
    body text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('production.make_views', 0));
    FOR each IN SELECT * FROM production.release_table ORDER BY step LOOP
        SELECT string_agg(m.museum, ' ' ORDER BY m.museum) INTO slugs FROM production.museum AS m WHERE m.kind = each.kind;
        CONTINUE WHEN slugs IS NULL
            OR slugs IS NOT DISTINCT FROM obj_description(to_regclass(format('production.%I', each.name)), 'pg_class');
        -- The museum is a constant here, so that a query for one museum leaves the others' branches out of its plan.
        SELECT string_agg(format(
            'SELECT %L::text AS museum, (SELECT release_id FROM production.current_release WHERE museum = %L) AS release_id, %s'
            ' FROM production.%I WHERE slot = (SELECT slot FROM production.current_release WHERE museum = %L)',
            m.museum, m.museum, c.names, m.museum || '_' || each.name || '_release', m.museum), ' UNION ALL ' ORDER BY m.museum)
        INTO body
        FROM production.museum AS m, (
            SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) AS names FROM pg_attribute
            WHERE attrelid = format('production.%I', each.name || '_release')::regclass AND attnum > 0 AND NOT attisdropped
                AND attname NOT IN ('museum', 'slot', 'row_hash')) AS c
        WHERE m.kind = each.kind;
        EXECUTE format('CREATE OR REPLACE VIEW production.%I AS %s', each.name, body);
        EXECUTE format('COMMENT ON VIEW production.%I IS %L', each.name, slugs);
    END LOOP;
END $$;
