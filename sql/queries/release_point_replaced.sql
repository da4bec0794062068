-- What the base of a release shows and the release does not, or not like this: the points that end with the base.
SELECT b.object_number
FROM production.index_status_release b
WHERE b.museum = %(museum)s AND b.slot = %(base_slot)s
  AND NOT EXISTS (
      SELECT FROM production.index_status_release s
      WHERE s.museum = %(museum)s AND s.slot = %(slot)s
        AND s.object_number = b.object_number AND s.digest = b.digest)
