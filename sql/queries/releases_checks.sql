-- The rules that a candidate must satisfy to be published: each block returns the rows at fault.

-- name: first_faults
-- The first rows at fault of a rule, each with how many there are in all.
-- {faults}: block releases_checks.orphaned_links
SELECT *, count(*) OVER () AS faults
FROM ({faults}) AS fault
ORDER BY 1
LIMIT %(limit)s

-- name: listing
-- What another service has of a museum: the keys of the bucket, or the points of the index that have a vector.
CREATE TEMP TABLE there (vector text, key text)

-- name: orphaned_links
-- Links between artworks and artists that lack either.
SELECT l.object_number, l.position, l.artist_id,
       CASE WHEN a.object_number IS NULL THEN 'no such artwork' ELSE 'no such artist' END AS fault
FROM candidate.artwork_artist AS l
LEFT JOIN candidate.artwork AS a ON a.museum = l.museum AND a.object_number = l.object_number
LEFT JOIN candidate.artist AS r ON r.museum = l.museum AND r.artist_id = l.artist_id
WHERE l.museum = %(museum)s AND (a.museum IS NULL OR r.museum IS NULL)

-- name: orphaned_rows
-- Thumbnails and index statuses without an artwork.
SELECT o.object_number, o.fault
FROM (
    SELECT object_number, 'thumbnail of no artwork' AS fault FROM candidate.thumbnail WHERE museum = %(museum)s
    UNION ALL
    SELECT object_number, 'index status of no artwork' FROM candidate.index_status WHERE museum = %(museum)s
) AS o
WHERE NOT EXISTS (
    SELECT FROM candidate.artwork AS a
    WHERE a.museum = %(museum)s AND a.object_number = o.object_number)

-- name: unsearchable_artworks
-- Artworks that no filter by work type finds.
SELECT object_number, title, work_types
FROM candidate.artwork
WHERE museum = %(museum)s AND coalesce(cardinality(searchable_work_types), 0) = 0

-- name: thumbnails_without_object
-- Thumbnails whose key is not among those of the bucket.
-- needs: releases_checks.listing
SELECT t.object_number, t.source_key
FROM candidate.thumbnail AS t
WHERE t.museum = %(museum)s
  AND NOT EXISTS (SELECT FROM pg_temp.there AS o WHERE o.key = t.source_key)

-- name: duplicate_object_numbers
-- Object numbers that more than one artwork has.
SELECT object_number, count(*) AS times, (array_agg(museum_db_id ORDER BY museum_db_id))[:5] AS museum_db_ids
FROM candidate.artwork
WHERE museum = %(museum)s
GROUP BY object_number
HAVING count(*) > 1

-- name: duplicate_museum_ids
-- The museum's own ids that more than one artwork has.
SELECT museum_db_id, count(*) AS times, (array_agg(object_number ORDER BY object_number))[:5] AS object_numbers
FROM candidate.artwork
WHERE museum = %(museum)s
GROUP BY museum_db_id
HAVING count(*) > 1

-- name: duplicate_artists
-- Artists that are there twice, and ids that two artists share.
SELECT identity, count(*) AS times, (array_agg(name ORDER BY name))[:5] AS names
FROM candidate.artist
WHERE museum = %(museum)s
GROUP BY identity
HAVING count(*) > 1
UNION ALL
SELECT artist_id::text, count(*), (array_agg(name ORDER BY name))[:5]
FROM candidate.artist
WHERE museum = %(museum)s
GROUP BY artist_id
HAVING count(*) > 1 AND count(DISTINCT identity) > 1

-- name: duplicate_rows
-- Links, thumbnails and index statuses that are there twice.
SELECT object_number, 'link at position ' || position AS what, count(*) AS times
FROM candidate.artwork_artist
WHERE museum = %(museum)s
GROUP BY object_number, position
HAVING count(*) > 1
UNION ALL
SELECT object_number, 'thumbnail', count(*)
FROM candidate.thumbnail
WHERE museum = %(museum)s
GROUP BY object_number
HAVING count(*) > 1
UNION ALL
SELECT object_number, 'index status', count(*)
FROM candidate.index_status
WHERE museum = %(museum)s
GROUP BY object_number
HAVING count(*) > 1

