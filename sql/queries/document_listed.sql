-- What the listing holds is there: under the UUID it has, as a new version when its etag is another.
INSERT INTO documents.object AS o (museum, document_id, bucket, key, etag, size, modified)
SELECT %(museum)s, document_id, %(bucket)s, key, etag, size, modified FROM document_listing
ON CONFLICT (museum, document_id) DO UPDATE
SET etag = excluded.etag, size = excluded.size, modified = excluded.modified, gone_at = NULL,
    version = o.version + (o.etag <> excluded.etag)::integer
