-- Artworks whose years cannot be.
SELECT record_id, object_number, production_date_start, production_date_end
FROM staging.artwork
WHERE museum = %(museum)s
  AND (production_date_start > production_date_end
       OR production_date_start NOT BETWEEN -10000 AND extract(year FROM now())::integer + 1
       OR production_date_end NOT BETWEEN -10000 AND extract(year FROM now())::integer + 1)
