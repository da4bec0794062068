-- What readers of production ask: views alone, all of an answer in one snapshot, and through the pointer.
-- database: production

-- name: live
-- The release of each collection that readers see.
SELECT museum, release_id, committed_at, candidate_made_at, coalesce((counts->>'artwork')::bigint, 0) AS works
FROM production.live_release
WHERE kind = 'collection'
ORDER BY museum

-- name: changes
-- What the live releases changed among their artworks.
SELECT museum, before, coalesce((summary->'artwork'->>'added')::bigint, 0) AS added,
       coalesce((summary->'artwork'->>'changed')::bigint, 0) AS changed,
       coalesce((summary->'artwork'->>'removed')::bigint, 0) AS removed
FROM production.live_release
WHERE kind = 'collection'

-- name: facets
-- Every combination of what the works of these museums can be filtered by, with how many have it.
SELECT museum, facet, work_types, first_century, last_century, has_image, works
FROM production.artwork_facet
WHERE museum = ANY(%(museums)s)

-- name: query
-- A query as it is compared: folded, and as words with their stems, and whether each is a stop word in English, Danish
-- and Dutch.
SELECT production.folded(%(words)s) AS folded,
       ARRAY(
           SELECT jsonb_build_array(word, stems, jsonb_build_array(
               ts_lexize('pg_catalog.english_stem', word) = '{}', ts_lexize('pg_catalog.danish_stem', word) = '{}',
               ts_lexize('pg_catalog.dutch_stem', word) = '{}'))
           FROM production.query_words(%(words)s)) AS words

-- name: variants
-- The words of the live releases that share a stem with those of a query.
SELECT word, stems, sum(works)::bigint AS works
FROM production.artwork_word
WHERE stems && %(stems)s::text[]
GROUP BY word, stems
ORDER BY works DESC

-- name: vocabulary
-- Every word of the live releases that somebody may have mistyped, with how many works have it.
SELECT word, sum(works)::bigint AS works
FROM production.artwork_word
WHERE length(word) BETWEEN 4 AND 40 AND word !~ '[0-9]'
GROUP BY word

-- name: places_with
-- The places of the works that each of some queries in words finds, four bytes each.
SELECT q.number::integer AS number,
       (SELECT string_agg(int4send(s.place), ''::bytea)
        FROM production.artwork_search AS s
        WHERE s.museum = q.museum AND s.words @@ q.query::tsquery) AS places
FROM unnest(%(museums)s::text[], %(queries)s::text[]) WITH ORDINALITY AS q (museum, query, number)

-- name: places_of_facets
-- The places of a museum's works by combination, four bytes each.
SELECT facet, count(*)::integer AS works, string_agg(int4send(place), ''::bytea) AS places
FROM production.artwork_search
WHERE museum = %(museum)s
GROUP BY facet

-- name: ranked
-- The works that a query in words finds, best first: of each museum no more than `pool`, and those that lie first.
-- The lexemes of artists, which have no position, are no words and count nothing.
SELECT f.museum, f.object_number
FROM unnest(%(museums)s::text[]) AS m (museum),
    LATERAL (
        SELECT s.museum, s.object_number, s.place, ts_filter(s.words, '{a,b,c,d}') AS words
        FROM production.artwork_search AS s
        WHERE s.museum = m.museum AND s.words @@ %(query)s::tsquery
        LIMIT %(pool)s) AS f
ORDER BY ts_rank(f.words, %(any)s::tsquery, 2) + ts_rank(f.words, %(exact)s::tsquery, 2) DESC, f.place, f.museum
LIMIT %(limit)s

-- name: by_artist
-- The works of an artist whose name holds every word that was asked for, limited as `ranked` is. Several words may be
-- spread over several artists, so each name is looked at. Works with the frequent words among their artists come first.
SELECT f.museum, f.object_number
FROM unnest(%(museums)s::text[]) AS m (museum),
    LATERAL (
        SELECT s.museum, s.object_number, s.place, s.words @@ %(whole)s::tsquery AS whole
        FROM production.artwork_search AS s
        WHERE s.museum = m.museum AND s.words @@ %(artist)s::tsquery
          AND CASE WHEN %(one_word)s::boolean THEN true ELSE (
              SELECT bool_or(to_tsvector('pg_catalog.simple', production.folded(artist)) @@ %(name)s::tsquery)
              FROM (
                  SELECT w.artists
                  FROM production.artwork AS w
                  WHERE w.museum = s.museum AND w.object_number = s.object_number
                  LIMIT 1) AS a,
                  unnest(a.artists) AS artist) END
        LIMIT %(pool)s) AS f
ORDER BY f.whole DESC, f.place, f.museum
LIMIT %(limit)s

-- name: exact
-- The works whose object number or title is what was asked for, or whose title is a part of it and that have the other
-- words as well, such as the artist's name.
SELECT s.museum, s.object_number, s.place, s.number_key = %(number)s AS by_number
FROM unnest(%(museums)s::text[]) AS m (museum),
    LATERAL (
        SELECT e.museum, e.object_number, e.place, e.number_key, e.title_key
        FROM production.artwork_search AS e
        WHERE e.museum = m.museum AND (%(within)s::tsquery IS NULL OR e.words @@ %(within)s::tsquery)
          AND (e.number_key = %(number)s OR e.title_key = %(title)s
               OR e.title_key = ANY (%(parts)s::text[]) AND e.words @@ %(query)s::tsquery)
        ORDER BY e.place
        LIMIT %(limit)s) AS s
