-- Gives a museum its partitions and slots. A partition is made apart and then attached: ATTACH
-- takes no lock that readers conflict with, CREATE TABLE … PARTITION OF would wait behind them and
-- make the next ones wait.
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

-- Where a rollback goes: the newest release before the live one that was live itself and whose
-- canary did not fail. For a retracted museum it is the release that was retracted.
CREATE FUNCTION production.live_before(slug text) RETURNS bigint STABLE LANGUAGE sql AS $$
    SELECT max(r.release_id)
    FROM production.release AS r
    JOIN production.promotion AS p ON p.museum = r.museum AND p.to_release = r.release_id
    LEFT JOIN production.current_release AS c ON c.museum = r.museum
    WHERE r.museum = slug AND r.state = 'ready' AND r.message IS NULL
      AND r.release_id <= coalesce(c.release_id - 1, (
          SELECT from_release FROM production.promotion AS q WHERE q.museum = slug ORDER BY q.id DESC LIMIT 1))
$$;

-- The views, one branch a museum, made anew only when the museums changed: replacing a view waits
-- for its readers.
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
