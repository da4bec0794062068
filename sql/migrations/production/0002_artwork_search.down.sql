DO $$
DECLARE
    each record;
BEGIN
    FOR each IN SELECT name FROM production.release_table WHERE derived LOOP
        EXECUTE format('DROP VIEW IF EXISTS production.%I', each.name);
        EXECUTE format('DROP TABLE production.%I', each.name || '_release');
    END LOOP;
END $$;
DELETE FROM production.release_table WHERE derived;
ALTER TABLE production.release_table DROP COLUMN derived;
DROP VIEW production.live_release;
DROP FUNCTION production.fill_search, production.century, production.query_words, production.word_stems,
    production.folded;
