-- The candidate of a museum's next release: the rows of each of its tables, made from staging.

-- name: tables
-- The candidate's tables with the columns that they share with production's.
SELECT c.relname AS name,
       array_agg(a.attname::text ORDER BY a.attnum) AS columns,
       array_agg(format_type(a.atttypid, a.atttypmod) ORDER BY a.attnum) AS types
FROM pg_class AS c
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    AND a.attname NOT IN ('museum', 'row_hash')
WHERE c.relnamespace = 'candidate'::regnamespace AND c.relkind = 'p'
GROUP BY c.relname

-- name: fill
-- Make the rows of a table, each with its hash.
-- {table}: candidate.index_status
-- {columns}: object_number, digest, vectors, contracts, contents
-- {row_hash}: block releases_rows.row_hash
-- {rows}: block releases_candidate.index_status
INSERT INTO {table} (museum, {columns}, row_hash)
SELECT %(museum)s, {columns}, {row_hash}
FROM ({rows}) AS made

-- name: note_made
-- When the candidate was made, and how many rows each table has.
INSERT INTO candidate.made (museum, made_at, counts)
VALUES (%(museum)s, now(), %(counts)s)
ON CONFLICT (museum) DO UPDATE
SET made_at = excluded.made_at, counts = excluded.counts

-- name: artwork
-- Artworks as staging has them.
SELECT object_number, museum_db_id, title, artists, production_date_start, production_date_end, period, work_types,
       searchable_work_types, thumbnail_url, image_url, rights, source_url
FROM staging.artwork
WHERE museum = %(museum)s

-- name: artist
-- Artists are their folded names: a museum spells one person in several ways, and the most frequent way is shown.
SELECT encode(substr(sha256(convert_to(identity, 'UTF8')), 1, 16), 'hex')::uuid AS artist_id, identity,
       mode() WITHIN GROUP (ORDER BY name) AS name, count(DISTINCT object_number)::integer AS artworks
FROM (
    SELECT a.object_number, n.name, candidate.folded(n.name) AS identity
    FROM staging.artwork AS a, unnest(a.artists) AS n (name)
    WHERE a.museum = %(museum)s
) AS named
GROUP BY identity

-- name: artwork_artist
-- The artists of each artwork, in the museum's order.
SELECT a.object_number, n.position::integer AS position,
       encode(substr(sha256(convert_to(candidate.folded(n.name), 'UTF8')), 1, 16), 'hex')::uuid AS artist_id
FROM staging.artwork AS a, unnest(a.artists) WITH ORDINALITY AS n (name, position)
WHERE a.museum = %(museum)s

-- name: thumbnail
-- Thumbnails; one whose artwork is gone keeps a row, for the rules to name.
SELECT coalesce(a.object_number, 'record ' || t.record_id) AS object_number, t.sha256, t.width, t.height, t.bytes,
       museum || '/' || encode(t.sha256, 'hex') || '.jpg' AS object_key, t.s3_key AS source_key
FROM staging.thumbnail AS t
LEFT JOIN staging.artwork AS a USING (museum, record_id)
WHERE museum = %(museum)s

-- name: index_status
-- Which vectors each artwork has, and of which contents.
SELECT object_number, digest, vectors, contracts, contents
FROM ops.index_status
WHERE museum = %(museum)s

-- name: artist_identity
-- The artists of the museum's works, as they are joined across museums now. A maker that is not joined yet is alone.
SELECT a.identity, a.label, a.method, a.score, a.birth_year, a.death_year,
       coalesce(n.names[1:50], a.own_names[1:50]) AS names, a.artworks
FROM (
    SELECT coalesce(j.identity, m.maker_key) AS identity, min(coalesce(j.label, m.name)) AS label,
           min(coalesce(j.method, 'alone')) AS method, round(max(j.score)::numeric, 3)::double precision AS score,
           min(coalesce(j.birth_year, m.birth_year)) AS birth_year,
           min(coalesce(j.death_year, m.death_year)) AS death_year,
           array_agg(DISTINCT m.name) AS own_names, count(DISTINCT m.object_number)::integer AS artworks
    FROM staging.makers AS m
    JOIN staging.artwork AS w ON w.museum = m.museum AND w.object_number = m.object_number
    LEFT JOIN staging.joined_identities AS j ON j.museum = m.museum AND j.maker_key = m.maker_key
    WHERE m.museum = %(museum)s
    GROUP BY coalesce(j.identity, m.maker_key)
) AS a
LEFT JOIN (
    SELECT j.identity, array_agg(DISTINCT m.name) AS names
    FROM staging.joined_identities AS j
    JOIN staging.makers AS m ON m.museum = j.museum AND m.maker_key = j.maker_key
    WHERE j.identity IN (SELECT o.identity FROM staging.joined_identities AS o WHERE o.museum = %(museum)s)
    GROUP BY j.identity
) AS n USING (identity)

