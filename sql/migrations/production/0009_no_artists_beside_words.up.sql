-- Artists are counted from artist_work, which readers read once a release: the list of them beside
-- each work's words is dead. A view cannot lose a column, so it is made anew, with the right to read
-- it, in one transaction: readers wait for it.
DO $$
DECLARE
    readable boolean;
BEGIN
    readable := coalesce((SELECT has_table_privilege(r.oid, to_regclass('production.artwork_search'), 'SELECT')
                          FROM pg_roles AS r WHERE r.rolname = 'museum_reader'), false);
    DROP VIEW IF EXISTS production.artwork_search;
    ALTER TABLE production.artwork_search_release DROP COLUMN artists;
    PERFORM production.make_views();
    IF readable THEN
        GRANT SELECT ON production.artwork_search TO museum_reader;
    END IF;
END $$;

-- Makes what a slot is searched by from the artworks, artists and thumbnails there; returns how many
-- works. A work is found by every spelling of its artist, also by those of other museums.
-- `before` is the slot of the release that it is news against. A slot that nobody has analysed yet
-- was joined row by row: 33,000 works took 243 s instead of 8.
CREATE OR REPLACE FUNCTION production.fill_search(slug text, filled smallint, before smallint) RETURNS bigint LANGUAGE plpgsql
SET enable_nestloop = off SET work_mem = '64MB' AS $$
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
