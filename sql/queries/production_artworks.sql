-- What readers see of one museum's artworks, in the release that its pointer names.
SELECT a.museum, a.release_id, a.object_number, a.museum_db_id, a.title, a.artists, a.production_date_start,
       a.production_date_end, a.period, a.work_types, a.searchable_work_types, t.object_key, s.digest
FROM production.artwork a
JOIN production.index_status s ON s.museum = %(museum)s AND s.object_number = a.object_number
LEFT JOIN production.thumbnail t ON t.museum = %(museum)s AND t.object_number = a.object_number
WHERE a.museum = %(museum)s AND a.object_number = ANY(%(numbers)s)
