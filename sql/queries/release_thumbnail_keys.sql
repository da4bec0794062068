-- Every object that a kept release of the museum shows, in the order in which S3 lists keys.
SELECT DISTINCT t.object_key COLLATE "C" AS object_key
FROM production.thumbnail_release t
JOIN production.release r ON r.museum = t.museum AND r.slot = t.slot
WHERE t.museum = %(museum)s AND r.release_id = ANY(%(kept)s)
ORDER BY object_key
