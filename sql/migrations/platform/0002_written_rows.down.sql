DROP VIEW ops.output_transformed_artworks, ops.output_stored_thumbnails, ops.output_document_records;
ALTER TABLE ops.ledger DROP COLUMN output_hash;
