-- Artists of the live releases, who are one across museums.
-- database: production

-- name: who
-- What the museums' live releases say of an artist, the one with most works first.
SELECT museum, label, names, birth_year, death_year, artworks
FROM production.artist_identity
WHERE identity = %(identity)s
ORDER BY artworks DESC, museum

-- name: counts
-- How many works of an artist there are, by museum and facet.
SELECT museum, facet, count(*) AS works
FROM production.artist_work
WHERE identity = %(identity)s
GROUP BY museum, facet

-- name: works
-- The works of an artist that filters admit, in the order of places.
SELECT s.museum, s.object_number
FROM unnest(%(museums)s::text[], %(facets)s::text[]) AS m (museum, facets),
    LATERAL (
        SELECT a.museum, a.object_number, a.place
        FROM production.artist_work AS a
        WHERE a.museum = m.museum AND a.identity = %(identity)s
          AND (m.facets IS NULL OR a.facet = ANY (m.facets::integer[]))
        ORDER BY a.place
        LIMIT %(limit)s) AS s
ORDER BY s.place, s.museum
LIMIT %(limit)s

-- name: numbers
-- All works of an artist that filters admit, in no order.
SELECT m.museum, array_agg(a.object_number) AS numbers
FROM unnest(%(museums)s::text[], %(facets)s::text[]) AS m (museum, facets)
JOIN production.artist_work AS a ON a.museum = m.museum
WHERE a.identity = %(identity)s AND (m.facets IS NULL OR a.facet = ANY (m.facets::integer[]))
GROUP BY m.museum

-- name: of_found
-- The artists of the works that a query in words finds, and some more, those of most works
-- first; before them the one that was chosen. Of each museum no more than `most` are read, and those that lie first.
SELECT f.identity, count(*) AS works
FROM (
    SELECT unnest(s.artists) AS identity
    FROM unnest(%(museums)s::text[]) AS m (museum),
        LATERAL (
            SELECT w.artists
            FROM production.artwork_search AS w
            WHERE w.museum = m.museum AND w.words @@ %(query)s::tsquery
            LIMIT %(most)s) AS s
    UNION ALL
    SELECT unnest(%(more)s::text[])) AS f
GROUP BY f.identity
ORDER BY f.identity = %(chosen)s DESC NULLS LAST, works DESC, f.identity
LIMIT %(limit)s

-- name: totals
-- How many works of each combination every artist of a museum has.
SELECT identity, array_agg(facet) AS facets, array_agg(works) AS works
FROM (
    SELECT identity, facet, count(*)::integer AS works
    FROM production.artist_work
    WHERE museum = %(museum)s
    GROUP BY identity, facet) AS c
GROUP BY identity

-- name: labels
-- What some artists are called, by the museum with most of their works.
SELECT DISTINCT ON (identity) identity, label
FROM production.artist_identity
WHERE identity = ANY(%(identities)s)
ORDER BY identity, artworks DESC, museum

-- name: of_work
-- The makers of a work, in the museum's order, with who they are.
SELECT w.name, w.role, w.qualifier, w.identity, i.label
FROM production.artwork_identity AS w
LEFT JOIN production.artist_identity AS i ON i.museum = %(museum)s AND i.identity = w.identity
WHERE w.museum = %(museum)s AND w.object_number = %(number)s
ORDER BY w.position