ORDER BY by_number DESC, s.title_key = %(title)s DESC NULLS LAST, length(s.title_key) DESC, s.place, s.museum

-- name: first_places
-- The works that filters admit from one place to another in the order of places.
SELECT s.museum, s.object_number
FROM unnest(%(museums)s::text[], %(facets)s::text[]) AS m (museum, facets),
    LATERAL (
        SELECT a.museum, a.object_number, a.place
        FROM production.artwork_search AS a
        WHERE a.museum = m.museum AND a.place BETWEEN %(first)s AND %(last)s
          AND (m.facets IS NULL OR a.facet = ANY (m.facets::integer[]))
        ORDER BY a.place
        LIMIT %(limit)s) AS s
ORDER BY s.place, s.museum
LIMIT %(limit)s

-- name: of_facets
-- The works of a few combinations, which an index finds, in the order of places. Without a limit of its own the inner
-- query is joined to the museums by reading all of their works.
SELECT s.museum, s.object_number
FROM unnest(%(museums)s::text[], %(facets)s::text[]) AS m (museum, facets),
    LATERAL (
        SELECT a.museum, a.object_number, a.place
        FROM production.artwork_search AS a
        WHERE a.museum = m.museum AND a.facet = ANY (m.facets::integer[])
        ORDER BY a.place
        LIMIT %(limit)s) AS s
ORDER BY s.place, s.museum
LIMIT %(limit)s

-- name: hits
-- The places of the works that the index found.
SELECT n.museum, n.object_number, n.digest, s.place
FROM unnest(%(museums)s::text[], %(object_numbers)s::text[], %(digests)s::text[])
        AS n (museum, object_number, digest),
    LATERAL (
        SELECT a.place
        FROM production.artwork_search AS a
        WHERE a.museum = n.museum AND a.object_number = n.object_number
        LIMIT 1) AS s,
    LATERAL (
        SELECT i.digest
        FROM production.index_status AS i
        WHERE i.museum = n.museum AND i.object_number = n.object_number AND i.digest = decode(n.digest, 'hex')
        LIMIT 1) AS i

-- name: artworks
-- Works by museum and object number, and which of some queries find each. Looked up one by one: there are few of them,
-- and of a release that was forced over duplicates each is shown once.
SELECT a.museum, a.release_id, a.object_number, a.museum_db_id, a.title, a.artists, a.production_date_start,
       a.production_date_end, a.period, a.work_types, a.searchable_work_types, a.image_url, a.rights, a.source_url,
       t.object_key, t.width, t.height,
       ARRAY(
           SELECT g.number::integer
           FROM unnest(%(queries)s::text[]) WITH ORDINALITY AS g (query, number)
           WHERE s.words @@ g.query::tsquery
           ORDER BY g.number) AS found_by
FROM unnest(%(museums)s::text[], %(numbers)s::text[]) AS n (museum, object_number),
    LATERAL (
        SELECT *
        FROM production.artwork AS w
        WHERE w.museum = n.museum AND w.object_number = n.object_number
        LIMIT 1) AS a,
    LATERAL (
        SELECT words
        FROM production.artwork_search AS w
        WHERE w.museum = n.museum AND w.object_number = n.object_number
        LIMIT 1) AS s
    LEFT JOIN LATERAL (
        SELECT object_key, width, height
        FROM production.thumbnail AS w
        WHERE w.museum = n.museum AND w.object_number = n.object_number
        LIMIT 1) AS t ON true

-- name: news
-- Works of a museum that its live release added or changed, those with an image first; any of a first release.
SELECT object_number, coalesce(news, 'added') AS how
FROM production.artwork_search
WHERE museum = %(museum)s AND (news IS NOT NULL OR %(first)s::boolean)
ORDER BY place
LIMIT %(limit)s

-- name: rights
-- The rights under which a museum publishes its works, the most frequent first.
SELECT rights AS value, count(*) AS works
FROM production.artwork
WHERE museum = %(museum)s AND rights IS NOT NULL
GROUP BY rights
ORDER BY works DESC, value
LIMIT 50

-- name: places_of_work
-- The places of a work, in the museum's order.
SELECT name, role, within, latitude, longitude, identity
FROM production.artwork_place
WHERE museum = %(museum)s AND object_number = %(number)s
ORDER BY position

-- name: materials_of_work
-- The materials of a work, in the museum's order.
SELECT term, language, coalesce(aat, '{}') AS aat
FROM production.artwork_material
WHERE museum = %(museum)s AND object_number = %(number)s
ORDER BY position

-- name: subjects_of_work
-- What a work shows, in the museum's order.
SELECT name, language, kind, identity, label
FROM production.artwork_subject
WHERE museum = %(museum)s AND object_number = %(number)s
ORDER BY position
