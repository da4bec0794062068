-- Artworks in staging: one for each object number, of the record that was stored first.

-- name: touched
-- Staged artworks that a batch may touch: those with its object numbers, and those of its records.
SELECT record_id, object_number, record_seq
FROM staging.artwork
WHERE museum = %(museum)s AND object_number = ANY(%(numbers)s)
UNION
SELECT record_id, object_number, record_seq
FROM staging.artwork
WHERE museum = %(museum)s AND record_id = ANY(%(ids)s)

-- name: batch
-- The temporary table of artworks that go over staged ones.
-- {columns}: museum, record_id, title, row_hash
CREATE TEMP TABLE IF NOT EXISTS artwork_batch ON COMMIT DELETE ROWS AS
SELECT {columns}
FROM staging.artwork
WITH NO DATA

-- name: store
-- Put a batch's winners into staging. An artwork that reads as before keeps its row untouched: its values decide, not
-- its hash, which somebody who altered the row by hand left as it was.
-- needs: artworks.batch
-- {columns}: museum, record_id, title, row_hash
-- {excluded}: excluded.museum, excluded.record_id, excluded.title, excluded.row_hash
-- {old}: a.museum, a.record_id, a.title, a.row_hash
INSERT INTO staging.artwork AS a ({columns})
SELECT {columns}
FROM artwork_batch
ON CONFLICT (museum, record_id) DO UPDATE
SET ({columns}, updated_at) = ({excluded}, now())
WHERE ({old}) IS DISTINCT FROM ({excluded})

-- name: displace
-- A record stored earlier claims the object number of one staged before it: the later one becomes the duplicate.
UPDATE ops.ledger
SET outcome = 'duplicate', code = %(code)s, message = %(message)s, output = %(winner)s, output_hash = NULL,
    permanent = false
WHERE museum = %(museum)s AND stage = %(stage)s AND record_id = %(loser)s

-- name: remove
-- Remove artworks and the rows beside them, and forget their duplicates, so that one of those takes the object number.
WITH removed AS (
    DELETE FROM staging.artwork
    WHERE museum = %(museum)s AND record_id = ANY(%(record_ids)s)
    RETURNING record_id, object_number
), makers AS (
    DELETE FROM staging.makers
    WHERE museum = %(museum)s AND object_number IN (SELECT object_number FROM removed)
), places AS (
    DELETE FROM staging.places
    WHERE museum = %(museum)s AND object_number IN (SELECT object_number FROM removed)
), materials AS (
    DELETE FROM staging.materials
    WHERE museum = %(museum)s AND object_number IN (SELECT object_number FROM removed)
), subjects AS (
    DELETE FROM staging.subjects
    WHERE museum = %(museum)s AND object_number IN (SELECT object_number FROM removed)
)
DELETE FROM ops.ledger
WHERE museum = %(museum)s AND stage = %(stage)s AND outcome = 'duplicate'
  AND output IN (SELECT record_id FROM removed)

-- name: remove_beside
-- Remove what stands beside artworks, to write it anew.
WITH makers AS (
    DELETE FROM staging.makers
    WHERE museum = %(museum)s AND object_number = ANY(%(numbers)s)
), places AS (
    DELETE FROM staging.places
    WHERE museum = %(museum)s AND object_number = ANY(%(numbers)s)
), materials AS (
    DELETE FROM staging.materials
    WHERE museum = %(museum)s AND object_number = ANY(%(numbers)s)
)
DELETE FROM staging.subjects
WHERE museum = %(museum)s AND object_number = ANY(%(numbers)s)

-- name: free_losers
-- Forget the duplicates of these records, so that they are judged anew.
DELETE FROM ops.ledger
WHERE museum = %(museum)s AND stage = %(stage)s AND outcome = 'duplicate' AND output = ANY(%(record_ids)s)

-- name: repairs
-- What was wrong with texts before they were repaired, with the artworks that it was found in and one of them.
SELECT repair, count(*) AS artworks, min(object_number) AS example
FROM staging.artwork, unnest(text_repairs) AS repair
WHERE museum = %(museum)s AND text_repairs <> '{}'
GROUP BY repair
ORDER BY artworks DESC, repair

-- name: incomplete
-- Artworks that lack what every artwork must have.
SELECT record_id, object_number
FROM staging.artwork
WHERE museum = %(museum)s
  AND (object_number = '' OR museum_db_id = '' OR rights = '' OR thumbnail_url !~ '^https?://'
       OR cardinality(work_types) = 0 OR cardinality(searchable_work_types) = 0 OR title = '')

-- name: impossible_years
-- Artworks whose years are reversed, out of range or in the future.
SELECT record_id, object_number, production_date_start, production_date_end
FROM staging.artwork
WHERE museum = %(museum)s
  AND (production_date_start > production_date_end
       OR production_date_start NOT BETWEEN -10000 AND extract(year FROM now())::integer + 1
       OR production_date_end NOT BETWEEN -10000 AND extract(year FROM now())::integer + 1)

-- name: shared_identifiers
-- Internal ids or object numbers that more than one artwork carries.
SELECT kind, identifier, count(*) AS artworks
FROM (
    SELECT 'object number' AS kind, object_number AS identifier FROM staging.artwork WHERE museum = %(museum)s
    UNION ALL
    SELECT 'internal id', museum_db_id FROM staging.artwork WHERE museum = %(museum)s
) AS a
GROUP BY kind, identifier
HAVING count(*) > 1
