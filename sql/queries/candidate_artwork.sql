SELECT object_number, museum_db_id, title, artists, production_date_start, production_date_end, period, work_types,
       searchable_work_types, thumbnail_url, image_url, rights, source_url
FROM staging.artwork
WHERE museum = %(museum)s
