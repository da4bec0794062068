-- Takes out the lexemes of artists, of which earlier versions know nothing.
WITH old AS (
    DELETE FROM production.artwork_search_release RETURNING *
)
INSERT INTO production.artwork_search_release
SELECT museum, slot, object_number, place, facet, number_key, title_key, ts_filter(words, '{a,b,c,d}'), news, artists
FROM old
ORDER BY museum, slot, place;
