-- What the migrations make, written by `make schema`: to read, not to edit.

CREATE SCHEMA archive;

CREATE SCHEMA candidate;

CREATE SCHEMA documents;

CREATE SCHEMA kiosk;

CREATE SCHEMA ops;

CREATE SCHEMA production;

CREATE SCHEMA raw;

CREATE SCHEMA staging;

CREATE FUNCTION candidate.folded(name text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN lower(btrim(regexp_replace(NORMALIZE(name, NFKC), '\s+'::text, ' '::text, 'g'::text)));

CREATE FUNCTION kiosk.begin_first_load(slug text) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
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

COMMENT ON FUNCTION kiosk.begin_first_load(slug text) IS 'Begins the first load of a museum''s presses: keeps everybody else off its tables and takes their keys away until ops.build_keys, in the same transaction. Returns false when there are presses already, or somebody uses the tables: nobody is waited for. The tables are emptied although they are empty, because what is written after that in the same transaction needs no log if wal_level is minimal.';

CREATE FUNCTION kiosk.exhibition_stays() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF EXISTS (SELECT FROM kiosk.review AS r WHERE r.museum = OLD.museum AND r.exhibition_id = OLD.exhibition_id)
        OR EXISTS (SELECT FROM kiosk.incident AS i WHERE i.museum = OLD.museum AND i.exhibition_id = OLD.exhibition_id)
    THEN
        RAISE foreign_key_violation USING
            MESSAGE = format('exhibition %s of %s has reviews or incidents', OLD.exhibition_id, OLD.museum);
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION kiosk.presses_refer() RETURNS trigger
    LANGUAGE plpgsql
    AS $_$
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
END $_$;

CREATE FUNCTION ops.add_museum(slug text, museum_kind text) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    t ops.partitioned_table;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('ops.add_museum', 0));
    FOR t IN SELECT * FROM ops.partitioned_table AS p WHERE p.kind = museum_kind LOOP
        IF to_regclass(ops.partition_of(t.parent, slug)) IS NULL THEN
            EXECUTE format('CREATE TABLE %s PARTITION OF %s FOR VALUES IN (%L)',
                ops.partition_of(t.parent, slug), t.parent, slug);
        END IF;
    END LOOP;
    PERFORM ops.build_keys(slug, museum_kind);
END $$;

CREATE FUNCTION ops.build_keys(slug text, museum_kind text) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    t ops.partitioned_table;
BEGIN
    FOR t IN SELECT * FROM ops.partitioned_table AS p WHERE p.kind = museum_kind AND p.key IS NOT NULL LOOP
        EXECUTE format('CREATE UNIQUE INDEX IF NOT EXISTS %I ON %s (%s)',
            slug || '_' || split_part(t.parent, '.', 2) || '_key', ops.partition_of(t.parent, slug), t.key);
    END LOOP;
END $$;

CREATE FUNCTION ops.pair_digest(record_id text, fingerprint bytea) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN hashbyteaextended(fingerprint, hashtextextended(record_id, (0)::bigint));

COMMENT ON FUNCTION ops.pair_digest(record_id text, fingerprint bytea) IS '64 bits of a record id and its fingerprint, of no meaning beyond this database.';

CREATE FUNCTION ops.partition_of(parent text, slug text) RETURNS text
    LANGUAGE sql IMMUTABLE
    AS $$ SELECT replace(parent, '.', '.' || quote_ident(slug) || '_') $$;

CREATE FUNCTION ops.reserve_slots(p_host text, p_ceiling double precision, p_succeeded boolean, p_patience double precision, OUT slots integer, OUT wait_seconds double precision, OUT pace double precision) RETURNS record
    LANGUAGE plpgsql
    AS $$
DECLARE
    bucket     ops.host_rate;
    moment     timestamptz;
    first_slot timestamptz;
BEGIN
    -- A reservation lost in a crash of the server harms nobody, so do not wait for the disk on
    -- every request.
    PERFORM set_config('synchronous_commit', 'off', true);
    INSERT INTO ops.host_rate (host, rate, ceiling, next_slot)
        VALUES (p_host, p_ceiling, p_ceiling, clock_timestamp()) ON CONFLICT (host) DO NOTHING;
    SELECT * INTO bucket FROM ops.host_rate WHERE host = p_host FOR UPDATE;
    moment := clock_timestamp();
    -- What was noted in the future was noted before the server's clock went back. A host is slowed
    -- for as long as it asked, and what is reserved beyond any queue was reserved by the old clock.
    IF bucket.slowed_at > moment THEN
        bucket.slowed_until := moment + (bucket.slowed_until - bucket.slowed_at);
        bucket.slowed_at := moment;
        UPDATE ops.host_rate SET slowed_at = bucket.slowed_at, slowed_until = bucket.slowed_until
            WHERE host = p_host;
    END IF;
    bucket.raised_at := least(bucket.raised_at, moment);
    IF bucket.next_slot > moment + make_interval(secs => greatest(300, 100 / bucket.rate)) THEN
        bucket.next_slot := moment;
    END IF;
    pace := least(bucket.rate, p_ceiling);
    IF bucket.slowed_until > moment + make_interval(secs => p_patience) THEN
        slots := 0;
        wait_seconds := extract(epoch FROM bucket.slowed_until - moment);
        RETURN;
    END IF;
    IF bucket.rate >= bucket.ceiling THEN
        pace := p_ceiling;
    ELSIF p_succeeded
        AND greatest(bucket.raised_at, bucket.slowed_at, bucket.slowed_until) < moment - interval '30 seconds' THEN
        -- From half the ceiling back to all of it in five minutes, however many runs report
        -- success.
        pace := least(p_ceiling, bucket.rate + p_ceiling / 20);
        bucket.raised_at := moment;
    END IF;
    -- Above 50 requests a second a reservation holds 20 ms of them: 50 round trips a second at any
    -- pace.
    slots := greatest(1, least(100, floor(pace / 50)));
    first_slot := greatest(bucket.next_slot, bucket.slowed_until, moment);
    UPDATE ops.host_rate
        SET rate = pace, ceiling = p_ceiling, raised_at = bucket.raised_at,
            next_slot = first_slot + make_interval(secs => slots / pace)
        WHERE host = p_host;
    wait_seconds := extract(epoch FROM first_slot - moment);
END $$;

CREATE FUNCTION ops.slow_down_host(p_host text, p_ceiling double precision, p_pause double precision) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    bucket ops.host_rate;
    moment timestamptz;
BEGIN
    INSERT INTO ops.host_rate (host, rate, ceiling, next_slot)
        VALUES (p_host, p_ceiling, p_ceiling, clock_timestamp()) ON CONFLICT (host) DO NOTHING;
    SELECT * INTO bucket FROM ops.host_rate WHERE host = p_host FOR UPDATE;
    moment := clock_timestamp();
    IF bucket.slowed_at < moment - make_interval(secs => greatest(1, 2 / bucket.rate)) THEN
        bucket.rate := greatest(bucket.rate / 2, bucket.ceiling / 64);
        bucket.slowed_at := moment;
    END IF;
    UPDATE ops.host_rate
        SET rate = bucket.rate, slowed_at = bucket.slowed_at,
            slowed_until = greatest(bucket.slowed_until, moment + make_interval(secs => least(p_pause, 86400)))
        WHERE host = p_host;
END $$;

CREATE FUNCTION production.add_museum(slug text, museum_kind text, slots integer) RETURNS void
    LANGUAGE plpgsql
    AS $$
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
                EXECUTE format('ALTER TABLE production.%I ATTACH PARTITION %s FOR VALUES IN (%L)',
                    name || '_release', parent, slug);
            END IF;
            CONTINUE WHEN to_regclass(leaf) IS NOT NULL;
            -- Truncating a table's empty end takes an exclusive lock, for which readers would wait;
            -- the next release fills the space anyway.
            EXECUTE format('CREATE TABLE %s (LIKE %s) WITH (vacuum_truncate = false)', leaf, parent);
            EXECUTE format('ALTER TABLE %s ATTACH PARTITION %s FOR VALUES IN (%s)', parent, leaf, number);
        END LOOP;
        INSERT INTO production.slot (museum, slot) VALUES (slug, number) ON CONFLICT DO NOTHING;
    END LOOP;
END $$;

CREATE FUNCTION production.artist_lexemes(identities text[]) RETURNS tsvector
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN array_to_tsvector(ARRAY(SELECT ('='::text || "left"(identity.identity, 500)) FROM unnest(artist_lexemes.identities) identity(identity)));

CREATE FUNCTION production.century(year integer) RETURNS smallint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (CASE WHEN (year > 0) THEN (((year - 1) / 100) + 1) ELSE (- (((GREATEST((- year), 1) - 1) / 100) + 1)) END)::smallint;

CREATE FUNCTION production.fill_search(slug text, filled smallint, before smallint) RETURNS bigint
    LANGUAGE plpgsql
    SET enable_nestloop TO 'off'
    SET work_mem TO '64MB'
    AS $$
DECLARE
    made bigint;
BEGIN
    DELETE FROM production.artwork_search_release WHERE museum = slug AND slot = filled;
    DELETE FROM production.artwork_facet_release WHERE museum = slug AND slot = filled;
    DELETE FROM production.artwork_word_release WHERE museum = slug AND slot = filled;
    DELETE FROM production.artist_work_release WHERE museum = slug AND slot = filled;
    WITH work AS MATERIALIZED (
        SELECT *, dense_rank() OVER (ORDER BY types, first_century, last_century, has_image)::integer AS facet
        FROM (
            SELECT a.object_number, a.title, a.artists || coalesce(n.names, '{}') AS artists, a.work_types, a.period,
                   a.row_hash, coalesce(n.identities, '{}') AS identities,
                   coalesce(a.searchable_work_types, '{}') AS types,
                   production.century(least(a.production_date_start, a.production_date_end)) AS first_century,
                   production.century(greatest(a.production_date_start, a.production_date_end)) AS last_century,
                   t.object_number IS NOT NULL AS has_image
            FROM production.artwork_release AS a
            LEFT JOIN (
                SELECT DISTINCT object_number
                FROM production.thumbnail_release
                WHERE museum = slug AND slot = filled AND object_key IS NOT NULL) AS t USING (object_number)
            LEFT JOIN (
                SELECT w.object_number, array_agg(DISTINCT w.identity) AS identities,
                       array_agg(DISTINCT spelt.name) FILTER (WHERE spelt.name IS NOT NULL) AS names
                FROM production.artwork_identity_release AS w
                JOIN production.artist_identity_release AS i USING (museum, slot, identity)
                LEFT JOIN LATERAL unnest(i.names) AS spelt (name) ON true
                WHERE w.museum = slug AND w.slot = filled
                GROUP BY w.object_number) AS n USING (object_number)
            WHERE a.museum = slug AND a.slot = filled) AS shown
    ), facets AS (
        INSERT INTO production.artwork_facet_release
        SELECT slug, filled, facet, types, first_century, last_century, has_image, count(*)
        FROM work
        GROUP BY facet, types, first_century, last_century, has_image
    ), old AS MATERIALIZED (
        SELECT object_number, array_agg(row_hash) AS row_hashes
        FROM production.artwork_release
        WHERE museum = slug AND slot = before
        GROUP BY object_number
    )
    INSERT INTO production.artwork_search_release
    SELECT slug, filled, w.object_number,
           row_number() OVER (ORDER BY has_image DESC, title IS NULL, hashtextextended(w.object_number, 0)) AS place,
           facet, replace(left(production.folded(w.object_number), 200), ' ', ''),
           left(production.folded(left(title, 2000)), 200),
           setweight(to_tsvector('pg_catalog.simple', coalesce(production.folded(left(title, 2000)), '')), 'A')
           || setweight(to_tsvector('pg_catalog.simple',
               coalesce(production.folded(left(array_to_string(artists, ' '), 2000)), '')), 'B')
           || setweight(to_tsvector('pg_catalog.simple',
               production.folded(left(concat_ws(' ', array_to_string(work_types || types, ' '), period), 2000))), 'C')
           || setweight(to_tsvector('pg_catalog.simple', production.folded(left(w.object_number, 2000))), 'D')
           || production.artist_lexemes(w.identities)
           || production.filter_lexemes(types, first_century, last_century, has_image),
           CASE WHEN before IS NULL OR w.row_hash = ANY (o.row_hashes) THEN NULL
                WHEN o.object_number IS NULL THEN 'added'
                ELSE 'changed' END
    FROM work AS w
    LEFT JOIN old AS o ON o.object_number = w.object_number
    ORDER BY place;
    GET DIAGNOSTICS made = ROW_COUNT;
    INSERT INTO production.artwork_word_release
    SELECT slug, filled, word, production.word_stems(word), ndoc
    FROM ts_stat(format('SELECT words FROM production.artwork_search_release WHERE museum = %L AND slot = %s',
        slug, filled), 'ABC');
    INSERT INTO production.artist_work_release
    SELECT slug, filled, w.identity, s.place, s.facet, s.object_number
    FROM (
        SELECT DISTINCT object_number, identity
        FROM production.artwork_identity_release
        WHERE museum = slug AND slot = filled AND identity IS NOT NULL) AS w
    JOIN production.artwork_search_release AS s USING (object_number)
    WHERE s.museum = slug AND s.slot = filled
    ORDER BY w.identity, s.place;
    RETURN made;
END $$;

