-- The version of this history lies in the schema production, which therefore stays.

DO $$
DECLARE
    each record;
BEGIN
    -- The views of what readers see are named after the tables of a release.
    FOR each IN SELECT name FROM production.release_table LOOP
        EXECUTE format('DROP VIEW IF EXISTS production.%I', each.name);
        EXECUTE format('DROP TABLE production.%I', each.name || '_release');
    END LOOP;
END $$;
DROP FUNCTION production.make_views, production.live_before, production.add_museum;
DROP TABLE production.release_table, production.canary, production.promotion, production.current_release,
    production.release, production.slot, production.museum;
