-- depends: 0003.stage-inputs
-- Which tables have a partition per museum, and of which kind of museum. A later migration that makes such a table adds
-- its name here; ops.add_museum() makes what a museum is missing.

CREATE TABLE ops.partitioned_table (
    kind text NOT NULL CHECK (kind IN ('collection', 'kiosk')),
    parent text NOT NULL,
    PRIMARY KEY (kind, parent)
);
INSERT INTO ops.partitioned_table VALUES
    ('collection', 'raw.record'),
    ('collection', 'staging.artwork'),
    ('collection', 'staging.thumbnail'),
    ('collection', 'ops.ledger');

DROP FUNCTION ops.add_museum(text);
CREATE FUNCTION ops.add_museum(slug text, museum_kind text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    parent text;
    child text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('ops.add_museum', 0));
    FOR parent IN SELECT t.parent FROM ops.partitioned_table t WHERE t.kind = museum_kind LOOP
        child := replace(parent, '.', '.' || quote_ident(slug) || '_');
        IF to_regclass(child) IS NULL THEN
            EXECUTE format('CREATE TABLE %s PARTITION OF %s FOR VALUES IN (%L)', child, parent, slug);
        END IF;
    END LOOP;
END $$;
