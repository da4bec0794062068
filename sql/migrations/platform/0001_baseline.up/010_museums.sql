-- A Dagster partition is a Postgres partition: every table with rows of museums is LIST-partitioned
-- by museum, so that refreshing or dropping one museum never touches another's rows or locks. Each
-- table names itself in ops.partitioned_table, and ops.add_museum() makes the partitions that a
-- museum lacks. The schema ops is there already: it holds the version of this history.

CREATE TABLE ops.partitioned_table (
    kind text NOT NULL CHECK (kind IN ('collection', 'kiosk')),
    parent text NOT NULL,
    key text,
    PRIMARY KEY (kind, parent)
);
COMMENT ON TABLE ops.partitioned_table IS
    'The tables that have a partition per museum, by kind of museum.';
COMMENT ON COLUMN ops.partitioned_table.key IS
    'The columns that tell the rows of one museum apart, where the parent has no primary key.';

CREATE FUNCTION ops.partition_of(parent text, slug text) RETURNS text LANGUAGE sql IMMUTABLE AS
    $$ SELECT replace(parent, '.', '.' || quote_ident(slug) || '_') $$;

CREATE FUNCTION ops.build_keys(slug text, museum_kind text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    t ops.partitioned_table;
BEGIN
    FOR t IN SELECT * FROM ops.partitioned_table AS p WHERE p.kind = museum_kind AND p.key IS NOT NULL LOOP
        EXECUTE format('CREATE UNIQUE INDEX IF NOT EXISTS %I ON %s (%s)',
            slug || '_' || split_part(t.parent, '.', 2) || '_key', ops.partition_of(t.parent, slug), t.key);
    END LOOP;
END $$;

CREATE FUNCTION ops.add_museum(slug text, museum_kind text) RETURNS void LANGUAGE plpgsql AS $$
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

CREATE TABLE ops.setting (
    name text PRIMARY KEY,
    value text NOT NULL
);
COMMENT ON TABLE ops.setting IS
    'Settings that views need; written from the environment at start-up.';
INSERT INTO ops.setting VALUES ('withdrawal_grace_days', '7');
