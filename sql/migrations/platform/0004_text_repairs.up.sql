-- What was wrong with a record's text before it was repaired.

ALTER TABLE staging.artwork ADD COLUMN text_repairs text[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN staging.artwork.text_repairs IS
    'What was wrong with the museum''s text and was repaired, such as "title: windows_1252"; empty '
    'where nothing was.';

CREATE OR REPLACE VIEW ops.output_transformed_artworks AS
SELECT museum, record_id, sha256(record_send(ROW(
           museum, record_id, object_number, museum_db_id, title, artists, production_date_start,
           production_date_end, period, work_types, searchable_work_types, thumbnail_url, image_url,
           rights, source_url, search_text, text_repairs))) AS output_hash
FROM staging.artwork;
