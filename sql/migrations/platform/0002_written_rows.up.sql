-- What a stage wrote, in its ledger: a row that somebody alters by hand differs from it.

ALTER TABLE ops.ledger ADD COLUMN output_hash bytea;
COMMENT ON COLUMN ops.ledger.output_hash IS
    'SHA-256 of the row that was written, as ops.output_<stage> makes it of the row as it is.';

-- SHA-256 over a row as Postgres's binary protocol sends it: the same on every server, and what
-- museum_assets computes of a row that it is about to write. Not part of it are columns that only
-- say when or in which order a row came.

CREATE VIEW ops.output_transformed_artworks AS
SELECT museum, record_id, sha256(record_send(ROW(
           museum, record_id, object_number, museum_db_id, title, artists, production_date_start,
           production_date_end, period, work_types, searchable_work_types, thumbnail_url, image_url,
           rights, source_url, search_text))) AS output_hash
FROM staging.artwork;

CREATE VIEW ops.output_stored_thumbnails AS
SELECT museum, record_id, sha256(record_send(ROW(
           museum, record_id, s3_key, sha256, width, height, bytes, source_url, etag,
           last_modified))) AS output_hash
FROM staging.thumbnail;

CREATE VIEW ops.output_document_records AS
SELECT museum, document_id::text AS record_id, sha256(record_send(ROW(
           museum, document_id, kind, object_number, fields, contract))) AS output_hash
FROM documents.record;

-- Rows from before this revision count as they are. Artworks are read again by the next run anyhow,
-- since the code that maps them has changed.
UPDATE ops.ledger AS l SET output_hash = o.output_hash
FROM ops.output_stored_thumbnails AS o
WHERE l.stage = 'stored_thumbnails' AND l.museum = o.museum AND l.record_id = o.record_id;

UPDATE ops.ledger AS l SET output_hash = o.output_hash
FROM ops.output_document_records AS o
WHERE l.stage = 'document_records' AND l.museum = o.museum AND l.record_id = o.record_id;
