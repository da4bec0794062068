-- Thumbnails: the image of each artwork that is in S3, and its key.

-- name: batch
-- The temporary table of stored thumbnails that go into staging.
CREATE TEMP TABLE IF NOT EXISTS thumbnail_batch (
    museum text,
    record_id text,
    s3_key text,
    sha256 bytea,
    width integer,
    height integer,
    bytes integer,
    source_url text,
    etag text,
    last_modified text
) ON COMMIT DELETE ROWS

-- name: record
-- Record a batch of stored thumbnails.
-- needs: thumbnails.batch
INSERT INTO staging.thumbnail AS t
    (museum, record_id, s3_key, sha256, width, height, bytes, source_url, etag, last_modified)
SELECT museum, record_id, s3_key, sha256, width, height, bytes, source_url, etag, last_modified
FROM thumbnail_batch
ON CONFLICT (museum, record_id) DO UPDATE
SET (s3_key, sha256, width, height, bytes, source_url, etag, last_modified, stored_at) =
    (excluded.s3_key, excluded.sha256, excluded.width, excluded.height, excluded.bytes, excluded.source_url,
     excluded.etag, excluded.last_modified, now())

-- name: sample
-- A random sample of stored thumbnails.
SELECT record_id, s3_key, sha256
FROM staging.thumbnail
WHERE museum = %(museum)s
ORDER BY random()
LIMIT %(limit)s
