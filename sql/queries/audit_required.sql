-- Artworks that lack what every artwork must have.
SELECT record_id, object_number
FROM staging.artwork
WHERE museum = %(museum)s
  AND (object_number = '' OR museum_db_id = '' OR rights = '' OR thumbnail_url !~ '^https?://'
       OR cardinality(work_types) = 0 OR cardinality(searchable_work_types) = 0 OR title = '')
