-- Move a batch of files from the temporary table.
INSERT INTO documents.file AS f (museum, document_id, version, key, etag, content_type, encoding, content, size, sha256)
SELECT museum, document_id, version, key, etag, content_type, encoding, content, size, sha256 FROM document_batch
ON CONFLICT (museum, document_id) DO UPDATE
SET (version, key, etag, content_type, encoding, content, size, sha256, staged_at) =
    (excluded.version, excluded.key, excluded.etag, excluded.content_type, excluded.encoding, excluded.content,
     excluded.size, excluded.sha256, now())
