-- Backups: what a database and the vector index hold, so that a restored one can be compared with it.

-- name: tables
-- The tables with rows of their own: all in these schemas, or all that are not in them. A partitioned table has none.
SELECT n.nspname AS schema, c.relname AS name
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence <> 't'
  AND n.nspname NOT LIKE 'pg\_%%' AND n.nspname <> 'information_schema'
  AND (n.nspname = ANY(%(schemas)s)) = %(inside)s
ORDER BY n.nspname, c.relname

-- name: sequences
-- Where the sequences of the same schemas stand; NULL before their first value.
SELECT schemaname || '.' || sequencename AS name, last_value
FROM pg_sequences
WHERE schemaname NOT LIKE 'pg\_%%' AND (schemaname = ANY(%(schemas)s)) = %(inside)s
ORDER BY name

-- name: content
-- How many rows a table has, and the sum of the first 56 bits of their SHA-256, whatever their order. A row is hashed
-- as Postgres prints it.
-- {rows}: ops.setting
SELECT count(*) AS rows,
       coalesce(sum(('x' || encode(substr(sha256(convert_to(whole_row::text, 'UTF8')), 1, 7), 'hex'))::bit(56)::bigint),
                0) AS summed
FROM {rows} AS whole_row

-- name: thumbnails
-- The working thumbnails as the rows say they are, in the order in which S3 lists keys.
SELECT museum, record_id, s3_key AS key, sha256
FROM staging.thumbnail
ORDER BY s3_key COLLATE "C"

-- name: changed_since
-- Which of these thumbnails are recorded otherwise by now, or no more: they were replaced after the snapshot.
SELECT s.record_id
FROM unnest(%(record_ids)s::text[], %(digests)s::bytea[]) AS s (record_id, sha256)
WHERE NOT EXISTS (
    SELECT FROM staging.thumbnail AS t
    WHERE t.museum = %(museum)s AND t.record_id = s.record_id AND t.sha256 = s.sha256)

-- name: indexed
-- The points of the working index whose artworks are there, each once: by the record that made it last, not by one that
-- failed and still names the output of an earlier success. With the vectors that rows and cache tell apart.
-- fragment
SELECT DISTINCT ON (l.output) l.output AS point_id, l.museum, l.record_id, s.vectors, s.contracts, s.contents
FROM ops.ledger AS l
JOIN ops.index_status AS s ON s.museum = l.museum AND s.record_id = l.record_id
WHERE l.museum = %(museum)s AND l.stage = %(stage)s AND l.output IS NOT NULL AND l.outcome IN ('done', 'failed')
ORDER BY l.output, l.outcome

-- name: points
-- The points with what they say of their artworks.
-- {indexed}: block backup.indexed
SELECT p.point_id, p.vectors, p.contracts, p.contents, a.museum, a.object_number, a.museum_db_id, a.title, a.artists,
       a.production_date_start, a.production_date_end, a.period, a.work_types, a.searchable_work_types
FROM ({indexed}) AS p
JOIN staging.artwork AS a ON a.museum = p.museum AND a.record_id = p.record_id

-- name: point_counts
-- How many points can be made again from rows, and how many of each vector from the cache.
-- {indexed}: block backup.indexed
WITH point AS MATERIALIZED ({indexed})
SELECT NULL AS vector, count(*) AS points FROM point
UNION ALL
SELECT v.vector, count(*)
FROM point, unnest(point.vectors, point.contracts, point.contents) AS v (vector, contract, content)
JOIN ops.vector AS c ON c.contract = v.contract AND c.content_hash = v.content
GROUP BY v.vector

-- name: other_points
-- Points in the ledger that rows cannot give back, since their artworks are gone and the points not yet.
-- {indexed}: block backup.indexed
SELECT l.output AS point_id
FROM ops.ledger AS l
WHERE l.museum = %(museum)s AND l.stage = %(stage)s AND l.output IS NOT NULL AND l.outcome IN ('done', 'failed')
EXCEPT
SELECT p.point_id FROM ({indexed}) AS p

-- name: other_vectors
-- Vectors in the ledger that the cache cannot give back: the last attempt failed, or is due since the input changed.
-- {indexed}: block backup.indexed
SELECT l.output AS point_id, l.stage AS vector
FROM ops.ledger AS l
WHERE l.museum = %(museum)s AND l.stage = ANY(%(vectors)s) AND l.output IS NOT NULL AND l.outcome IN ('done', 'failed')
EXCEPT
SELECT p.point_id, v.vector
FROM ({indexed}) AS p, unnest(p.vectors, p.contracts, p.contents) AS v (vector, contract, content)
JOIN ops.vector AS c ON c.contract = v.contract AND c.content_hash = v.content

-- name: move_index
-- Say of every ledger row that speaks of one index that its output is in another one, which holds the same.
UPDATE ops.ledger
SET contract = left(contract, -length(%(before)s)) || %(after)s
WHERE right(contract, length(%(before)s) + 4) = ' in ' || %(before)s
