-- The thumbnails of a release that its base does not have, each object once.
SELECT DISTINCT ON (s.object_key) s.object_key, s.source_key, s.sha256, s.bytes, s.object_number
FROM production.thumbnail_release s
WHERE s.museum = %(museum)s AND s.slot = %(slot)s
  AND NOT EXISTS (
      SELECT FROM production.thumbnail_release b
      WHERE b.museum = %(museum)s AND b.slot = %(base_slot)s
        AND b.object_number = s.object_number AND b.sha256 = s.sha256)
ORDER BY s.object_key
