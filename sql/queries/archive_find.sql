SELECT id, source, year, files, content_hash, contract, state, partial, checkpoint, rows_read, loaded, rejected, duplicate,
       codes, message, started_at, ended_at,
       EXISTS (SELECT FROM ops.archive_current AS c WHERE c.import_id = i.id) AS current
FROM ops.archive_import AS i
WHERE (%(source)s::text IS NULL OR source = %(source)s)
  AND (%(id)s::bigint IS NULL OR id = %(id)s)
  AND (%(states)s::text[] IS NULL OR state = ANY (%(states)s))
  AND (%(content_hash)s::bytea IS NULL OR content_hash = %(content_hash)s)
ORDER BY id DESC
LIMIT %(limit)s
