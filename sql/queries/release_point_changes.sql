-- What a release shows and its base does not, or not like this: one row per point to be made.
SELECT s.object_number, s.digest, s.vectors, s.contracts, s.contents,
       a.museum, a.museum_db_id, a.title, a.artists, a.production_date_start, a.production_date_end, a.period,
       a.work_types, a.searchable_work_types
FROM production.index_status_release s
JOIN production.artwork_release a
  ON a.museum = %(museum)s AND a.slot = %(slot)s AND a.object_number = s.object_number
WHERE s.museum = %(museum)s AND s.slot = %(slot)s
  AND NOT EXISTS (
      SELECT FROM production.index_status_release b
      WHERE b.museum = %(museum)s AND b.slot = %(base_slot)s
        AND b.object_number = s.object_number AND b.digest = s.digest)
