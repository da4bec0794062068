CREATE OR REPLACE VIEW ops.output_transformed_artworks AS
SELECT museum, record_id, sha256(record_send(ROW(
           museum, record_id, object_number, museum_db_id, title, artists, production_date_start,
           production_date_end, period, work_types, searchable_work_types, thumbnail_url, image_url,
           rights, source_url, search_text))) AS output_hash
FROM staging.artwork;
ALTER TABLE staging.artwork DROP COLUMN text_repairs;
