-- Gives the works that are released already their artists. A migration of its own: a new column takes
-- the table from readers until its transaction ends, and this takes minutes for millions of works.
-- Rows lie in the order of places, so each is written anew.
WITH made AS MATERIALIZED (
    SELECT museum, slot, object_number, array_agg(DISTINCT identity) AS artists
    FROM production.artist_work_release
    GROUP BY museum, slot, object_number
), old AS (
    DELETE FROM production.artwork_search_release RETURNING *
)
INSERT INTO production.artwork_search_release
SELECT o.museum, o.slot, o.object_number, o.place, o.facet, o.number_key, o.title_key,
       o.words || production.artist_lexemes(m.artists), o.news, coalesce(m.artists, '{}')
FROM old AS o
LEFT JOIN made AS m USING (museum, slot, object_number)
ORDER BY o.museum, o.slot, o.place;