-- name: impossible_years
-- Artworks that start after they end.
SELECT object_number, title, production_date_start, production_date_end
FROM candidate.artwork
WHERE museum = %(museum)s AND production_date_start > production_date_end

-- name: empty_text
-- Required texts that are empty. A title may be missing, but not blank.
SELECT e.row, e.field
FROM (
    SELECT object_number AS row, 'artwork.' || f.name AS field, f.value
    FROM candidate.artwork AS a,
        LATERAL (
            VALUES ('object_number', object_number), ('museum_db_id', museum_db_id), ('rights', rights),
                   ('thumbnail_url', thumbnail_url), ('title', coalesce(title, 'none'))
        ) AS f (name, value)
    WHERE a.museum = %(museum)s
    UNION ALL
    SELECT artist_id::text, 'artist.' || f.name, f.value
    FROM candidate.artist AS r,
        LATERAL (VALUES ('name', name), ('identity', identity)) AS f (name, value)
    WHERE r.museum = %(museum)s
    UNION ALL
    SELECT object_number, 'thumbnail.' || f.name, f.value
    FROM candidate.thumbnail AS t,
        LATERAL (VALUES ('object_key', object_key), ('source_key', source_key)) AS f (name, value)
    WHERE t.museum = %(museum)s
) AS e
WHERE coalesce(btrim(e.value), '') = ''

-- name: thumbnails_not_stored
-- Thumbnails that the ledger calls stored and the candidate does not have.
SELECT a.object_number, l.output AS recorded_key
FROM ops.ledger AS l
JOIN staging.artwork AS a ON a.museum = l.museum AND a.record_id = l.record_id
JOIN candidate.artwork AS c ON c.museum = a.museum AND c.object_number = a.object_number
WHERE l.museum = %(museum)s AND l.stage = 'stored_thumbnails' AND l.outcome = 'done'
  AND NOT EXISTS (
      SELECT FROM candidate.thumbnail AS t
      WHERE t.museum = a.museum AND t.object_number = a.object_number)

-- name: vectors_not_indexed
-- Vectors that the ledger calls made and that are not among those of the working index.
-- needs: releases_checks.listing
SELECT a.object_number, l.stage AS vector, l.output AS point
FROM candidate.index_status AS s
JOIN staging.artwork AS a ON a.museum = s.museum AND a.object_number = s.object_number
JOIN ops.ledger AS l
    ON l.museum = a.museum AND l.record_id = a.record_id AND l.stage = ANY (s.vectors) AND l.outcome = 'done'
WHERE s.museum = %(museum)s
  AND NOT EXISTS (SELECT FROM pg_temp.there AS o WHERE o.vector = l.stage AND o.key = l.output)

-- name: vectors_not_kept
-- Vectors that are not in the cache, of which the points of production are made.
SELECT s.object_number, v.name AS vector, v.contract
FROM candidate.index_status AS s, unnest(s.vectors, s.contracts, s.contents) AS v (name, contract, content)
WHERE s.museum = %(museum)s
  AND NOT EXISTS (SELECT FROM ops.vector AS o WHERE o.contract = v.contract AND o.content_hash = v.content)

-- name: recorded_vectors
-- Whether there is a vector to look at.
SELECT s.object_number
FROM candidate.index_status AS s
WHERE s.museum = %(museum)s AND cardinality(s.vectors) > 0
LIMIT 1

-- name: demo_vectors
-- Vectors of the demo's model, as its contract says, by their name.
SELECT v.name AS vector, count(*) AS works, min(v.contract) AS contract
FROM candidate.index_status AS s, unnest(s.vectors, s.contracts) AS v (name, contract)
WHERE s.museum = %(museum)s AND starts_with(v.contract, 'demo:')
GROUP BY v.name
ORDER BY v.name

-- name: orphaned_presses
-- Presses without an exhibition.
SELECT p.exhibition_code, p.what, count(*) AS presses, min(p.at) AS first
FROM (
    SELECT exhibition_code, at, 'review' AS what FROM candidate.review WHERE museum = %(museum)s
    UNION ALL
    SELECT exhibition_code, at, 'incident' FROM candidate.incident WHERE museum = %(museum)s
) AS p
WHERE NOT EXISTS (
    SELECT FROM candidate.exhibition AS e
    WHERE e.museum = %(museum)s AND e.exhibition_code = p.exhibition_code)
