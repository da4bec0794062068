-- Imports of declared sources: each in a table of its own.

-- name: find
-- The imports that match every filter that is not NULL, newest first.
SELECT id, source, year, files, content_hash, contract, state, partial, checkpoint, rows_read, loaded, rejected,
       duplicate, codes, message, started_at, ended_at,
       EXISTS (SELECT FROM ops.archive_current AS c WHERE c.import_id = i.id) AS current
FROM ops.archive_import AS i
WHERE (%(source)s::text IS NULL OR source = %(source)s)
  AND (%(id)s::bigint IS NULL OR id = %(id)s)
  AND (%(states)s::text[] IS NULL OR state = ANY (%(states)s))
  AND (%(content_hash)s::bytea IS NULL OR content_hash = %(content_hash)s)
ORDER BY id DESC
LIMIT %(limit)s

-- name: begin
-- Record a new import; its id becomes part of its table's name.
INSERT INTO ops.archive_import (source, year, files, content_hash, contract, partial)
VALUES (%(source)s, %(year)s, %(files)s, %(content_hash)s, %(contract)s, %(partial)s)
RETURNING id

-- name: advance
-- Store the checkpoint and counts of a loading import, in the transaction of its rows.
UPDATE ops.archive_import
SET checkpoint = %(checkpoint)s, rows_read = %(rows_read)s, loaded = %(loaded)s, rejected = %(rejected)s,
    codes = %(codes)s
WHERE id = %(id)s AND state = 'loading'

-- name: end
-- Store the state in which an import ends.
UPDATE ops.archive_import
SET state = %(state)s, message = %(message)s, partial = partial OR %(partial)s, ended_at = now()
WHERE id = %(id)s

-- name: point
-- Make the newest import of the latest year the current one, or none when no import is loaded.
WITH best AS (
    SELECT id
    FROM ops.archive_import
    WHERE source = %(source)s AND state = 'loaded'
    ORDER BY year DESC NULLS LAST, id DESC
    LIMIT 1
), pointed AS (
    INSERT INTO ops.archive_current (source, import_id)
    SELECT %(source)s, id FROM best
    ON CONFLICT (source) DO UPDATE
    SET import_id = excluded.import_id, since = now()
    WHERE archive_current.import_id <> excluded.import_id
)
DELETE FROM ops.archive_current
WHERE source = %(source)s AND NOT EXISTS (SELECT FROM best)

-- name: rows_read
-- How many rows the finished imports of a source have read.
SELECT coalesce(sum(rows_read), 0)
FROM ops.archive_import
WHERE source = %(museum)s AND state IN ('held', 'loaded')

-- name: create_parent
-- The parent table of a source, of which every import is a partition.
-- {parent}: archive.prepared__all
-- {columns}: title text, year bigint
CREATE TABLE {parent} (import_id bigint NOT NULL, position bigint NOT NULL, {columns}) PARTITION BY LIST (import_id)

-- name: create_view
-- The view that readers see of a source: the rows of its current import.
-- needs: archives.create_parent
-- {view}: archive.prepared
-- {columns}: title, year
-- {parent}: archive.prepared__all
-- {source}: 'prepared'
CREATE OR REPLACE VIEW {view} AS
SELECT {columns}
FROM {parent}
WHERE import_id = (SELECT import_id FROM ops.archive_current WHERE source = {source})

-- name: columns
-- The columns of a table in their order; no rows when the table does not exist.
SELECT attname AS name, format_type(atttypid, NULL) AS type
FROM pg_attribute
WHERE attrelid = to_regclass(%(table)s) AND attnum > 0 AND NOT attisdropped
ORDER BY attnum

-- name: deduplicate
-- Keep the first row of each key; record each removed row with the one that was kept.
-- needs: archives.create_parent
-- {keys}: title
-- {table}: archive.prepared__all
WITH ranked AS (
    SELECT position, first_value(position) OVER (PARTITION BY {keys} ORDER BY position) AS first_position
    FROM {table}
), gone AS (
    DELETE FROM {table} AS t
    USING ranked AS r
    WHERE r.position = t.position AND r.first_position <> r.position
    RETURNING r.position, r.first_position
), noted AS (
    INSERT INTO ops.archive_duplicate (import_id, position, first_position)
    SELECT %(id)s, position, first_position FROM gone
    RETURNING 1
)
UPDATE ops.archive_import
SET loaded = loaded - (SELECT count(*) FROM noted), duplicate = duplicate + (SELECT count(*) FROM noted)
WHERE id = %(id)s