-- name: artwork_identity
-- The makers of each artwork, in the museum's order, with who they are.
SELECT m.object_number, m.position, coalesce(j.identity, m.maker_key) AS identity, m.name, m.role, m.qualifier
FROM staging.makers AS m
JOIN staging.artwork AS w ON w.museum = m.museum AND w.object_number = m.object_number
LEFT JOIN staging.joined_identities AS j ON j.museum = m.museum AND j.maker_key = m.maker_key
WHERE m.museum = %(museum)s

-- name: artwork_place
-- The places of each artwork, in the museum's order, with where they lie.
SELECT p.object_number, p.position, p.name, p.role, p.within,
       (e.facts ->> 'latitude')::double precision AS latitude,
       (e.facts ->> 'longitude')::double precision AS longitude, e.facts ->> 'identity' AS identity
FROM staging.places AS p
JOIN staging.artwork AS w ON w.museum = p.museum AND w.object_number = p.object_number
LEFT JOIN staging.artwork_enrichments AS e
    ON e.museum = p.museum AND e.source = 'place_coordinates' AND e.subject = p.place_key
WHERE p.museum = %(museum)s

-- name: artwork_material
-- The materials of each artwork, in the museum's order, with their terms in the thesaurus.
SELECT m.object_number, m.position, m.term, m.language,
       ARRAY(SELECT t.term ->> 'aat'
             FROM jsonb_array_elements(e.facts -> 'materials') WITH ORDINALITY AS t (term, place)
             ORDER BY t.place) AS aat
FROM staging.materials AS m
JOIN staging.artwork AS w ON w.museum = m.museum AND w.object_number = m.object_number
LEFT JOIN staging.artwork_enrichments AS e
    ON e.museum = m.museum AND e.source = 'material_terms' AND e.subject = m.material_key
WHERE m.museum = %(museum)s

-- name: artwork_subject
-- What each artwork shows, in the museum's order, with what it is at an authority and is called there.
SELECT s.object_number, s.position, s.name, s.language, s.kind, e.facts ->> 'identity' AS identity,
       coalesce(e.facts -> 'labels' ->> 'en', e.facts -> 'labels' ->> 'da', e.facts -> 'labels' ->> 'nl') AS label
FROM staging.subjects AS s
JOIN staging.artwork AS w ON w.museum = s.museum AND w.object_number = s.object_number
LEFT JOIN staging.artwork_enrichments AS e
    ON e.museum = s.museum AND e.source = 'subject_identities' AND e.subject = s.subject_key
WHERE s.museum = %(museum)s

-- name: exhibition
-- Exhibitions with their department and floors.
SELECT e.exhibition_code, e.exhibition_id, e.name, e.description, d.name AS department,
       ARRAY(SELECT l.name
             FROM kiosk.floor_assignment AS f
             JOIN kiosk.floor AS l USING (museum, floor_id)
             WHERE f.museum = e.museum AND f.exhibition_id = e.exhibition_id
             ORDER BY l.name) AS floors,
       e.start_date
FROM kiosk.exhibition AS e
JOIN kiosk.department AS d USING (museum, department_id)
WHERE e.museum = %(museum)s

-- name: review
-- Ratings; one whose exhibition is gone keeps a row, for the rules to name.
SELECT r.at, coalesce(e.exhibition_code, 'exhibition ' || r.exhibition_id) AS exhibition_code, r.rating, r.occurrence,
       r.origin::text AS origin, t.label
FROM kiosk.review AS r
LEFT JOIN kiosk.exhibition AS e USING (museum, exhibition_id)
LEFT JOIN kiosk.rating_type AS t USING (museum, rating)
WHERE museum = %(museum)s

-- name: incident
-- Calls for assistance and emergencies; one whose exhibition is gone keeps a row, for the rules to name.
SELECT i.at, coalesce(e.exhibition_code, 'exhibition ' || i.exhibition_id) AS exhibition_code, i.incident_type,
       i.occurrence, i.origin::text AS origin, t.label
FROM kiosk.incident AS i
LEFT JOIN kiosk.exhibition AS e USING (museum, exhibition_id)
LEFT JOIN kiosk.incident_type AS t USING (museum, incident_type)
WHERE museum = %(museum)s

-- name: accept_drift
-- Let the next release drift in one way until a moment that is not over yet.
INSERT INTO ops.drift_acceptance (museum, finding, accepted_by, why, until)
SELECT %(museum)s, %(finding)s, %(by)s, %(why)s, %(until)s
WHERE %(until)s > now()
RETURNING id

-- name: standing_acceptances
-- The acceptance of each finding that holds now: not over, and of no release yet.
SELECT DISTINCT ON (finding) id, finding, accepted_by, why, until
FROM ops.drift_acceptance
WHERE museum = %(museum)s AND used_in IS NULL AND until > now()
ORDER BY finding, until DESC