GROUP BY p.exhibition_code, p.what

-- name: duplicate_exhibitions
-- Codes and ids that more than one exhibition has.
SELECT exhibition_code, count(*) AS times, array_agg(name) AS names
FROM candidate.exhibition
WHERE museum = %(museum)s
GROUP BY exhibition_code
HAVING count(*) > 1
UNION ALL
SELECT 'id ' || exhibition_id, count(*), array_agg(name)
FROM candidate.exhibition
WHERE museum = %(museum)s
GROUP BY exhibition_id
HAVING count(*) > 1

-- name: duplicate_presses
-- Presses that are there twice.
SELECT at, exhibition_code, 'review ' || rating AS press, occurrence, origin, count(*) AS times
FROM candidate.review
WHERE museum = %(museum)s
GROUP BY at, exhibition_code, rating, occurrence, origin
HAVING count(*) > 1
UNION ALL
SELECT at, exhibition_code, 'incident ' || incident_type, occurrence, origin, count(*)
FROM candidate.incident
WHERE museum = %(museum)s
GROUP BY at, exhibition_code, incident_type, occurrence, origin
HAVING count(*) > 1

-- name: empty_kiosk_text
-- Exhibitions without a name, a department or a code.
SELECT exhibition_code, f.name AS field
FROM candidate.exhibition AS e,
    LATERAL (
        VALUES ('name', e.name), ('department', e.department), ('exhibition_code', e.exhibition_code)
    ) AS f (name, value)
WHERE e.museum = %(museum)s AND coalesce(btrim(f.value), '') = ''

-- name: unknown_buttons
-- Presses of buttons that have no label.
SELECT button, count(*) AS presses
FROM (
    SELECT 'rating ' || rating AS button FROM candidate.review WHERE museum = %(museum)s AND label IS NULL
    UNION ALL
    SELECT 'incident ' || incident_type FROM candidate.incident WHERE museum = %(museum)s AND label IS NULL
) AS p
GROUP BY button

-- name: orphaned_identities
-- Makers of works that lack the work or the artist.
SELECT w.object_number, w.position, w.identity,
       CASE WHEN a.object_number IS NULL THEN 'no such artwork' ELSE 'no such artist' END AS fault
FROM candidate.artwork_identity AS w
LEFT JOIN candidate.artwork AS a ON a.museum = w.museum AND a.object_number = w.object_number
LEFT JOIN candidate.artist_identity AS i ON i.museum = w.museum AND i.identity = w.identity
WHERE w.museum = %(museum)s AND (a.museum IS NULL OR i.museum IS NULL)

-- name: contradicting_deaths
-- Artists of the candidate of whom the museums say two years of death.
SELECT c.identity, c.label,
       (array_agg(DISTINCT m.museum || ' ' || m.death_year ORDER BY m.museum || ' ' || m.death_year))[:5] AS died
FROM candidate.artist_identity AS c
JOIN staging.joined_identities AS j ON j.identity = c.identity
JOIN staging.makers AS m ON m.museum = j.museum AND m.maker_key = j.maker_key
WHERE c.museum = %(museum)s
GROUP BY c.identity, c.label
HAVING count(DISTINCT m.death_year) > 1

-- name: works_before_birth
-- Works that were finished before their artist was born. A work after somebody is another maker's.
SELECT a.object_number, a.production_date_end, i.label, i.birth_year
FROM candidate.artwork_identity AS w
JOIN candidate.artwork AS a ON a.museum = w.museum AND a.object_number = w.object_number
JOIN candidate.artist_identity AS i ON i.museum = w.museum AND i.identity = w.identity
WHERE w.museum = %(museum)s AND w.qualifier IS NULL AND a.production_date_end < i.birth_year

-- name: impossible_coordinates
-- Places that lie nowhere: beyond the poles, or where both numbers are missing.
SELECT object_number, position, name, latitude, longitude
FROM candidate.artwork_place
WHERE museum = %(museum)s
  AND (latitude NOT BETWEEN -90 AND 90 OR longitude NOT BETWEEN -180 AND 180 OR latitude = 0 AND longitude = 0)