CREATE FUNCTION production.filter_lexemes(types text[], first_century integer, last_century integer, has_image boolean) RETURNS tsvector
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN array_to_tsvector(ARRAY(SELECT ('==work_type '::text || type.type) FROM unnest(filter_lexemes.types) type(type) UNION ALL SELECT ('==century '::text || century.century) FROM generate_series(filter_lexemes.first_century, filter_lexemes.last_century) century(century) UNION ALL SELECT ('==has_image '::text || filter_lexemes.has_image)));

CREATE FUNCTION production.folded(words text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN btrim(regexp_replace(translate(replace(replace(lower(regexp_replace(NORMALIZE(words, NFKD), '[\u0300-\u036f]'::text, ''::text, 'g'::text)), 'æ'::text, 'ae'::text), 'ß'::text, 'ss'::text), 'øØłŁđĐðÐıþÞ'::text, 'oollddddith'::text), '[\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00bf\u00d7\u00f7\u2000-\u206f\u3000-\u303f]+'::text, ' '::text, 'g'::text));

CREATE FUNCTION production.live_before(slug text) RETURNS bigint
    LANGUAGE sql STABLE
    AS $$
    SELECT max(r.release_id)
    FROM production.release AS r
    JOIN production.promotion AS p ON p.museum = r.museum AND p.to_release = r.release_id
    LEFT JOIN production.current_release AS c ON c.museum = r.museum
    WHERE r.museum = slug AND r.state = 'ready' AND r.message IS NULL
      AND r.release_id <= coalesce(c.release_id - 1, (
          SELECT from_release FROM production.promotion AS q WHERE q.museum = slug ORDER BY q.id DESC LIMIT 1))
$$;

CREATE FUNCTION production.make_views() RETURNS void
    LANGUAGE plpgsql
    AS $$
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
        -- The museum is a constant here, so that a query for one museum leaves the others' branches
        -- out of its plan.
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

CREATE FUNCTION production.query_words(words text) RETURNS TABLE(word text, stems text[], common boolean)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    SELECT w.word, production.word_stems(w.word),
           '{}'::text[] IN (ts_lexize('pg_catalog.english_stem', w.word),
               ts_lexize('pg_catalog.danish_stem', w.word), ts_lexize('pg_catalog.dutch_stem', w.word))
    FROM unnest(string_to_array(production.folded(words), ' ')) WITH ORDINALITY AS w (word, position)
    WHERE w.word <> ''
    GROUP BY w.word
    ORDER BY min(w.position)
$$;

CREATE FUNCTION production.word_stems(word text) RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ARRAY(SELECT DISTINCT stem.stem FROM unnest(((ts_lexize('english_stem'::regdictionary, word_stems.word) || ts_lexize('danish_stem'::regdictionary, word_stems.word)) || ts_lexize('dutch_stem'::regdictionary, word_stems.word))) stem(stem) ORDER BY stem.stem);

CREATE TABLE candidate.made (
    museum text NOT NULL,
    made_at timestamp with time zone NOT NULL,
    counts jsonb NOT NULL
);

COMMENT ON TABLE candidate.made IS 'When each museum''s candidate was made from staging.';

CREATE TABLE documents.record (
    museum text NOT NULL,
    document_id uuid NOT NULL,
    kind text NOT NULL,
    object_number text NOT NULL,
    fields jsonb NOT NULL,
    contract text NOT NULL,
    read_at timestamp with time zone DEFAULT now() NOT NULL
)
PARTITION BY LIST (museum);

CREATE VIEW documents.condition_report AS
 SELECT museum,
    document_id,
    object_number,
    (fields ->> 'condition'::text) AS condition,
    (fields ->> 'damage'::text) AS damage,
    (fields ->> 'treatment'::text) AS treatment,
    (fields ->> 'examiner'::text) AS examiner,
    ((fields ->> 'date'::text))::date AS date
   FROM documents.record
  WHERE (kind = 'condition_report'::text);

CREATE TABLE documents.file (
    museum text NOT NULL,
    document_id uuid NOT NULL,
    version integer NOT NULL,
    key text NOT NULL,
    etag text NOT NULL,
    content_type text NOT NULL,
    encoding text NOT NULL,
    content text NOT NULL,
    size bigint NOT NULL,
    sha256 bytea NOT NULL,
    staged_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT file_encoding_check CHECK ((encoding = ANY (ARRAY['text'::text, 'base64'::text])))
)
PARTITION BY LIST (museum);

COMMENT ON TABLE documents.file IS 'The content as it was read, so that a model''s outage or a new prompt never asks the bucket.';

CREATE VIEW documents.loan_letter AS
 SELECT museum,
    document_id,
    object_number,
    (fields ->> 'lender'::text) AS lender,
    ((fields ->> 'from'::text))::date AS "from",
    ((fields ->> 'to'::text))::date AS "to"
   FROM documents.record
  WHERE (kind = 'loan_letter'::text);

CREATE TABLE documents.object (
    museum text NOT NULL,
    document_id uuid NOT NULL,
    bucket text NOT NULL,
    key text NOT NULL,
    etag text NOT NULL,
    size bigint NOT NULL,
    modified timestamp with time zone NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    first_seen_at timestamp with time zone DEFAULT now() NOT NULL,
    gone_at timestamp with time zone
)
PARTITION BY LIST (museum);

COMMENT ON TABLE documents.object IS 'Every object that matched the museum''s wildcard. document_id stays with it to the end; another etag is a new version.';

CREATE TABLE kiosk.incident (
    at timestamp with time zone NOT NULL,
    exhibition_id integer NOT NULL,
    incident_type smallint NOT NULL,
    occurrence smallint DEFAULT 1 NOT NULL,
    origin "char" NOT NULL,
    museum text NOT NULL,
    CONSTRAINT incident_origin_check CHECK ((origin = ANY (ARRAY['f'::"char", 's'::"char"])))
)
PARTITION BY LIST (museum);

CREATE TABLE kiosk.museum (
    museum text NOT NULL,
    name text NOT NULL,
    timezone text NOT NULL,
    opens time without time zone NOT NULL,
    closes time without time zone NOT NULL,
    closed_on smallint[] DEFAULT '{}'::smallint[] NOT NULL,
    since date DEFAULT '2000-01-01'::date NOT NULL
);

COMMENT ON TABLE kiosk.museum IS 'What the registry says of each museum, written at start-up: the views need its clock.';

COMMENT ON COLUMN kiosk.museum.closed_on IS 'Weekdays without visitors, Monday 1 to Sunday 7.';

COMMENT ON COLUMN kiosk.museum.since IS 'The first day on which it may have had kiosks.';

CREATE TABLE kiosk.review (
    at timestamp with time zone NOT NULL,
    exhibition_id integer NOT NULL,
    rating smallint NOT NULL,
    occurrence smallint DEFAULT 1 NOT NULL,
    origin "char" NOT NULL,
    museum text NOT NULL,
    CONSTRAINT review_origin_check CHECK ((origin = ANY (ARRAY['f'::"char", 's'::"char"])))
)
PARTITION BY LIST (museum);

CREATE VIEW kiosk.presses_by_hour AS
 SELECT p.museum,
    p.exhibition_id,
    ((p.quarter AT TIME ZONE m.timezone))::date AS day,
    (EXTRACT(hour FROM (p.quarter AT TIME ZONE m.timezone)))::smallint AS hour,
    p.rating,
    p.incident_type,
    (sum(p.presses))::bigint AS presses
   FROM (( SELECT review.museum,
            review.exhibition_id,
            date_bin('00:15:00'::interval, review.at, '1970-01-01 00:00:00+00'::timestamp with time zone) AS quarter,
            review.rating,
            NULL::smallint AS incident_type,
            count(*) AS presses
           FROM kiosk.review
          GROUP BY review.museum, review.exhibition_id, (date_bin('00:15:00'::interval, review.at, '1970-01-01 00:00:00+00'::timestamp with time zone)), review.rating
        UNION ALL
         SELECT incident.museum,
            incident.exhibition_id,
            date_bin('00:15:00'::interval, incident.at, '1970-01-01 00:00:00+00'::timestamp with time zone) AS date_bin,
            NULL::smallint,
            incident.incident_type,
            count(*) AS count
           FROM kiosk.incident
          GROUP BY incident.museum, incident.exhibition_id, (date_bin('00:15:00'::interval, incident.at, '1970-01-01 00:00:00+00'::timestamp with time zone)), incident.incident_type) p
     JOIN kiosk.museum m USING (museum))
  GROUP BY p.museum, p.exhibition_id, (((p.quarter AT TIME ZONE m.timezone))::date), ((EXTRACT(hour FROM (p.quarter AT TIME ZONE m.timezone)))::smallint), p.rating, p.incident_type;

COMMENT ON VIEW kiosk.presses_by_hour IS 'Presses by exhibition, local day and hour, and button: an incident has no rating, a rating no incident_type.';

CREATE TABLE kiosk.rating_type (
    museum text NOT NULL,
    rating smallint NOT NULL,
    label text NOT NULL
)
PARTITION BY LIST (museum);

CREATE VIEW kiosk.rating_scale AS
 SELECT museum,
    min(rating) AS lowest,
    max(rating) AS highest,
    format('%s %s to %s %s'::text, min(rating), (array_agg(label ORDER BY rating))[1], max(rating), (array_agg(label ORDER BY rating DESC))[1]) AS scale
   FROM kiosk.rating_type
  GROUP BY museum;

COMMENT ON VIEW kiosk.rating_scale IS 'The scale of every rating and average: 0 Terrible to 4 Amazing unless the registry says otherwise.';

CREATE VIEW kiosk.feedback_by_hour AS
 SELECT p.museum,
    p.exhibition_id,
    p.day,
    p.hour,
    (COALESCE(sum(p.presses) FILTER (WHERE (p.rating IS NOT NULL)), (0)::numeric))::bigint AS reviews,
    (COALESCE(sum((p.rating * p.presses)), (0)::numeric))::bigint AS rating_sum,
    (COALESCE(sum(p.presses) FILTER (WHERE (p.rating = s.highest)), (0)::numeric))::bigint AS top,
    (COALESCE(sum(p.presses) FILTER (WHERE ((p.rating)::numeric > (((s.lowest + s.highest))::numeric / 2.0))), (0)::numeric))::bigint AS positive,
    (COALESCE(sum(p.presses) FILTER (WHERE (p.incident_type IS NOT NULL)), (0)::numeric))::bigint AS incidents
   FROM (kiosk.presses_by_hour p
     JOIN kiosk.rating_scale s USING (museum))
  GROUP BY p.museum, p.exhibition_id, p.day, p.hour;

COMMENT ON VIEW kiosk.feedback_by_hour IS 'Sums to build on: `top` are reviews with the highest rating, `positive` those above the middle of the scale.';

CREATE VIEW kiosk.open_hours AS
 SELECT m.museum,
    (h.hour)::smallint AS hour
   FROM kiosk.museum m,
    generate_series(0, 23) h(hour)
  WHERE (((h.hour)::numeric >= EXTRACT(hour FROM m.opens)) AND ((h.hour)::numeric <= EXTRACT(hour FROM m.closes)));

CREATE VIEW kiosk.hour_feedback AS
 SELECT museum,
    hour,
    (COALESCE(sum(f.reviews), (0)::numeric))::bigint AS reviews,
    ((sum(f.rating_sum) / NULLIF(sum(f.reviews), (0)::numeric)))::double precision AS average_rating,
    (COALESCE(sum(f.incidents), (0)::numeric))::bigint AS incidents
   FROM (kiosk.open_hours
     FULL JOIN kiosk.feedback_by_hour f USING (museum, hour))
  GROUP BY museum, hour;

COMMENT ON VIEW kiosk.hour_feedback IS 'By hour of the day, all days together: every hour of the opening times, and others that have presses.';

CREATE VIEW kiosk.busiest_hours AS
 SELECT museum,
    rank() OVER (PARTITION BY museum ORDER BY (reviews + incidents) DESC) AS rank,
    hour,
    (reviews + incidents) AS presses,
    reviews,
    incidents
   FROM kiosk.hour_feedback
  ORDER BY museum, (rank() OVER (PARTITION BY museum ORDER BY (reviews + incidents) DESC)), hour;

COMMENT ON VIEW kiosk.busiest_hours IS 'Hours by presses, most first: reviews and incidents together, since both are a visitor at a kiosk.';

CREATE VIEW kiosk.day_feedback AS
 SELECT m.museum,
    (c.day)::date AS day,
    (NOT ((EXTRACT(isodow FROM c.day))::smallint = ANY (m.closed_on))) AS open,
    COALESCE(f.reviews, (0)::bigint) AS reviews,
    ((f.rating_sum)::double precision / (NULLIF(f.reviews, 0))::double precision) AS average_rating,
    COALESCE(f.incidents, (0)::bigint) AS incidents
   FROM (((kiosk.museum m
     CROSS JOIN LATERAL ( SELECT ((m.since)::timestamp without time zone AT TIME ZONE m.timezone) AS first,
            (now() + '1 day'::interval) AS last) plausible)
     CROSS JOIN LATERAL ( SELECT generate_series(date_trunc('day'::text, (LEAST(( SELECT min(r.at) AS min
                   FROM kiosk.review r
                  WHERE ((r.museum = m.museum) AND (r.at >= plausible.first))), ( SELECT min(i.at) AS min
                   FROM kiosk.incident i
                  WHERE ((i.museum = m.museum) AND (i.at >= plausible.first)))) AT TIME ZONE m.timezone)), (GREATEST(( SELECT max(r.at) AS max
                   FROM kiosk.review r
                  WHERE ((r.museum = m.museum) AND (r.at <= plausible.last))), ( SELECT max(i.at) AS max
                   FROM kiosk.incident i
                  WHERE ((i.museum = m.museum) AND (i.at <= plausible.last)))) AT TIME ZONE m.timezone), '1 day'::interval) AS day) c)
     LEFT JOIN ( SELECT feedback_by_hour.museum,
            feedback_by_hour.day,
            (sum(feedback_by_hour.reviews))::bigint AS reviews,
            (sum(feedback_by_hour.rating_sum))::bigint AS rating_sum,
            (sum(feedback_by_hour.incidents))::bigint AS incidents
           FROM kiosk.feedback_by_hour
          GROUP BY feedback_by_hour.museum, feedback_by_hour.day) f ON (((f.museum = m.museum) AND (f.day = (c.day)::date))));

COMMENT ON VIEW kiosk.day_feedback IS 'Every day from the first press to the last, those without any included; not the days of presses in the future or before the museum had kiosks.';

CREATE TABLE kiosk.department (
    museum text NOT NULL,
    department_id integer NOT NULL,
    name text NOT NULL
)
PARTITION BY LIST (museum);

ALTER TABLE kiosk.department ALTER COLUMN department_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME kiosk.department_department_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE kiosk.exhibition (
    museum text NOT NULL,
    exhibition_id integer NOT NULL,
    site integer NOT NULL,
    exhibition_code text NOT NULL,
    name text NOT NULL,
    description text,
    department_id integer NOT NULL,
    start_date date,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT exhibition_check CHECK (((exhibition_id = (site + 1)) AND (site >= 0)))
)
PARTITION BY LIST (museum);

COMMENT ON COLUMN kiosk.exhibition.exhibition_id IS 'Site + 1 by construction. Handed out in the order of arrival it once swapped the best exhibition with the worst.';

CREATE VIEW kiosk.department_feedback AS
 SELECT d.museum,
    d.name AS department,
    count(DISTINCT e.exhibition_id) AS exhibitions,
    (COALESCE(sum(f.reviews), (0)::numeric))::bigint AS reviews,
    ((sum(f.rating_sum) / NULLIF(sum(f.reviews), (0)::numeric)))::double precision AS average_rating,
    ((sum(f.top) / NULLIF(sum(f.reviews), (0)::numeric)))::double precision AS top_share,
    (COALESCE(sum(f.incidents), (0)::numeric))::bigint AS incidents
   FROM ((kiosk.department d
     LEFT JOIN kiosk.exhibition e USING (museum, department_id))
     LEFT JOIN kiosk.feedback_by_hour f ON (((f.museum = d.museum) AND (f.exhibition_id = e.exhibition_id))))
  GROUP BY d.museum, d.name;

COMMENT ON COLUMN kiosk.department_feedback.average_rating IS 'Mean of all reviews on the museum''s scale, 0 to 4.';

CREATE TABLE kiosk.floor (
    museum text NOT NULL,
    floor_id integer NOT NULL,
    name text NOT NULL
)
PARTITION BY LIST (museum);

COMMENT ON COLUMN kiosk.floor.name IS 'Text: one of them is the Vault.';

CREATE TABLE kiosk.floor_assignment (
    museum text NOT NULL,
    exhibition_id integer NOT NULL,
    floor_id integer NOT NULL
)
PARTITION BY LIST (museum);

CREATE VIEW kiosk.exhibition_feedback AS
 SELECT e.museum,
    e.exhibition_code,
    e.name AS exhibition,
    d.name AS department,
    a.floors,
    COALESCE(f.reviews, (0)::bigint) AS reviews,
    ((f.rating_sum)::double precision / (NULLIF(f.reviews, 0))::double precision) AS average_rating,
    s.scale,
    ((f.top)::double precision / (NULLIF(f.reviews, 0))::double precision) AS top_share,
    ((f.positive)::double precision / (NULLIF(f.reviews, 0))::double precision) AS positive_share,
    COALESCE(f.incidents, (0)::bigint) AS incidents,
    ((f.incidents)::double precision / (NULLIF(f.reviews, 0))::double precision) AS incidents_per_review
   FROM ((((kiosk.exhibition e
     JOIN kiosk.department d USING (museum, department_id))
     LEFT JOIN kiosk.rating_scale s USING (museum))
     LEFT JOIN ( SELECT floor_assignment.museum,
            floor_assignment.exhibition_id,
            string_agg(l.name, ', '::text ORDER BY l.name) AS floors
           FROM (kiosk.floor_assignment
             JOIN kiosk.floor l USING (museum, floor_id))
          GROUP BY floor_assignment.museum, floor_assignment.exhibition_id) a USING (museum, exhibition_id))
     LEFT JOIN ( SELECT feedback_by_hour.museum,
            feedback_by_hour.exhibition_id,
            (sum(feedback_by_hour.reviews))::bigint AS reviews,
            (sum(feedback_by_hour.rating_sum))::bigint AS rating_sum,
            (sum(feedback_by_hour.top))::bigint AS top,
            (sum(feedback_by_hour.positive))::bigint AS positive,
            (sum(feedback_by_hour.incidents))::bigint AS incidents
           FROM kiosk.feedback_by_hour
          GROUP BY feedback_by_hour.museum, feedback_by_hour.exhibition_id) f USING (museum, exhibition_id));

COMMENT ON COLUMN kiosk.exhibition_feedback.average_rating IS 'Mean of all reviews on the named scale, 0 to 4; empty without any.';

COMMENT ON COLUMN kiosk.exhibition_feedback.top_share IS 'Share of reviews with the highest rating, 0 to 1.';

COMMENT ON COLUMN kiosk.exhibition_feedback.positive_share IS 'Share of reviews above the middle of the scale (3 and 4), 0 to 1.';

CREATE VIEW kiosk.exhibition_hours AS
 SELECT e.museum,
    e.exhibition_code,
    e.name AS exhibition,
    p.hour,
    (COALESCE(sum(p.presses) FILTER (WHERE (p.rating IS NOT NULL)), (0)::numeric))::bigint AS reviews,
    ((sum((p.rating * p.presses)) / NULLIF(sum(p.presses) FILTER (WHERE (p.rating IS NOT NULL)), (0)::numeric)))::double precision AS average_rating,
    (COALESCE(sum(p.presses) FILTER (WHERE ((p.rating)::numeric > w.mean)), (0)::numeric))::bigint AS above_own_mean,
    (COALESCE(sum(p.presses) FILTER (WHERE (p.incident_type IS NOT NULL)), (0)::numeric))::bigint AS incidents
   FROM ((kiosk.exhibition e
     JOIN kiosk.presses_by_hour p USING (museum, exhibition_id))
     LEFT JOIN ( SELECT review.museum,
            review.exhibition_id,
            avg(review.rating) AS mean
           FROM kiosk.review
          GROUP BY review.museum, review.exhibition_id) w USING (museum, exhibition_id))
  GROUP BY e.museum, e.exhibition_code, e.name, p.hour;

COMMENT ON COLUMN kiosk.exhibition_hours.above_own_mean IS 'Reviews above the exhibition''s own mean over all its reviews.';

CREATE TABLE kiosk.incident_type (
    museum text NOT NULL,
    incident_type smallint NOT NULL,
    label text NOT NULL
)
PARTITION BY LIST (museum);

CREATE VIEW kiosk.exhibition_incidents AS
 SELECT e.museum,
    e.exhibition_code,
    e.name AS exhibition,
    t.label AS incident,
    COALESCE(p.presses, (0)::bigint) AS incidents
   FROM ((kiosk.exhibition e
     JOIN kiosk.incident_type t USING (museum))
     LEFT JOIN ( SELECT presses_by_hour.museum,
            presses_by_hour.exhibition_id,
            presses_by_hour.incident_type,
            (sum(presses_by_hour.presses))::bigint AS presses
           FROM kiosk.presses_by_hour
          WHERE (presses_by_hour.incident_type IS NOT NULL)
          GROUP BY presses_by_hour.museum, presses_by_hour.exhibition_id, presses_by_hour.incident_type) p ON (((p.museum = e.museum) AND (p.exhibition_id = e.exhibition_id) AND (p.incident_type = t.incident_type))));

CREATE TABLE kiosk.file (
    museum text NOT NULL,
    key text NOT NULL,
    etag text NOT NULL,
    kind text NOT NULL,
    bytes bigint NOT NULL,
    last_modified timestamp with time zone NOT NULL,
    sha256 bytea,
    outcome text NOT NULL,
    message text,
    rows_read integer DEFAULT 0 NOT NULL,
    loaded integer DEFAULT 0 NOT NULL,
    duplicate integer DEFAULT 0 NOT NULL,
    rejected integer DEFAULT 0 NOT NULL,
    loaded_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT file_check CHECK ((rows_read = ((loaded + duplicate) + rejected))),
    CONSTRAINT file_kind_check CHECK ((kind = ANY (ARRAY['exhibition'::text, 'history'::text]))),
    CONSTRAINT file_outcome_check CHECK ((outcome = ANY (ARRAY['loaded'::text, 'empty'::text, 'same_content'::text, 'refused'::text, 'held'::text, 'accepted'::text, 'unloaded'::text])))
)
PARTITION BY LIST (museum);

COMMENT ON TABLE kiosk.file IS 'What became of every file, written in the transaction that loaded its rows.';

COMMENT ON COLUMN kiosk.file.outcome IS 'held: a person decides whether it is loaded; accepted: the next load loads it; unloaded: what it loaded was taken back.';

CREATE VIEW kiosk.floor_feedback AS
 SELECT l.museum,
    l.name AS floor,
    count(DISTINCT a.exhibition_id) AS exhibitions,
    (COALESCE(sum(f.reviews), (0)::numeric))::bigint AS reviews,
    ((sum(f.rating_sum) / NULLIF(sum(f.reviews), (0)::numeric)))::double precision AS average_rating,
    ((sum(f.top) / NULLIF(sum(f.reviews), (0)::numeric)))::double precision AS top_share,
    (COALESCE(sum(f.incidents), (0)::numeric))::bigint AS incidents
   FROM ((kiosk.floor l
     LEFT JOIN kiosk.floor_assignment a USING (museum, floor_id))
     LEFT JOIN kiosk.feedback_by_hour f ON (((f.museum = l.museum) AND (f.exhibition_id = a.exhibition_id))))
  GROUP BY l.museum, l.name;

COMMENT ON VIEW kiosk.floor_feedback IS 'An exhibition on two floors counts on both.';

COMMENT ON COLUMN kiosk.floor_feedback.average_rating IS 'Mean of all reviews on the museum''s scale, 0 to 4.';

ALTER TABLE kiosk.floor ALTER COLUMN floor_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME kiosk.floor_floor_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE VIEW kiosk.half_day_feedback AS
 SELECT e.museum,
    e.exhibition_code,
    e.name AS exhibition,
    h.half,
    (COALESCE(sum(f.reviews), (0)::numeric))::bigint AS reviews,
    ((sum(f.rating_sum) / NULLIF(sum(f.reviews), (0)::numeric)))::double precision AS average_rating,
    (COALESCE(sum(f.positive), (0)::numeric))::bigint AS positive,
    (COALESCE(sum(f.incidents), (0)::numeric))::bigint AS incidents
   FROM ((kiosk.exhibition e
     CROSS JOIN ( VALUES ('before 13:00'::text,0,12), ('from 13:00'::text,13,23)) h(half, first, last))
     LEFT JOIN kiosk.feedback_by_hour f ON (((f.museum = e.museum) AND (f.exhibition_id = e.exhibition_id) AND ((f.hour >= h.first) AND (f.hour <= h.last)))))
  GROUP BY e.museum, e.exhibition_code, e.name, h.half;

CREATE VIEW kiosk.hour_incidents AS
 SELECT museum,
    hour,
    t.label AS incident,
    (COALESCE(sum(p.presses) FILTER (WHERE (p.incident_type = t.incident_type)), (0)::numeric))::bigint AS incidents
   FROM ((kiosk.open_hours
     FULL JOIN ( SELECT presses_by_hour.museum,
            presses_by_hour.hour,
            presses_by_hour.incident_type,
            (sum(presses_by_hour.presses))::bigint AS presses
           FROM kiosk.presses_by_hour
          WHERE (presses_by_hour.incident_type IS NOT NULL)
          GROUP BY presses_by_hour.museum, presses_by_hour.hour, presses_by_hour.incident_type) p USING (museum, hour))
     JOIN kiosk.incident_type t USING (museum))
  GROUP BY museum, hour, t.label;

COMMENT ON VIEW kiosk.hour_incidents IS 'Every hour of the opening times, and others that have incidents.';

CREATE VIEW kiosk.rating_distribution AS
 SELECT e.museum,
    e.exhibition_code,
    e.name AS exhibition,
    t.rating,
    t.label,
    COALESCE(p.presses, (0)::bigint) AS reviews,
    ((COALESCE(p.presses, (0)::bigint))::double precision / (NULLIF(sum(p.presses) OVER (PARTITION BY e.museum, e.exhibition_code), (0)::numeric))::double precision) AS share
   FROM ((kiosk.exhibition e
     JOIN kiosk.rating_type t USING (museum))
     LEFT JOIN ( SELECT presses_by_hour.museum,
            presses_by_hour.exhibition_id,
            presses_by_hour.rating,
            (sum(presses_by_hour.presses))::bigint AS presses
           FROM kiosk.presses_by_hour
          WHERE (presses_by_hour.rating IS NOT NULL)
          GROUP BY presses_by_hour.museum, presses_by_hour.exhibition_id, presses_by_hour.rating) p ON (((p.museum = e.museum) AND (p.exhibition_id = e.exhibition_id) AND (p.rating = t.rating))));

CREATE TABLE kiosk.stream_position (
    museum text NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    next_offset bigint NOT NULL,
    generation integer DEFAULT 0 NOT NULL,
    anchor bytea,
    messages bigint DEFAULT 0 NOT NULL,
    loaded bigint DEFAULT 0 NOT NULL,
    duplicate bigint DEFAULT 0 NOT NULL,
    rejected bigint DEFAULT 0 NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT stream_position_check CHECK ((messages = ((loaded + duplicate) + rejected)))
)
PARTITION BY LIST (museum);

COMMENT ON TABLE kiosk.stream_position IS 'Where the stream is read on, written in the transaction that wrote the presses before it.';

COMMENT ON COLUMN kiosk.stream_position.generation IS 'How often the topic was made anew, so that its offsets began again.';

COMMENT ON COLUMN kiosk.stream_position.anchor IS 'Digest of the message before next_offset: when another one stands there, the topic was made anew.';

CREATE VIEW kiosk.week_feedback AS
 SELECT museum,
    week,
    reviews,
    average_rating,
    incidents,
    (reviews - lag(reviews) OVER w) AS reviews_change,
    (average_rating - lag(average_rating) OVER w) AS average_rating_change,
    (incidents - lag(incidents) OVER w) AS incidents_change
   FROM ( SELECT day_feedback.museum,
            (date_trunc('week'::text, (day_feedback.day)::timestamp with time zone))::date AS week,
            (sum(day_feedback.reviews))::bigint AS reviews,
            (sum((day_feedback.average_rating * (day_feedback.reviews)::double precision)) / (NULLIF(sum(day_feedback.reviews), (0)::numeric))::double precision) AS average_rating,
            (sum(day_feedback.incidents))::bigint AS incidents
           FROM kiosk.day_feedback
          GROUP BY day_feedback.museum, ((date_trunc('week'::text, (day_feedback.day)::timestamp with time zone))::date)) weeks
  WINDOW w AS (PARTITION BY museum ORDER BY week);

COMMENT ON VIEW kiosk.week_feedback IS 'Weeks from Monday, against the week before; the first and the last may be only partly recorded.';

CREATE TABLE ops.abandoned_output (
    museum text NOT NULL,
    stage text NOT NULL,
    output text NOT NULL
);

COMMENT ON TABLE ops.abandoned_output IS 'Outputs that a record stopped standing for, noted with the ledger rows that say so. They are removed when the run has committed everything, unless another record stands for them by then.';

CREATE TABLE ops.archive_current (
    source text NOT NULL,
    import_id bigint NOT NULL,
    since timestamp with time zone DEFAULT now() NOT NULL
);

COMMENT ON TABLE ops.archive_current IS 'The import that a source''s view shows: the latest one of the latest year.';

CREATE TABLE ops.archive_duplicate (
    import_id bigint NOT NULL,
    "position" bigint NOT NULL,
    first_position bigint NOT NULL
);

COMMENT ON TABLE ops.archive_duplicate IS 'Rows left out because an earlier row of the import has the same key, by their number among the rows read.';

CREATE TABLE ops.archive_import (
    id bigint NOT NULL,
    source text NOT NULL,
    year integer,
    files jsonb NOT NULL,
    content_hash bytea NOT NULL,
    contract text NOT NULL,
    state text DEFAULT 'loading'::text NOT NULL,
    partial boolean DEFAULT false NOT NULL,
    checkpoint jsonb,
    rows_read bigint DEFAULT 0 NOT NULL,
    loaded bigint DEFAULT 0 NOT NULL,
    rejected bigint DEFAULT 0 NOT NULL,
    duplicate bigint DEFAULT 0 NOT NULL,
    codes jsonb DEFAULT '{}'::jsonb NOT NULL,
    message text,
    started_at timestamp with time zone DEFAULT now() NOT NULL,
    ended_at timestamp with time zone,
    CONSTRAINT archive_import_check CHECK ((rows_read = ((loaded + rejected) + duplicate))),
    CONSTRAINT archive_import_state_check CHECK ((state = ANY (ARRAY['loading'::text, 'held'::text, 'loaded'::text, 'failed'::text, 'rolled_back'::text])))
);

COMMENT ON TABLE ops.archive_import IS 'One import of a declared source as a whole. loading: resumed at its checkpoint; held: loaded but for rejected rows, and not current until somebody asks for a partial import; failed and rolled_back have left no rows.';

COMMENT ON COLUMN ops.archive_import.content_hash IS 'SHA-256 of the SHA-256 of what the members hold that were read, whatever archive is around them. With the contract it says what an import is made of.';

COMMENT ON COLUMN ops.archive_import.codes IS 'Rejected rows by code. The rows themselves are dead letters.';

ALTER TABLE ops.archive_import ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME ops.archive_import_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE ops.authority_answer (
    authority text NOT NULL,
    digest bytea NOT NULL,
    asked jsonb NOT NULL,
    answer jsonb NOT NULL,
    answered_at timestamp with time zone DEFAULT now() NOT NULL
);

COMMENT ON TABLE ops.authority_answer IS 'What an authority answered to a question, kept for good: the same is not asked twice.';

COMMENT ON COLUMN ops.authority_answer.digest IS 'SHA-256 of what was asked.';

CREATE TABLE ops.correction (
    id bigint NOT NULL,
    museum text NOT NULL,
    record_id text NOT NULL,
    kind text NOT NULL,
    field text DEFAULT ''::text NOT NULL,
    value jsonb,
    replaced jsonb,
    seen jsonb,
    why text NOT NULL,
    made_by text NOT NULL,
    made_at timestamp with time zone DEFAULT now() NOT NULL,
    until date,
    dropped_at timestamp with time zone,
    dropped_by text,
    CONSTRAINT correction_check CHECK (((kind = 'refuse'::text) OR ((kind = ANY (ARRAY['field'::text, 'term'::text, 'merge'::text, 'split'::text])) = (field <> ''::text)))),
    CONSTRAINT correction_check1 CHECK (((dropped_at IS NULL) = (dropped_by IS NULL))),
    CONSTRAINT correction_kind_check CHECK ((kind = ANY (ARRAY['field'::text, 'exclude'::text, 'wins'::text, 'term'::text, 'accept'::text, 'refuse'::text, 'merge'::text, 'split'::text]))),
    CONSTRAINT correction_made_by_check CHECK ((made_by <> ''::text)),
    CONSTRAINT correction_record_check CHECK (((kind = 'term'::text) = (record_id = ''::text))),
    CONSTRAINT correction_why_check CHECK ((why <> ''::text))
);

COMMENT ON TABLE ops.correction IS 'What a person decided over a museum''s record: a field''s value, that the work is excluded, or that this record wins over the one in value, which has the same object number. Rows are never deleted: one that was taken back or replaced has dropped_at.';

COMMENT ON COLUMN ops.correction.replaced IS 'What the museum said when the correction was made.';

COMMENT ON COLUMN ops.correction.seen IS 'What the museum said when a person last looked: the same, or what they kept the correction over.';

COMMENT ON COLUMN ops.correction.until IS 'The last day on which it holds; null: until it is taken back.';

ALTER TABLE ops.correction ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME ops.correction_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE VIEW ops.correction_in_effect AS
 SELECT museum,
    record_id,
    bool_or((kind = 'wins'::text)) AS wins,
    jsonb_agg(jsonb_build_object('id', id, 'kind', kind, 'field', field, 'value', value, 'by', made_by, 'why', why) ORDER BY id) AS corrections
   FROM ( SELECT correction.museum,
            correction.record_id,
            correction.id,
            correction.kind,
            correction.field,
            correction.value,
            correction.made_by,
            correction.why
           FROM ops.correction
          WHERE ((correction.dropped_at IS NULL) AND ((correction.until IS NULL) OR (correction.until >= CURRENT_DATE)) AND (correction.kind = ANY (ARRAY['field'::text, 'exclude'::text, 'wins'::text, 'term'::text])))
        UNION ALL
         SELECT correction.museum,
            (correction.value #>> '{}'::text[]),
            correction.id,
            'loses'::text,
            correction.field,
            correction.value,
            correction.made_by,
            correction.why
           FROM ops.correction
          WHERE ((correction.kind = 'wins'::text) AND (correction.dropped_at IS NULL) AND ((correction.until IS NULL) OR (correction.until >= CURRENT_DATE)))) each
  GROUP BY museum, record_id;

CREATE TABLE ops.dead_letter (
    id bigint NOT NULL,
    source text NOT NULL,
    museum text NOT NULL,
    place text NOT NULL,
    reasons text[] NOT NULL,
    message text,
    body bytea NOT NULL,
    context jsonb DEFAULT '{}'::jsonb NOT NULL,
    state text DEFAULT 'open'::text NOT NULL,
    arrived_at timestamp with time zone DEFAULT now() NOT NULL,
    replays integer DEFAULT 0 NOT NULL,
    settled_at timestamp with time zone,
    settled_by text,
    note text,
    CONSTRAINT dead_letter_check CHECK (((state = 'open'::text) = (settled_at IS NULL))),
    CONSTRAINT dead_letter_reasons_check CHECK ((cardinality(reasons) > 0)),
    CONSTRAINT dead_letter_state_check CHECK ((state = ANY (ARRAY['open'::text, 'replayed'::text, 'closed'::text])))
);

COMMENT ON COLUMN ops.dead_letter.source IS 'Who refused it, such as kiosk_file or kiosk_stream; names what replays it.';

COMMENT ON COLUMN ops.dead_letter.place IS 'Where it came from, so that reading it twice makes one letter: file and line, topic, partition and offset.';

COMMENT ON COLUMN ops.dead_letter.replays IS 'Replays that were refused again.';

COMMENT ON COLUMN ops.dead_letter.settled_by IS 'Who replayed or closed it: a person, or the asset that did so by itself.';

ALTER TABLE ops.dead_letter ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME ops.dead_letter_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE ops.drift_acceptance (
    id bigint NOT NULL,
    museum text NOT NULL,
    finding text NOT NULL,
    accepted_at timestamp with time zone DEFAULT now() NOT NULL,
    accepted_by text NOT NULL,
    why text NOT NULL,
    until timestamp with time zone NOT NULL,
    used_in bigint,
    CONSTRAINT drift_acceptance_accepted_by_check CHECK ((accepted_by <> ''::text)),
    CONSTRAINT drift_acceptance_why_check CHECK ((why <> ''::text))
);

COMMENT ON TABLE ops.drift_acceptance IS 'Drift that a person expects: it holds for one release, and until it expires.';

ALTER TABLE ops.drift_acceptance ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME ops.drift_acceptance_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE ops.harvest (
    id bigint NOT NULL,
    museum text NOT NULL,
    since timestamp with time zone,
    state text DEFAULT 'open'::text NOT NULL,
    started_at timestamp with time zone DEFAULT now() NOT NULL,
    ended_at timestamp with time zone,
    checkpoint jsonb,
    counts jsonb DEFAULT '{}'::jsonb NOT NULL,
    CONSTRAINT harvest_state_check CHECK ((state = ANY (ARRAY['open'::text, 'complete'::text, 'short'::text, 'restarted'::text, 'retried'::text])))
);

COMMENT ON TABLE ops.harvest IS 'One walk of a museum''s listing. An open one is resumed from its checkpoint; only a complete one withdraws records.';

ALTER TABLE ops.harvest ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME ops.harvest_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE ops.harvest_page (
    harvest_id bigint NOT NULL,
    scope text NOT NULL,
    record_ids jsonb NOT NULL
);

COMMENT ON TABLE ops.harvest_page IS 'The ids an open harvest has met, so that raw.record need not be touched for them.';

CREATE TABLE ops.host_rate (
    host text NOT NULL,
    rate double precision NOT NULL,
    ceiling double precision NOT NULL,
    next_slot timestamp with time zone NOT NULL,
    slowed_until timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    slowed_at timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    raised_at timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    CONSTRAINT host_rate_ceiling_check CHECK ((ceiling > (0)::double precision)),
    CONSTRAINT host_rate_rate_check CHECK ((rate > (0)::double precision))
);

COMMENT ON TABLE ops.host_rate IS 'The pace at which each host is asked, over all runs together.';

COMMENT ON COLUMN ops.host_rate.host IS 'host, or host:port when the port is not the default one';

COMMENT ON COLUMN ops.host_rate.rate IS 'requests per second now';

COMMENT ON COLUMN ops.host_rate.ceiling IS 'the fastest polite pace, requests per second; the rate climbs back to it';

COMMENT ON COLUMN ops.host_rate.next_slot IS 'the first moment that no run has reserved yet';

COMMENT ON COLUMN ops.host_rate.slowed_until IS 'the host asked for silence until then (Retry-After, bot wall)';

COMMENT ON COLUMN ops.host_rate.slowed_at IS 'when the rate was last halved';

COMMENT ON COLUMN ops.host_rate.raised_at IS 'when the rate was last raised';

CREATE TABLE ops.ledger (
    museum text NOT NULL,
    stage text NOT NULL,
    record_id text NOT NULL,
    input_hash bytea NOT NULL,
    contract text NOT NULL,
    outcome text NOT NULL,
    code text,
    message text,
    permanent boolean DEFAULT false NOT NULL,
    attempts integer DEFAULT 1 NOT NULL,
    attempted_at timestamp with time zone DEFAULT now() NOT NULL,
    next_attempt_at timestamp with time zone,
    output text,
    output_hash bytea,
    CONSTRAINT ledger_check CHECK (((outcome = 'done'::text) = (code IS NULL))),
    CONSTRAINT ledger_outcome_check CHECK ((outcome = ANY (ARRAY['done'::text, 'rejected'::text, 'duplicate'::text, 'failed'::text])))
)
PARTITION BY LIST (museum);

COMMENT ON TABLE ops.ledger IS 'Per stage and record: the fingerprint (input_hash, contract) last processed and what came of it. A stage''s work list is every current input whose fingerprint differs from the one here.';

COMMENT ON COLUMN ops.ledger.output IS 'What the stage made outside Postgres (S3 key, point id), or the record id of the winner for a duplicate.';

COMMENT ON COLUMN ops.ledger.output_hash IS 'SHA-256 of the row that was written, as ops.output_<stage> makes it of the row as it is.';

CREATE TABLE staging.thumbnail (
    museum text NOT NULL,
    record_id text NOT NULL,
    s3_key text NOT NULL,
    sha256 bytea NOT NULL,
    width integer NOT NULL,
    height integer NOT NULL,
    bytes integer NOT NULL,
    source_url text NOT NULL,
    etag text,
    last_modified text,
    stored_at timestamp with time zone DEFAULT now() NOT NULL
)
PARTITION BY LIST (museum);

CREATE VIEW ops.input_image AS
 SELECT t.museum,
    t.record_id,
    sha256((t.sha256 || convert_to(p.output, 'UTF8'::name))) AS input_hash,
    t.sha256 AS content_hash,
    t.s3_key,
    p.output AS point_id
   FROM (staging.thumbnail t
     JOIN ops.ledger p ON (((p.museum = t.museum) AND (p.stage = 'indexed_artworks'::text) AND (p.record_id = t.record_id) AND (p.outcome = 'done'::text))));

CREATE TABLE staging.artwork (
    museum text NOT NULL,
    record_id text NOT NULL,
    record_seq bigint NOT NULL,
    object_number text NOT NULL,
    museum_db_id text NOT NULL,
    title text,
    artists text[] NOT NULL,
    production_date_start integer,
    production_date_end integer,
    period text,
    work_types text[] NOT NULL,
    searchable_work_types text[] NOT NULL,
    thumbnail_url text NOT NULL,
    image_url text,
    rights text NOT NULL,
    source_url text,
    search_text text,
    row_hash bytea NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    text_repairs text[] DEFAULT '{}'::text[] NOT NULL
)
PARTITION BY LIST (museum);

COMMENT ON COLUMN staging.artwork.search_text IS 'What the text embeddings read; null for an untitled work.';

COMMENT ON COLUMN staging.artwork.row_hash IS 'SHA-256 of what the vector index shows of the artwork.';

COMMENT ON COLUMN staging.artwork.text_repairs IS 'What was wrong with the museum''s text and was repaired, such as "title: windows_1252"; empty where nothing was.';

CREATE VIEW ops.input_text AS
 SELECT a.museum,
    a.record_id,
    sha256((sha256(convert_to(a.search_text, 'UTF8'::name)) || convert_to(p.output, 'UTF8'::name))) AS input_hash,
    sha256(convert_to(a.search_text, 'UTF8'::name)) AS content_hash,
    a.search_text,
    p.output AS point_id
   FROM (staging.artwork a
     JOIN ops.ledger p ON (((p.museum = a.museum) AND (p.stage = 'indexed_artworks'::text) AND (p.record_id = a.record_id) AND (p.outcome = 'done'::text))))
  WHERE (a.search_text IS NOT NULL);

CREATE VIEW ops.index_status AS
 SELECT a.museum,
    a.record_id,
    a.object_number,
    sha256((a.row_hash || COALESCE(v.said, '\x'::bytea))) AS digest,
    COALESCE(v.vectors, '{}'::text[]) AS vectors,
    COALESCE(v.contracts, '{}'::text[]) AS contracts,
    COALESCE(v.contents, '{}'::bytea[]) AS contents
   FROM (staging.artwork a
     LEFT JOIN ( SELECT l.museum,
            l.record_id,
            array_agg(l.stage ORDER BY l.stage) AS vectors,
            array_agg(l.model ORDER BY l.stage) AS contracts,
            array_agg(i.content_hash ORDER BY l.stage) AS contents,
            string_agg(sha256((convert_to((((l.stage || '
'::text) || l.model) || '
'::text), 'UTF8'::name) || i.content_hash)), '\x'::bytea ORDER BY l.stage) AS said
           FROM (( SELECT ledger.museum,
                    ledger.stage,
                    ledger.record_id,
                    ledger.input_hash,
                    split_part(ledger.contract, ' in '::text, 1) AS model
                   FROM ops.ledger
                  WHERE (ledger.outcome = 'done'::text)) l
             JOIN ( SELECT input_image.museum,
                    input_image.record_id,
                    input_image.input_hash,
                    input_image.content_hash
                   FROM ops.input_image
                UNION ALL
                 SELECT input_text.museum,
                    input_text.record_id,
                    input_text.input_hash,
                    input_text.content_hash
                   FROM ops.input_text) i USING (museum, record_id, input_hash))
          GROUP BY l.museum, l.record_id) v USING (museum, record_id));

CREATE TABLE staging.artist_identities (
    museum text NOT NULL,
    maker_key text NOT NULL,
    authority text,
    identity text,
    label text,
    method text,
    score real,
    candidates jsonb NOT NULL,
    contradiction text,
    decided_by bigint,
    answered_at timestamp with time zone,
    CONSTRAINT artist_identities_method_check CHECK ((method = ANY (ARRAY['given'::text, 'reconciled'::text, 'curated'::text]))),
    CONSTRAINT artist_identities_score_check CHECK (((score >= (0)::double precision) AND (score <= (1)::double precision)))
)
PARTITION BY LIST (museum);

COMMENT ON TABLE staging.artist_identities IS 'Who each of a museum''s makers is at an authority. Without a method, candidates make it a question to a person; without candidates, nobody there is alike.';

COMMENT ON COLUMN staging.artist_identities.contradiction IS 'What the data says against the decision of a person, which stands.';

COMMENT ON COLUMN staging.artist_identities.answered_at IS 'When the authority answered; null where the museum''s own link says it.';

CREATE VIEW ops.input_artist_facts AS
 SELECT DISTINCT museum,
    ((authority || ':'::text) || identity) AS record_id,
    sha256(convert_to(((authority || ':'::text) || identity), 'UTF8'::name)) AS input_hash,
    authority,
    identity
   FROM staging.artist_identities
  WHERE (identity IS NOT NULL);

CREATE VIEW ops.maker_decisions AS
 SELECT museum,
    record_id AS maker_key,
    jsonb_agg(jsonb_build_object('id', id, 'kind', kind, 'value', value, 'seen', seen, 'by', made_by) ORDER BY id) AS decisions
   FROM ops.correction
  WHERE ((dropped_at IS NULL) AND ((until IS NULL) OR (until >= CURRENT_DATE)) AND (kind = ANY (ARRAY['accept'::text, 'refuse'::text])))
  GROUP BY museum, record_id;

CREATE TABLE staging.makers (
    museum text NOT NULL,
    object_number text NOT NULL,
    "position" integer NOT NULL,
    maker_key text NOT NULL,
    name text NOT NULL,
    role text,
    qualifier text,
    birth_year integer,
    death_year integer,
    dates text,
    nationality text,
    museum_id text,
    links text[] NOT NULL
)
PARTITION BY LIST (museum);

COMMENT ON TABLE staging.makers IS 'The makers of each artwork as the museum has them; maker_key tells one from the museum''s others.';

COMMENT ON COLUMN staging.makers.qualifier IS 'What sets the work apart from the person named ("after", "school of"); null where nothing does.';

CREATE VIEW ops.input_artist_identities AS
 SELECT m.museum,
    m.maker_key AS record_id,
    sha256(record_send(ROW(m.name, m.birth_year, m.death_year, m.nationality, m.qualifier, m.links, (d.decisions)::text))) AS input_hash,
    m.name,
    m.birth_year,
    m.death_year,
    m.nationality,
    m.qualifier,
    m.links,
    d.decisions
   FROM (( SELECT makers.museum,
            makers.maker_key,
            min(makers.name) AS name,
            max(makers.birth_year) AS birth_year,
            max(makers.death_year) AS death_year,
            min(makers.nationality) AS nationality,
            max(makers.qualifier) AS qualifier,
            max(makers.links) AS links
           FROM staging.makers
          GROUP BY makers.museum, makers.maker_key) m
     LEFT JOIN ops.maker_decisions d ON (((d.museum = m.museum) AND (d.maker_key = m.maker_key))));

CREATE TABLE ops.setting (
    name text NOT NULL,
    value text NOT NULL
);

COMMENT ON TABLE ops.setting IS 'Settings that views need; written from the environment at start-up.';

CREATE VIEW ops.input_document_files AS
 SELECT museum,
    (document_id)::text AS record_id,
    sha256(convert_to(((key || '
'::text) || etag), 'UTF8'::name)) AS input_hash,
    key,
    etag,
    size,
    version
   FROM documents.object
  WHERE ((gone_at IS NULL) OR (gone_at > (now() - make_interval(days => ( SELECT (setting.value)::integer AS value
           FROM ops.setting
          WHERE (setting.name = 'withdrawal_grace_days'::text))))));

CREATE VIEW ops.input_document_records AS
 SELECT museum,
    (document_id)::text AS record_id,
    sha256((sha256 || convert_to(((key || '
'::text) || content_type), 'UTF8'::name))) AS input_hash,
    key,
    content_type,
    encoding
   FROM documents.file;

CREATE VIEW ops.input_indexed_artworks AS
 SELECT museum,
    record_id,
    row_hash AS input_hash,
    object_number,
    museum_db_id,
    title,
    artists,
    production_date_start,
    production_date_end,
    period,
    work_types,
    searchable_work_types
   FROM staging.artwork;

CREATE TABLE staging.materials (
    museum text NOT NULL,
    object_number text NOT NULL,
    "position" integer NOT NULL,
    material_key text NOT NULL,
    term text NOT NULL,
    language text,
    museum_id text,
    links text[] NOT NULL
)
PARTITION BY LIST (museum);

COMMENT ON TABLE staging.materials IS 'The materials and techniques of each artwork as the museum has them, in several texts or in one.';

CREATE VIEW ops.input_material_terms AS
 SELECT museum,
    material_key AS record_id,
    sha256(record_send(ROW(term, links))) AS input_hash,
    term,
    links
   FROM ( SELECT materials.museum,
            materials.material_key,
            min(materials.term) AS term,
            max(materials.links) AS links
           FROM staging.materials
          GROUP BY materials.museum, materials.material_key) m;

CREATE TABLE ops.notice (
    id bigint NOT NULL,
    partition text NOT NULL,
    asset text NOT NULL,
    reason text NOT NULL,
    message text NOT NULL,
    run_id text NOT NULL,
    first_at timestamp with time zone NOT NULL,
    last_at timestamp with time zone NOT NULL,
    seen integer NOT NULL,
    round integer DEFAULT 1 NOT NULL,
    round_at timestamp with time zone NOT NULL,
    earlier integer DEFAULT 0 NOT NULL,
    channels text[] NOT NULL,
    fingerprint bytea GENERATED ALWAYS AS (sha256((int8send(id) || int4send(round)))) STORED NOT NULL
);

COMMENT ON TABLE ops.notice IS 'One row per partition, asset and reason. A round is told once: repeats within NOTICE_WINDOW_MINUTES of its beginning are only counted, a later one begins the next round. message and run_id are those of the last time.';

COMMENT ON COLUMN ops.notice.earlier IS 'How often it had happened when the round began.';

COMMENT ON COLUMN ops.notice.channels IS 'Channels that were configured when the round began: these are owed the notice.';

CREATE VIEW ops.input_notice AS
 SELECT 'notices'::text AS museum,
    (id)::text AS record_id,
    fingerprint AS input_hash,
    partition,
    asset,
    reason,
    message,
    run_id,
    first_at,
    last_at,
    seen,
    round,
    earlier,
    channels
   FROM ops.notice;

CREATE VIEW ops.input_notice_mail AS
 SELECT museum,
    record_id,
    input_hash,
    partition,
    asset,
    reason,
    message,
    run_id,
    first_at,
    last_at,
    seen,
    round,
    earlier,
    channels
   FROM ops.input_notice
  WHERE ('mail'::text = ANY (channels));

CREATE VIEW ops.input_notice_webhook AS
 SELECT museum,
    record_id,
    input_hash,
    partition,
    asset,
    reason,
    message,
    run_id,
    first_at,
    last_at,
    seen,
    round,
    earlier,
    channels
   FROM ops.input_notice
  WHERE ('webhook'::text = ANY (channels));

CREATE TABLE staging.places (
    museum text NOT NULL,
    object_number text NOT NULL,
    "position" integer NOT NULL,
    place_key text NOT NULL,
    name text NOT NULL,
    role text,
    relation text,
    within text,
    museum_id text,
    links text[] NOT NULL,
    CONSTRAINT places_role_check CHECK ((role = ANY (ARRAY['made'::text, 'found'::text, 'depicted'::text])))
)
PARTITION BY LIST (museum);

COMMENT ON TABLE staging.places IS 'The places of each artwork as the museum has them; place_key tells one from the museum''s others.';

COMMENT ON COLUMN staging.places.relation IS 'How the museum writes what the place is to the work, such as "Possibly from".';

COMMENT ON COLUMN staging.places.within IS 'The larger place that the museum names beside.';

CREATE VIEW ops.input_place_coordinates AS
 SELECT museum,
    place_key AS record_id,
    sha256(record_send(ROW(name, within, links))) AS input_hash,
    name,
    within,
    links
   FROM ( SELECT places.museum,
            places.place_key,
            min(places.name) AS name,
            min(places.within) AS within,
            max(places.links) AS links
           FROM staging.places
          GROUP BY places.museum, places.place_key) p;

CREATE VIEW ops.input_stored_thumbnails AS
 SELECT museum,
    record_id,
    sha256(convert_to(((object_number || '
'::text) || thumbnail_url), 'UTF8'::name)) AS input_hash,
    object_number,
    thumbnail_url
   FROM staging.artwork;

CREATE TABLE staging.subjects (
    museum text NOT NULL,
    object_number text NOT NULL,
    "position" integer NOT NULL,
    subject_key text NOT NULL,
    name text NOT NULL,
    language text,
    kind text,
    museum_id text,
    links text[] NOT NULL,
    CONSTRAINT subjects_kind_check CHECK ((kind = 'person'::text))
)
PARTITION BY LIST (museum);

COMMENT ON TABLE staging.subjects IS 'What each artwork shows as the museum has it; subject_key tells one subject from the museum''s others. Places that are shown stand in staging.places.';

COMMENT ON COLUMN staging.subjects.kind IS 'person for somebody who is portrayed under a name; the museum says no kind of all else.';

CREATE VIEW ops.input_subject_identities AS
 SELECT museum,
    subject_key AS record_id,
    sha256(record_send(ROW(name, language, kind, links))) AS input_hash,
    name,
    language,
    kind,
    links
   FROM ( SELECT subjects.museum,
            subjects.subject_key,
            min(subjects.name) AS name,
            min(subjects.language) AS language,
            min(subjects.kind) AS kind,
            max(subjects.links) AS links
           FROM staging.subjects
          GROUP BY subjects.museum, subjects.subject_key) s;

CREATE VIEW ops.input_thumbnail_colours AS
 SELECT museum,
    record_id,
    sha256 AS input_hash,
    s3_key
   FROM staging.thumbnail;

CREATE SEQUENCE raw.record_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

CREATE TABLE raw.record (
    museum text NOT NULL,
    record_id text NOT NULL,
    seq bigint DEFAULT nextval('raw.record_seq'::regclass) NOT NULL,
    payload_hash bytea NOT NULL,
    fetched_at timestamp with time zone DEFAULT now() NOT NULL,
    withdrawn_at timestamp with time zone,
    withdrawn_reason text,
    payload jsonb NOT NULL
)
PARTITION BY LIST (museum);

COMMENT ON TABLE raw.record IS 'One row per record as the museum sent it; withdrawn_at and withdrawn_reason are the tombstone.';

CREATE VIEW ops.input_transformed_artworks AS
 SELECT r.museum,
    r.record_id,
        CASE
            WHEN (c.record_id IS NULL) THEN r.payload_hash
            ELSE sha256((r.payload_hash || convert_to((c.corrections)::text, 'UTF8'::name)))
        END AS input_hash,
        CASE
            WHEN c.wins THEN (r.seq - '4611686018427387904'::bigint)
            ELSE r.seq
        END AS seq,
    r.payload,
    c.corrections
   FROM (raw.record r
     LEFT JOIN ops.correction_in_effect c ON (((c.museum = r.museum) AND (c.record_id = r.record_id))))
  WHERE ((r.withdrawn_at IS NULL) OR (r.withdrawn_at > (now() - make_interval(days => ( SELECT (setting.value)::integer AS value
           FROM ops.setting
          WHERE (setting.name = 'withdrawal_grace_days'::text))))));

CREATE VIEW ops.input_work_type_terms AS
 SELECT museum,
    record_id,
    sha256(convert_to(array_to_string(searchable_work_types, ','::text), 'UTF8'::name)) AS input_hash,
    searchable_work_types
   FROM staging.artwork;

CREATE TABLE ops.notice_event (
    event text NOT NULL,
    seen_at timestamp with time zone DEFAULT now() NOT NULL
);

COMMENT ON TABLE ops.notice_event IS 'Events that are counted already: a sensor whose tick dies reads the same ones again.';

ALTER TABLE ops.notice ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME ops.notice_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE ops.notices_ledger (
    museum text CONSTRAINT ledger_museum_not_null NOT NULL,
    stage text CONSTRAINT ledger_stage_not_null NOT NULL,
    record_id text CONSTRAINT ledger_record_id_not_null NOT NULL,
    input_hash bytea CONSTRAINT ledger_input_hash_not_null NOT NULL,
    contract text CONSTRAINT ledger_contract_not_null NOT NULL,
    outcome text CONSTRAINT ledger_outcome_not_null NOT NULL,
    code text,
    message text,
    permanent boolean DEFAULT false CONSTRAINT ledger_permanent_not_null NOT NULL,
    attempts integer DEFAULT 1 CONSTRAINT ledger_attempts_not_null NOT NULL,
    attempted_at timestamp with time zone DEFAULT now() CONSTRAINT ledger_attempted_at_not_null NOT NULL,
    next_attempt_at timestamp with time zone,
    output text,
    output_hash bytea,
    CONSTRAINT ledger_check CHECK (((outcome = 'done'::text) = (code IS NULL))),
    CONSTRAINT ledger_outcome_check CHECK ((outcome = ANY (ARRAY['done'::text, 'rejected'::text, 'duplicate'::text, 'failed'::text])))
);

CREATE TABLE staging.artwork_enrichments (
    museum text NOT NULL,
    source text NOT NULL,
    subject text NOT NULL,
    facts jsonb NOT NULL,
    enriched_at timestamp with time zone DEFAULT now() NOT NULL
)
PARTITION BY LIST (museum);

COMMENT ON TABLE staging.artwork_enrichments IS 'What a source says of a work, an artist, a place, a material or a subject besides the museum. The source is the stage that wrote it; the subject is an artwork''s record_id, an identity such as wikidata:Q5598, a place_key, a material_key or a subject_key.';

CREATE VIEW ops.output_artist_facts AS
 SELECT museum,
    subject AS record_id,
    sha256(record_send(ROW(museum, subject, facts))) AS output_hash
   FROM staging.artwork_enrichments
  WHERE (source = 'artist_facts'::text);

CREATE VIEW ops.output_artist_identities AS
 SELECT museum,
    maker_key AS record_id,
    sha256(record_send(ROW(museum, maker_key, authority, identity, label, method, score, candidates, contradiction, decided_by, answered_at))) AS output_hash
   FROM staging.artist_identities;

CREATE VIEW ops.output_document_records AS
 SELECT museum,
    (document_id)::text AS record_id,
    sha256(record_send(ROW(museum, document_id, kind, object_number, fields, contract))) AS output_hash
   FROM documents.record;

CREATE VIEW ops.output_material_terms AS
 SELECT museum,
    subject AS record_id,
    sha256(record_send(ROW(museum, subject, facts))) AS output_hash
   FROM staging.artwork_enrichments
  WHERE (source = 'material_terms'::text);

CREATE VIEW ops.output_place_coordinates AS
 SELECT museum,
    subject AS record_id,
    sha256(record_send(ROW(museum, subject, facts))) AS output_hash
   FROM staging.artwork_enrichments
  WHERE (source = 'place_coordinates'::text);

CREATE VIEW ops.output_stored_thumbnails AS
 SELECT museum,
    record_id,
    sha256(record_send(ROW(museum, record_id, s3_key, sha256, width, height, bytes, source_url, etag, last_modified))) AS output_hash
   FROM staging.thumbnail;

CREATE VIEW ops.output_subject_identities AS
 SELECT museum,
    subject AS record_id,
    sha256(record_send(ROW(museum, subject, facts))) AS output_hash
   FROM staging.artwork_enrichments
  WHERE (source = 'subject_identities'::text);

CREATE VIEW ops.output_thumbnail_colours AS
 SELECT museum,
    subject AS record_id,
    sha256(record_send(ROW(museum, subject, facts))) AS output_hash
   FROM staging.artwork_enrichments
  WHERE (source = 'thumbnail_colours'::text);

CREATE VIEW ops.output_transformed_artworks AS
 SELECT museum,
    record_id,
    sha256(record_send(ROW(museum, record_id, object_number, museum_db_id, title, artists, production_date_start, production_date_end, period, work_types, searchable_work_types, thumbnail_url, image_url, rights, source_url, search_text, text_repairs))) AS output_hash
   FROM staging.artwork;

CREATE VIEW ops.output_work_type_terms AS
 SELECT museum,
    subject AS record_id,
    sha256(record_send(ROW(museum, subject, facts))) AS output_hash
   FROM staging.artwork_enrichments
  WHERE (source = 'work_type_terms'::text);

CREATE TABLE ops.partitioned_table (
    kind text NOT NULL,
    parent text NOT NULL,
    key text,
    CONSTRAINT partitioned_table_kind_check CHECK ((kind = ANY (ARRAY['collection'::text, 'kiosk'::text])))
);

COMMENT ON TABLE ops.partitioned_table IS 'The tables that have a partition per museum, by kind of museum.';

COMMENT ON COLUMN ops.partitioned_table.key IS 'The columns that tell the rows of one museum apart, where the parent has no primary key.';

CREATE TABLE ops.schema_version (
    version_num character varying(32) NOT NULL
);

CREATE TABLE ops.vector (
    contract text NOT NULL,
    content_hash bytea NOT NULL,
    vector bytea NOT NULL,
    unused_since timestamp with time zone
);

COMMENT ON TABLE ops.vector IS 'Embeddings by contract (model, weights, preprocessing) and content: little-endian float32. Each image is embedded once.';

COMMENT ON COLUMN ops.vector.unused_since IS 'When pruning first saw that neither the ledger, nor a candidate, nor a release has this vector.';

CREATE TABLE production.artist_identity_release (
    museum text NOT NULL,
    slot smallint NOT NULL,
    identity text NOT NULL,
    label text,
    method text,
    score double precision,
    birth_year integer,
    death_year integer,
    names text[],
    artworks integer,
    row_hash bytea NOT NULL
)
PARTITION BY LIST (museum);

COMMENT ON TABLE production.artist_identity_release IS 'The artists of a release; those of several museums with one identity are one.';

COMMENT ON COLUMN production.artist_identity_release.names IS 'Spellings of all museums; artworks counts those of this museum.';

CREATE TABLE production.artist_release (
    museum text NOT NULL,
    slot smallint NOT NULL,
    artist_id uuid NOT NULL,
    identity text,
    name text,
    artworks integer,
    row_hash bytea NOT NULL
)
PARTITION BY LIST (museum);

COMMENT ON COLUMN production.artist_release.identity IS 'The name folded (NFKC, lower case, single spaces); artist_id is made from it, so it is the same in every release.';

CREATE TABLE production.artist_work_release (
    museum text NOT NULL,
    slot smallint NOT NULL,
    identity text NOT NULL,
    place integer NOT NULL,
    facet integer NOT NULL,
    object_number text NOT NULL
)
PARTITION BY LIST (museum);

COMMENT ON TABLE production.artist_work_release IS 'The works of each artist in the order in which they are shown, each with its combination of what it can be filtered by.';

CREATE TABLE production.artwork_artist_release (
    museum text NOT NULL,
    slot smallint NOT NULL,
    object_number text NOT NULL,
    "position" integer NOT NULL,
    artist_id uuid,
    row_hash bytea NOT NULL
)
PARTITION BY LIST (museum);

CREATE TABLE production.artwork_facet_release (
    museum text NOT NULL,
    slot smallint NOT NULL,
    facet integer NOT NULL,
    work_types text[] NOT NULL,
    first_century smallint,
    last_century smallint,
    has_image boolean NOT NULL,
    works integer NOT NULL
)
PARTITION BY LIST (museum);

COMMENT ON TABLE production.artwork_facet_release IS 'Every combination of what works can be filtered by, with how many have it. A search counts works by this one number.';

CREATE TABLE production.artwork_identity_release (
    museum text NOT NULL,
    slot smallint NOT NULL,
    object_number text NOT NULL,
    "position" integer NOT NULL,
    identity text,
    name text,
    role text,
    qualifier text,
    row_hash bytea NOT NULL
)
PARTITION BY LIST (museum);

CREATE TABLE production.artwork_material_release (
    museum text NOT NULL,
    slot smallint NOT NULL,
    object_number text NOT NULL,
    "position" integer NOT NULL,
    term text,
    language text,
    aat text[],
    row_hash bytea NOT NULL
)
PARTITION BY LIST (museum);

COMMENT ON COLUMN production.artwork_material_release.aat IS 'Numbers of the Art & Architecture Thesaurus; empty where no term is known.';

CREATE TABLE production.artwork_place_release (
    museum text NOT NULL,
    slot smallint NOT NULL,
    object_number text NOT NULL,
    "position" integer NOT NULL,
    name text,
    role text,
    within text,
    latitude double precision,
    longitude double precision,
    identity text,
    row_hash bytea NOT NULL
)
PARTITION BY LIST (museum);

COMMENT ON TABLE production.artwork_place_release IS 'The places of works in the museum''s words. Without coordinates nobody was sure of them; identity is an authority''s.';

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
)
PARTITION BY LIST (museum);

CREATE TABLE production.artwork_search_release (
    museum text NOT NULL,
    slot smallint NOT NULL,
    object_number text NOT NULL,
    place integer NOT NULL,
    facet integer NOT NULL,
    number_key text NOT NULL,
    title_key text,
    words tsvector NOT NULL,
    news text
)
PARTITION BY LIST (museum);

COMMENT ON COLUMN production.artwork_search_release.place IS 'The order of works of which none was asked for more than another: those with an image first. Rows lie in this order, so that the first matches of a frequent word are good ones.';

COMMENT ON COLUMN production.artwork_search_release.words IS 'Folded and not stemmed: A title, B artists, C work types and period, D object number. Stems are in artwork_word, through which a query finds the words of its release.';

COMMENT ON COLUMN production.artwork_search_release.news IS 'added or changed against the release that was live when this one was made; null in a first.';

CREATE TABLE production.artwork_subject_release (
    museum text NOT NULL,
    slot smallint NOT NULL,
    object_number text NOT NULL,
    "position" integer NOT NULL,
    name text,
    language text,
    kind text,
    identity text,
    label text,
    row_hash bytea NOT NULL
)
PARTITION BY LIST (museum);

COMMENT ON TABLE production.artwork_subject_release IS 'What works show in the museum''s words; kind is person for somebody who is portrayed. Without an identity, which is an authority''s, nobody was sure of it; label is its name there.';

CREATE TABLE production.artwork_word_release (
    museum text NOT NULL,
    slot smallint NOT NULL,
    word text NOT NULL,
    stems text[] NOT NULL,
    works integer NOT NULL
)
PARTITION BY LIST (museum);

CREATE TABLE production.canary (
    museum text NOT NULL,
    kind text NOT NULL,
    subject text NOT NULL,
    at_least integer DEFAULT 1 NOT NULL,
    finds text,
    added_by text NOT NULL,
    added_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT canary_added_by_check CHECK ((added_by <> ''::text)),
    CONSTRAINT canary_at_least_check CHECK ((at_least > 0)),
    CONSTRAINT canary_check CHECK (((finds IS NULL) OR (kind = 'query'::text))),
    CONSTRAINT canary_kind_check CHECK ((kind = ANY (ARRAY['count'::text, 'object'::text, 'query'::text]))),
    CONSTRAINT canary_subject_check CHECK ((subject <> ''::text))
);

COMMENT ON TABLE production.canary IS 'count: a view has at least so many rows; object: an object number is there; query: words find at least so many works, the one in finds among them.';

CREATE TABLE production.current_release (
    museum text NOT NULL,
    release_id bigint,
    slot smallint,
    committed_at timestamp with time zone DEFAULT now() NOT NULL,
    committed_by text NOT NULL,
    CONSTRAINT current_release_check CHECK (((release_id IS NULL) = (slot IS NULL)))
)
WITH (vacuum_truncate='false');

COMMENT ON TABLE production.current_release IS 'The pointer: which release of each museum readers see; null for a retracted one.';

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
)
PARTITION BY LIST (museum);

CREATE TABLE production.incident_release (
    museum text NOT NULL,
    slot smallint NOT NULL,
    at timestamp with time zone NOT NULL,
    exhibition_code text NOT NULL,
    incident_type smallint NOT NULL,
    occurrence smallint NOT NULL,
    origin text NOT NULL,
    label text,
    row_hash bytea NOT NULL
)
PARTITION BY LIST (museum);

CREATE TABLE production.index_status_release (
    museum text NOT NULL,
    slot smallint NOT NULL,
    object_number text NOT NULL,
    digest bytea,
    vectors text[],
    contracts text[],
    contents bytea[],
    row_hash bytea NOT NULL
)
PARTITION BY LIST (museum);

COMMENT ON COLUMN production.index_status_release.digest IS 'Of what the point says: its payload and every vector it has.';

COMMENT ON COLUMN production.index_status_release.contents IS 'In the order of vectors, as contracts: the model and the content that each vector was made of, as in ops.vector.';

CREATE TABLE production.museum (
    museum text NOT NULL,
    kind text NOT NULL,
    CONSTRAINT museum_kind_check CHECK ((kind = ANY (ARRAY['collection'::text, 'kiosk'::text])))
);

CREATE TABLE production.promotion (
    id bigint NOT NULL,
    museum text NOT NULL,
    action text NOT NULL,
    from_release bigint,
    to_release bigint,
    at timestamp with time zone DEFAULT now() NOT NULL,
    by text NOT NULL,
    why text NOT NULL,
    CONSTRAINT promotion_action_check CHECK ((action = ANY (ARRAY['promote'::text, 'rollback'::text, 'retract'::text, 'automatic_rollback'::text])))
);

COMMENT ON TABLE production.promotion IS 'Every move of a pointer, with who and why; rows are only added.';

CREATE TABLE production.release (
    museum text NOT NULL,
    release_id bigint NOT NULL,
    slot smallint NOT NULL,
    state text DEFAULT 'building'::text NOT NULL,
    made_at timestamp with time zone DEFAULT now() NOT NULL,
    made_by text NOT NULL,
    why text NOT NULL,
    ready_at timestamp with time zone,
    watched_at timestamp with time zone,
    candidate_made_at timestamp with time zone,
    forced jsonb DEFAULT '{}'::jsonb NOT NULL,
    counts jsonb DEFAULT '{}'::jsonb NOT NULL,
    checksums jsonb DEFAULT '{}'::jsonb NOT NULL,
    summary jsonb DEFAULT '{}'::jsonb NOT NULL,
    outside jsonb DEFAULT '{}'::jsonb NOT NULL,
    warnings jsonb DEFAULT '[]'::jsonb NOT NULL,
    message text,
    CONSTRAINT release_state_check CHECK ((state = ANY (ARRAY['building'::text, 'ready'::text, 'failed'::text, 'pruned'::text])))
);

COMMENT ON COLUMN production.release.release_id IS 'Per museum 1, 2, 3 …: the order of building.';

COMMENT ON COLUMN production.release.watched_at IS 'When its canary found nothing wrong; the next promotion asks again where that is missing.';

COMMENT ON COLUMN production.release.forced IS 'What a person promoted over: findings by name, with who and why.';

COMMENT ON COLUMN production.release.outside IS 'What is published in the vector index and the thumbnails bucket; empty once pruned there.';

COMMENT ON COLUMN production.release.warnings IS 'What goes along with it and is no reason against it, such as untrained vectors.';

COMMENT ON COLUMN production.release.message IS 'Why it is none to go back to by itself: it failed, or its canary sent it back.';

CREATE VIEW production.live_release AS
 SELECT c.museum,
    m.kind,
    c.release_id,
    c.committed_at,
    r.candidate_made_at,
    r.counts,
    r.summary,
    ( SELECT p.from_release
           FROM production.promotion p
          WHERE ((p.museum = c.museum) AND (p.to_release = c.release_id) AND (p.action = 'promote'::text))
          ORDER BY p.id
         LIMIT 1) AS before
   FROM ((production.current_release c
     JOIN production.release r ON (((r.museum = c.museum) AND (r.release_id = c.release_id))))
     JOIN production.museum m ON ((m.museum = c.museum)));

ALTER TABLE production.promotion ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME production.promotion_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE production.release_table (
    kind text NOT NULL,
    name text NOT NULL,
    step smallint NOT NULL,
    key text[] NOT NULL,
    derived boolean DEFAULT false NOT NULL,
    CONSTRAINT release_table_kind_check CHECK ((kind = ANY (ARRAY['collection'::text, 'kiosk'::text])))
);

COMMENT ON TABLE production.release_table IS 'The tables of a release by kind of museum, in the order in which they are made. `key` tells the rows of a release apart.';

COMMENT ON COLUMN production.release_table.derived IS 'Made from the other tables of the same slot; a candidate has none like it.';

CREATE TABLE production.review_release (
    museum text NOT NULL,
    slot smallint NOT NULL,
    at timestamp with time zone NOT NULL,
    exhibition_code text NOT NULL,
    rating smallint NOT NULL,
    occurrence smallint NOT NULL,
    origin text NOT NULL,
    label text,
    row_hash bytea NOT NULL
)
PARTITION BY LIST (museum);

CREATE TABLE production.schema_version (
    version_num character varying(32) NOT NULL
);

CREATE TABLE production.slot (
    museum text NOT NULL,
    slot smallint NOT NULL,
    holders text[]
);

COMMENT ON COLUMN production.slot.holders IS 'Transactions that may hold a plan from before the slot was attached; it is not used before they have ended. Null: not looked up yet.';

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
)
PARTITION BY LIST (museum);

COMMENT ON COLUMN production.thumbnail_release.object_key IS 'Key in the bucket of production; source_key is the working bucket''s.';

CREATE VIEW staging.artwork_status AS
 SELECT a.museum,
    a.record_id,
    a.object_number,
    bool_or(((l.stage = 'stored_thumbnails'::text) AND (l.outcome = 'done'::text))) AS image_loaded,
    bool_or(((l.stage = 'stored_thumbnails'::text) AND (l.outcome = 'failed'::text))) AS image_load_failed,
    bool_or(((l.stage = 'indexed_artworks'::text) AND (l.outcome = 'done'::text))) AS indexed,
    bool_or(((l.stage = 'image_clip'::text) AND (l.outcome = 'done'::text))) AS image_vector_clip,
    bool_or(((l.stage = 'text_clip'::text) AND (l.outcome = 'done'::text))) AS text_vector_clip,
    bool_or(((l.stage = 'image_jina'::text) AND (l.outcome = 'done'::text))) AS image_vector_jina,
    bool_or(((l.stage = 'text_jina'::text) AND (l.outcome = 'done'::text))) AS text_vector_jina
   FROM (staging.artwork a
     LEFT JOIN ops.ledger l USING (museum, record_id))
  GROUP BY a.museum, a.record_id, a.object_number;

CREATE TABLE staging.joined_identities (
    museum text NOT NULL,
    maker_key text NOT NULL,
    identity text NOT NULL,
    label text NOT NULL,
    method text NOT NULL,
    score real,
    birth_year integer,
    death_year integer,
    candidates jsonb NOT NULL,
    joined_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT joined_identities_method_check CHECK ((method = ANY (ARRAY['given'::text, 'reconciled'::text, 'inferred'::text, 'curated'::text, 'alone'::text])))
)
PARTITION BY LIST (museum);

COMMENT ON TABLE staging.joined_identities IS 'Who each maker is across museums. Makers with one identity are one artist; its name is that at an authority (wikidata:Q5598), else the first maker_key.';

COMMENT ON COLUMN staging.joined_identities.candidates IS 'Makers that it may be one with, and is not: questions, the likeliest first.';

ALTER TABLE ONLY ops.ledger ATTACH PARTITION ops.notices_ledger FOR VALUES IN ('notices');

ALTER TABLE ONLY candidate.made
    ADD CONSTRAINT made_pkey PRIMARY KEY (museum);

ALTER TABLE ONLY documents.file
    ADD CONSTRAINT file_pkey PRIMARY KEY (museum, document_id);

ALTER TABLE ONLY documents.object
    ADD CONSTRAINT object_museum_bucket_key_key UNIQUE (museum, bucket, key);

ALTER TABLE ONLY documents.object
    ADD CONSTRAINT object_pkey PRIMARY KEY (museum, document_id);

ALTER TABLE ONLY documents.record
    ADD CONSTRAINT record_pkey PRIMARY KEY (museum, document_id);

ALTER TABLE ONLY kiosk.department
    ADD CONSTRAINT department_museum_name_key UNIQUE (museum, name);

ALTER TABLE ONLY kiosk.department
    ADD CONSTRAINT department_pkey PRIMARY KEY (museum, department_id);

ALTER TABLE ONLY kiosk.exhibition
    ADD CONSTRAINT exhibition_museum_exhibition_code_key UNIQUE (museum, exhibition_code);

ALTER TABLE ONLY kiosk.exhibition
    ADD CONSTRAINT exhibition_pkey PRIMARY KEY (museum, exhibition_id);

ALTER TABLE ONLY kiosk.file
    ADD CONSTRAINT file_pkey PRIMARY KEY (museum, key, etag);

ALTER TABLE ONLY kiosk.floor_assignment
    ADD CONSTRAINT floor_assignment_pkey PRIMARY KEY (museum, exhibition_id, floor_id);

ALTER TABLE ONLY kiosk.floor
    ADD CONSTRAINT floor_museum_name_key UNIQUE (museum, name);

ALTER TABLE ONLY kiosk.floor
    ADD CONSTRAINT floor_pkey PRIMARY KEY (museum, floor_id);

ALTER TABLE ONLY kiosk.incident_type
    ADD CONSTRAINT incident_type_pkey PRIMARY KEY (museum, incident_type);

ALTER TABLE ONLY kiosk.museum
    ADD CONSTRAINT museum_pkey PRIMARY KEY (museum);

ALTER TABLE ONLY kiosk.rating_type
    ADD CONSTRAINT rating_type_pkey PRIMARY KEY (museum, rating);

ALTER TABLE ONLY kiosk.stream_position
    ADD CONSTRAINT stream_position_pkey PRIMARY KEY (museum, topic, partition);

ALTER TABLE ONLY ops.abandoned_output
    ADD CONSTRAINT abandoned_output_pkey PRIMARY KEY (museum, stage, output);

ALTER TABLE ONLY ops.archive_current
    ADD CONSTRAINT archive_current_pkey PRIMARY KEY (source);

ALTER TABLE ONLY ops.archive_duplicate
    ADD CONSTRAINT archive_duplicate_pkey PRIMARY KEY (import_id, "position");

ALTER TABLE ONLY ops.archive_import
    ADD CONSTRAINT archive_import_pkey PRIMARY KEY (id);

ALTER TABLE ONLY ops.authority_answer
    ADD CONSTRAINT authority_answer_pkey PRIMARY KEY (authority, digest);

ALTER TABLE ONLY ops.correction
    ADD CONSTRAINT correction_pkey PRIMARY KEY (id);

ALTER TABLE ONLY ops.dead_letter
    ADD CONSTRAINT dead_letter_pkey PRIMARY KEY (id);

ALTER TABLE ONLY ops.dead_letter
    ADD CONSTRAINT dead_letter_source_museum_place_key UNIQUE (source, museum, place);

ALTER TABLE ONLY ops.drift_acceptance
    ADD CONSTRAINT drift_acceptance_pkey PRIMARY KEY (id);

ALTER TABLE ONLY ops.harvest
    ADD CONSTRAINT harvest_pkey PRIMARY KEY (id);

ALTER TABLE ONLY ops.host_rate
    ADD CONSTRAINT host_rate_pkey PRIMARY KEY (host);

ALTER TABLE ONLY ops.ledger
    ADD CONSTRAINT ledger_pkey PRIMARY KEY (museum, stage, record_id);

ALTER TABLE ONLY ops.notice_event
    ADD CONSTRAINT notice_event_pkey PRIMARY KEY (event);

ALTER TABLE ONLY ops.notice
    ADD CONSTRAINT notice_partition_asset_reason_key UNIQUE (partition, asset, reason);

ALTER TABLE ONLY ops.notice
    ADD CONSTRAINT notice_pkey PRIMARY KEY (id);

ALTER TABLE ONLY ops.notices_ledger
    ADD CONSTRAINT notices_ledger_pkey PRIMARY KEY (museum, stage, record_id);

ALTER TABLE ONLY ops.partitioned_table
    ADD CONSTRAINT partitioned_table_pkey PRIMARY KEY (kind, parent);

ALTER TABLE ONLY ops.schema_version
    ADD CONSTRAINT schema_version_pkc PRIMARY KEY (version_num);

ALTER TABLE ONLY ops.setting
    ADD CONSTRAINT setting_pkey PRIMARY KEY (name);

ALTER TABLE ONLY ops.vector
    ADD CONSTRAINT vector_pkey PRIMARY KEY (contract, content_hash);

ALTER TABLE ONLY production.canary
    ADD CONSTRAINT canary_pkey PRIMARY KEY (museum, kind, subject);

ALTER TABLE ONLY production.current_release
    ADD CONSTRAINT current_release_pkey PRIMARY KEY (museum);

ALTER TABLE ONLY production.museum
    ADD CONSTRAINT museum_pkey PRIMARY KEY (museum);

ALTER TABLE ONLY production.promotion
    ADD CONSTRAINT promotion_pkey PRIMARY KEY (id);

ALTER TABLE ONLY production.release
    ADD CONSTRAINT release_museum_release_id_slot_key UNIQUE (museum, release_id, slot);

ALTER TABLE ONLY production.release
    ADD CONSTRAINT release_pkey PRIMARY KEY (museum, release_id);

ALTER TABLE ONLY production.release_table
    ADD CONSTRAINT release_table_pkey PRIMARY KEY (name);

ALTER TABLE ONLY production.release_table
    ADD CONSTRAINT release_table_step_key UNIQUE (step);

ALTER TABLE ONLY production.schema_version
    ADD CONSTRAINT schema_version_pkc PRIMARY KEY (version_num);

ALTER TABLE ONLY production.slot
    ADD CONSTRAINT slot_pkey PRIMARY KEY (museum, slot);

ALTER TABLE ONLY raw.record
    ADD CONSTRAINT record_pkey PRIMARY KEY (museum, record_id) INCLUDE (payload_hash, withdrawn_at);

ALTER TABLE ONLY staging.artist_identities
    ADD CONSTRAINT artist_identities_pkey PRIMARY KEY (museum, maker_key);

ALTER TABLE ONLY staging.artwork_enrichments
    ADD CONSTRAINT artwork_enrichments_pkey PRIMARY KEY (museum, source, subject);

ALTER TABLE ONLY staging.artwork
    ADD CONSTRAINT artwork_museum_object_number_key UNIQUE (museum, object_number);

ALTER TABLE ONLY staging.artwork
    ADD CONSTRAINT artwork_pkey PRIMARY KEY (museum, record_id);

ALTER TABLE ONLY staging.joined_identities
    ADD CONSTRAINT joined_identities_pkey PRIMARY KEY (museum, maker_key);

ALTER TABLE ONLY staging.makers
    ADD CONSTRAINT makers_pkey PRIMARY KEY (museum, object_number, "position");

ALTER TABLE ONLY staging.materials
    ADD CONSTRAINT materials_pkey PRIMARY KEY (museum, object_number, "position");

ALTER TABLE ONLY staging.places
    ADD CONSTRAINT places_pkey PRIMARY KEY (museum, object_number, "position");

ALTER TABLE ONLY staging.subjects
    ADD CONSTRAINT subjects_pkey PRIMARY KEY (museum, object_number, "position");

ALTER TABLE ONLY staging.thumbnail
    ADD CONSTRAINT thumbnail_pkey PRIMARY KEY (museum, record_id);

CREATE INDEX record_museum_object_number_idx ON ONLY documents.record USING btree (museum, object_number);

CREATE INDEX archive_import_source_id_idx ON ops.archive_import USING btree (source, id);

CREATE UNIQUE INDEX archive_import_source_idx ON ops.archive_import USING btree (source) WHERE (state = 'loading'::text);

CREATE UNIQUE INDEX correction_museum_record_id_kind_field_idx ON ops.correction USING btree (museum, record_id, kind, field) WHERE (dropped_at IS NULL);

CREATE INDEX dead_letter_source_museum_id_idx ON ops.dead_letter USING btree (source, museum, id) WHERE (state = 'open'::text);

CREATE INDEX drift_acceptance_museum_finding_idx ON ops.drift_acceptance USING btree (museum, finding);

CREATE UNIQUE INDEX harvest_museum_idx ON ops.harvest USING btree (museum) WHERE (state = 'open'::text);

CREATE INDEX harvest_page_harvest_id_idx ON ops.harvest_page USING btree (harvest_id);

CREATE INDEX notice_event_seen_at_idx ON ops.notice_event USING btree (seen_at);

CREATE INDEX notice_last_at_idx ON ops.notice USING btree (last_at);

CREATE INDEX artist_identity_release_identity_idx ON ONLY production.artist_identity_release USING btree (identity);

CREATE INDEX artist_release_artist_id_idx ON ONLY production.artist_release USING btree (artist_id);

CREATE INDEX artist_work_release_identity_place_idx ON ONLY production.artist_work_release USING btree (identity, place);

CREATE INDEX artist_work_release_object_number_idx ON ONLY production.artist_work_release USING btree (object_number);

CREATE INDEX artwork_artist_release_artist_id_idx ON ONLY production.artwork_artist_release USING btree (artist_id);

CREATE INDEX artwork_artist_release_object_number_position_idx ON ONLY production.artwork_artist_release USING btree (object_number, "position");

CREATE INDEX artwork_identity_release_identity_idx ON ONLY production.artwork_identity_release USING btree (identity);

CREATE INDEX artwork_identity_release_object_number_position_idx ON ONLY production.artwork_identity_release USING btree (object_number, "position");

CREATE INDEX artwork_material_release_object_number_position_idx ON ONLY production.artwork_material_release USING btree (object_number, "position");

CREATE INDEX artwork_place_release_object_number_position_idx ON ONLY production.artwork_place_release USING btree (object_number, "position");

CREATE INDEX artwork_release_museum_db_id_idx ON ONLY production.artwork_release USING btree (museum_db_id);

CREATE INDEX artwork_release_object_number_idx ON ONLY production.artwork_release USING btree (object_number);

CREATE INDEX artwork_search_release_facet_place_idx ON ONLY production.artwork_search_release USING btree (facet, place);

CREATE INDEX artwork_search_release_number_key_idx ON ONLY production.artwork_search_release USING btree (number_key);

CREATE INDEX artwork_search_release_object_number_idx ON ONLY production.artwork_search_release USING btree (object_number);

CREATE INDEX artwork_search_release_place_idx ON ONLY production.artwork_search_release USING btree (place);

CREATE INDEX artwork_search_release_place_idx1 ON ONLY production.artwork_search_release USING btree (place) WHERE (news IS NOT NULL);

CREATE INDEX artwork_search_release_title_key_idx ON ONLY production.artwork_search_release USING btree (title_key);

CREATE INDEX artwork_search_release_words_idx ON ONLY production.artwork_search_release USING gin (words);

CREATE INDEX artwork_subject_release_object_number_position_idx ON ONLY production.artwork_subject_release USING btree (object_number, "position");

CREATE INDEX artwork_word_release_stems_idx ON ONLY production.artwork_word_release USING gin (stems);

CREATE INDEX exhibition_release_exhibition_code_idx ON ONLY production.exhibition_release USING btree (exhibition_code);

CREATE INDEX incident_release_at_exhibition_code_incident_type_occurrenc_idx ON ONLY production.incident_release USING btree (at, exhibition_code, incident_type, occurrence, origin);

CREATE INDEX index_status_release_object_number_idx ON ONLY production.index_status_release USING btree (object_number);

CREATE INDEX promotion_museum_id_idx ON production.promotion USING btree (museum, id);

CREATE UNIQUE INDEX release_museum_slot_idx ON production.release USING btree (museum, slot) WHERE (state = ANY (ARRAY['building'::text, 'ready'::text]));

CREATE INDEX review_release_at_exhibition_code_rating_occurrence_origin_idx ON ONLY production.review_release USING btree (at, exhibition_code, rating, occurrence, origin);

CREATE INDEX thumbnail_release_object_number_idx ON ONLY production.thumbnail_release USING btree (object_number);

CREATE INDEX artist_identities_identity ON ONLY staging.artist_identities USING btree (authority, identity);

CREATE INDEX joined_identities_identity ON ONLY staging.joined_identities USING btree (identity);

CREATE INDEX makers_key ON ONLY staging.makers USING btree (museum, maker_key);

CREATE INDEX materials_key ON ONLY staging.materials USING btree (museum, material_key);

CREATE INDEX places_key ON ONLY staging.places USING btree (museum, place_key);

CREATE INDEX subjects_key ON ONLY staging.subjects USING btree (museum, subject_key);

ALTER INDEX ops.ledger_pkey ATTACH PARTITION ops.notices_ledger_pkey;

CREATE TRIGGER refers_insert AFTER INSERT ON kiosk.incident REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION kiosk.presses_refer('incident_type', 'incident_type');

CREATE TRIGGER refers_insert AFTER INSERT ON kiosk.review REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION kiosk.presses_refer('rating', 'rating_type');

CREATE TRIGGER refers_update AFTER UPDATE ON kiosk.incident REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION kiosk.presses_refer('incident_type', 'incident_type');

CREATE TRIGGER refers_update AFTER UPDATE ON kiosk.review REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION kiosk.presses_refer('rating', 'rating_type');

CREATE TRIGGER stays AFTER DELETE OR UPDATE OF museum, exhibition_id ON kiosk.exhibition FOR EACH ROW EXECUTE FUNCTION kiosk.exhibition_stays();

ALTER TABLE kiosk.exhibition
    ADD CONSTRAINT exhibition_museum_department_id_fkey FOREIGN KEY (museum, department_id) REFERENCES kiosk.department(museum, department_id);

ALTER TABLE kiosk.floor_assignment
    ADD CONSTRAINT floor_assignment_museum_exhibition_id_fkey FOREIGN KEY (museum, exhibition_id) REFERENCES kiosk.exhibition(museum, exhibition_id) ON DELETE CASCADE;

ALTER TABLE kiosk.floor_assignment
    ADD CONSTRAINT floor_assignment_museum_floor_id_fkey FOREIGN KEY (museum, floor_id) REFERENCES kiosk.floor(museum, floor_id);

ALTER TABLE ONLY ops.archive_current
    ADD CONSTRAINT archive_current_import_id_fkey FOREIGN KEY (import_id) REFERENCES ops.archive_import(id);

ALTER TABLE ONLY ops.archive_duplicate
    ADD CONSTRAINT archive_duplicate_import_id_fkey FOREIGN KEY (import_id) REFERENCES ops.archive_import(id);

ALTER TABLE ONLY production.canary
    ADD CONSTRAINT canary_museum_fkey FOREIGN KEY (museum) REFERENCES production.museum(museum);

ALTER TABLE ONLY production.current_release
    ADD CONSTRAINT current_release_museum_fkey FOREIGN KEY (museum) REFERENCES production.museum(museum);

ALTER TABLE ONLY production.current_release
    ADD CONSTRAINT current_release_museum_release_id_slot_fkey FOREIGN KEY (museum, release_id, slot) REFERENCES production.release(museum, release_id, slot);

ALTER TABLE ONLY production.promotion
    ADD CONSTRAINT promotion_museum_fkey FOREIGN KEY (museum) REFERENCES production.museum(museum);

ALTER TABLE ONLY production.release
    ADD CONSTRAINT release_museum_fkey FOREIGN KEY (museum) REFERENCES production.museum(museum);

ALTER TABLE ONLY production.release
    ADD CONSTRAINT release_museum_slot_fkey FOREIGN KEY (museum, slot) REFERENCES production.slot(museum, slot);

ALTER TABLE ONLY production.slot
    ADD CONSTRAINT slot_museum_fkey FOREIGN KEY (museum) REFERENCES production.museum(museum);
