-- Documents: a museum's files in a bucket, their content, and the records that a language model read in them.

-- name: listing
-- A temporary table of the bucket's objects that match the museum's pattern.
CREATE TEMP TABLE IF NOT EXISTS document_listing (
    document_id uuid,
    key text,
    etag text,
    size bigint,
    modified timestamptz
) ON COMMIT DELETE ROWS

-- name: mark_gone
-- Mark the documents that are not in the listing as gone, and all those of another bucket.
-- needs: documents.listing
UPDATE documents.object AS o
SET gone_at = now()
WHERE o.museum = %(museum)s AND o.gone_at IS NULL
  AND (o.bucket <> %(bucket)s
       OR NOT EXISTS (SELECT FROM document_listing AS l WHERE l.document_id = o.document_id))

-- name: mark_there
-- Store the listed objects under their UUIDs; one whose etag changed becomes a new version.
-- needs: documents.listing
INSERT INTO documents.object AS o (museum, document_id, bucket, key, etag, size, modified)
SELECT %(museum)s, document_id, %(bucket)s, key, etag, size, modified
FROM document_listing
ON CONFLICT (museum, document_id) DO UPDATE
SET etag = excluded.etag, size = excluded.size, modified = excluded.modified, gone_at = NULL,
    version = o.version + (o.etag <> excluded.etag)::integer

-- name: news
-- Of the part of a bucket's listing between two keys: how many objects are new or changed, and how many known ones are
-- gone. `settled` is when a document was last done, rejected or failed for good, in milliseconds.
WITH listed AS (
    SELECT * FROM unnest(%(keys)s::text[], %(etags)s::text[]) AS l (key, etag)
), known AS (
    SELECT key, etag, bucket = %(bucket)s AS here
    FROM documents.object
    WHERE museum = %(museum)s AND gone_at IS NULL
)
SELECT (SELECT count(*) FROM listed AS l
        WHERE NOT EXISTS (SELECT FROM known AS k WHERE k.here AND k.key = l.key AND k.etag = l.etag)) AS new,
       (SELECT count(*) FROM known AS k
        WHERE NOT here
           OR key COLLATE "C" > %(after)s AND (%(end)s = '' OR key COLLATE "C" <= %(end)s)
              AND NOT EXISTS (SELECT FROM listed AS l WHERE l.key = k.key)) AS gone,
       (SELECT coalesce(extract(epoch FROM max(attempted_at)) * 1000, 0)::bigint
        FROM ops.ledger
        WHERE museum = %(museum)s AND stage LIKE 'document\_%%' AND (outcome <> 'failed' OR permanent)) AS settled

-- name: batch
-- A temporary table of the files to be stored, with the columns of documents.file except staged_at.
CREATE TEMP TABLE IF NOT EXISTS document_batch ON COMMIT DELETE ROWS AS
SELECT museum, document_id, version, key, etag, content_type, encoding, content, size, sha256
FROM documents.file
WITH NO DATA

-- name: store_files
-- Store the batch; a new version replaces the earlier one.
-- needs: documents.batch
INSERT INTO documents.file AS f (museum, document_id, version, key, etag, content_type, encoding, content, size, sha256)
SELECT museum, document_id, version, key, etag, content_type, encoding, content, size, sha256
FROM document_batch
ON CONFLICT (museum, document_id) DO UPDATE
SET (version, key, etag, content_type, encoding, content, size, sha256, staged_at) =
    (excluded.version, excluded.key, excluded.etag, excluded.content_type, excluded.encoding, excluded.content,
     excluded.size, excluded.sha256, now())

-- name: forget_files
-- Delete the files of documents that are gone or can no longer be read.
DELETE FROM documents.file
WHERE museum = %(museum)s AND document_id = ANY(%(ids)s::uuid[])

-- name: texts
-- The texts of documents; of one that is too long for a model, only as much as shows that it is.
SELECT document_id::text, left(content, %(most)s) AS content
FROM documents.file
WHERE museum = %(museum)s AND document_id = ANY(%(ids)s::uuid[])

-- name: content
-- The whole content of one document.
SELECT content
FROM documents.file
WHERE museum = %(museum)s AND document_id = %(id)s::uuid

-- name: known_numbers
-- Those of these texts that are object numbers of the museum's artworks.
SELECT object_number
FROM staging.artwork
WHERE museum = %(museum)s AND object_number = ANY(%(numbers)s)

-- name: add_record
-- Store what a model read in one document.
INSERT INTO documents.record (museum, document_id, kind, object_number, fields, contract)
VALUES (%(museum)s, %(document_id)s, %(kind)s, %(object_number)s, %(fields)s::jsonb, %(contract)s)

-- name: forget_records
-- Delete the records of documents, which a model read in an earlier version or with an earlier prompt.
DELETE FROM documents.record
WHERE museum = %(museum)s AND document_id = ANY(%(ids)s::uuid[])

-- name: not_stored
-- The documents that the ledger calls done although their table does not have them.
SELECT l.stage, l.record_id
FROM ops.ledger AS l
WHERE l.museum = %(museum)s AND l.outcome = 'done'
  AND (l.stage = 'document_files' AND NOT EXISTS (
           SELECT FROM documents.file AS f
           WHERE f.museum = l.museum AND f.document_id = l.record_id::uuid)
       OR l.stage = 'document_records' AND NOT EXISTS (
           SELECT FROM documents.record AS r
           WHERE r.museum = l.museum AND r.document_id = l.record_id::uuid))
ORDER BY l.stage, l.record_id
