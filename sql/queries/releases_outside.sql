-- What a release has outside Postgres: its points in the vector index and its thumbnails in S3.
-- database: production

-- name: new_points
-- What a release shows and its base does not, or not like this: one row per point to be made.
SELECT s.object_number, s.digest, s.vectors, s.contracts, s.contents,
       a.museum, a.museum_db_id, a.title, a.artists, a.production_date_start, a.production_date_end, a.period,
       a.work_types, a.searchable_work_types
FROM production.index_status_release AS s
JOIN production.artwork_release AS a
    ON a.museum = %(museum)s AND a.slot = %(slot)s AND a.object_number = s.object_number
WHERE s.museum = %(museum)s AND s.slot = %(slot)s
  AND NOT EXISTS (
      SELECT FROM production.index_status_release AS b
      WHERE b.museum = %(museum)s AND b.slot = %(base_slot)s
        AND b.object_number = s.object_number AND b.digest = s.digest)

-- name: ended_points
-- What the base of a release shows and the release does not, or not like this: the points that end with the base.
SELECT b.object_number
FROM production.index_status_release AS b
WHERE b.museum = %(museum)s AND b.slot = %(base_slot)s
  AND NOT EXISTS (
      SELECT FROM production.index_status_release AS s
      WHERE s.museum = %(museum)s AND s.slot = %(slot)s
        AND s.object_number = b.object_number AND s.digest = b.digest)

-- name: point_counts
-- How many points a release has, and how many of each vector. Rows that a person forced over duplicates may be alike.
WITH points AS MATERIALIZED (
    SELECT DISTINCT object_number, digest, vectors
    FROM production.index_status_release
    WHERE museum = %(museum)s AND slot = %(slot)s
)
SELECT NULL AS vector, count(*) AS points FROM points
UNION ALL
SELECT vector, count(*) FROM points, unnest(vectors) AS vector GROUP BY vector

-- name: point_sample
-- A sample that nobody can foresee: digests are as good as random, and so is where it begins. An object number has more
-- than one digest in a release that was forced over duplicates.
SELECT object_number, array_agg(DISTINCT digest) AS digests
FROM production.index_status_release
WHERE museum = %(museum)s AND slot = %(slot)s AND object_number IN (
    SELECT object_number
    FROM production.index_status_release
    WHERE museum = %(museum)s AND slot = %(slot)s
    ORDER BY digest < %(start)s, digest
    LIMIT %(limit)s)
GROUP BY object_number

-- name: new_thumbnails
-- The thumbnails of a release that its base does not have, each object once.
SELECT DISTINCT ON (s.object_key) s.object_key, s.source_key, s.sha256, s.bytes, s.object_number
FROM production.thumbnail_release AS s
WHERE s.museum = %(museum)s AND s.slot = %(slot)s
  AND NOT EXISTS (
      SELECT FROM production.thumbnail_release AS b
      WHERE b.museum = %(museum)s AND b.slot = %(base_slot)s
        AND b.object_number = s.object_number AND b.sha256 = s.sha256)
ORDER BY s.object_key

-- name: thumbnail_sample
-- A sample that nobody can foresee: digests are as good as random, and so is where it begins.
SELECT object_number, object_key, bytes
FROM production.thumbnail_release
WHERE museum = %(museum)s AND slot = %(slot)s
ORDER BY sha256 < %(start)s, sha256
LIMIT %(limit)s

-- name: thumbnail_keys
-- Every object that a kept release of the museum shows, in the order in which S3 lists keys.
SELECT DISTINCT t.object_key COLLATE "C" AS object_key
FROM production.thumbnail_release AS t
JOIN production.release AS r ON r.museum = t.museum AND r.slot = t.slot
WHERE t.museum = %(museum)s AND r.release_id = ANY(%(kept)s)
ORDER BY object_key
