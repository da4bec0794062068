-- Artists of the live releases, who are one across museums.
-- database: production

-- name: who
-- What the museums' live releases say of an artist, the one with most works first.
SELECT museum, label, names, birth_year, death_year, artworks
FROM production.artist_identity
WHERE identity = %(identity)s
ORDER BY artworks DESC, museum

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

-- name: places
-- The places of the works of every artist of a museum, four bytes each.
SELECT identity, count(*)::integer AS works, string_agg(int4send(place), ''::bytea) AS places
FROM production.artist_work
WHERE museum = %(museum)s
GROUP BY identity
ORDER BY identity

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
