-- Record a batch of stored thumbnails.
INSERT INTO staging.thumbnail AS t
    (museum, record_id, s3_key, sha256, width, height, bytes, source_url, etag, last_modified)
SELECT museum, record_id, s3_key, sha256, width, height, bytes, source_url, etag, last_modified FROM thumbnail_batch
ON CONFLICT (museum, record_id) DO UPDATE
SET (s3_key, sha256, width, height, bytes, source_url, etag, last_modified, stored_at) =
    (excluded.s3_key, excluded.sha256, excluded.width, excluded.height, excluded.bytes, excluded.source_url,
     excluded.etag, excluded.last_modified, now())
