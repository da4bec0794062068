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

-- name: worded
-- The works of an artist that have words as well, in the order of places.
SELECT a.museum, a.object_number, a.facet
FROM production.artist_work AS a,
    LATERAL (
        SELECT s.place
        FROM production.artwork_search AS s
        WHERE s.museum = a.museum AND s.object_number = a.object_number AND s.words @@ %(query)s::tsquery
        LIMIT 1) AS s
WHERE a.identity = %(identity)s
ORDER BY s.place, a.museum

-- name: among
-- The artists of some works, those of most of them first.
SELECT i.identity, min(i.label) AS label, count(DISTINCT (n.museum, n.object_number)) AS works
FROM unnest(%(museums)s::text[], %(numbers)s::text[]) AS n (museum, object_number),
    LATERAL (
        SELECT w.museum, w.identity
        FROM production.artwork_identity AS w
        WHERE w.museum = n.museum AND w.object_number = n.object_number) AS w,
    LATERAL (
        SELECT r.identity, r.label
        FROM production.artist_identity AS r
        WHERE r.museum = w.museum AND r.identity = w.identity
        LIMIT 1) AS i
GROUP BY i.identity
ORDER BY works DESC, label
LIMIT %(limit)s

-- name: of_work
-- The makers of a work, in the museum's order, with who they are.
SELECT w.name, w.role, w.qualifier, w.identity, i.label
FROM production.artwork_identity AS w
LEFT JOIN production.artist_identity AS i ON i.museum = %(museum)s AND i.identity = w.identity
WHERE w.museum = %(museum)s AND w.object_number = %(number)s
ORDER BY w.position
