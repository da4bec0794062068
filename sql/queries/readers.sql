-- What readers of production ask, all of it in one snapshot and through the pointer.
-- database: production

-- name: live
-- The release of each museum that readers see, with what is known of it.
SELECT c.museum, c.release_id, c.committed_at, r.candidate_made_at, r.counts, r.summary,
       production.live_before(c.museum) AS before
FROM production.current_release AS c
JOIN production.release AS r USING (museum, release_id)
JOIN production.museum AS m USING (museum)
WHERE m.kind = 'collection'
ORDER BY c.museum

-- name: artworks
-- Works of one museum by their object numbers.
SELECT a.museum, a.release_id, a.object_number, a.museum_db_id, a.title, a.artists, a.production_date_start,
       a.production_date_end, a.period, a.work_types, a.searchable_work_types, a.image_url, a.rights, a.source_url,
       t.object_key, t.width, t.height
FROM production.artwork AS a
LEFT JOIN production.thumbnail AS t ON t.museum = %(museum)s AND t.object_number = a.object_number
WHERE a.museum = %(museum)s AND a.object_number = ANY(%(numbers)s)

-- name: browse
-- Every work with what it can be filtered by.
SELECT a.museum, a.object_number, a.title, a.searchable_work_types AS work_types, a.production_date_start AS start,
       a.production_date_end AS end, t.object_key IS NOT NULL AS has_image
FROM production.artwork AS a
LEFT JOIN production.thumbnail AS t ON t.museum = a.museum AND t.object_number = a.object_number
ORDER BY has_image DESC, a.museum, a.object_number

-- name: rights
-- The rights under which a museum publishes its works, the most frequent first.
SELECT rights AS value, count(*) AS works
FROM production.artwork
WHERE museum = %(museum)s AND rights IS NOT NULL
GROUP BY rights
ORDER BY works DESC, value
LIMIT 50
