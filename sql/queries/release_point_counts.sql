-- How many points a release has, and how many of each vector. Rows that a person forced over duplicates may be alike.
WITH points AS MATERIALIZED (
    SELECT DISTINCT object_number, digest, vectors
    FROM production.index_status_release WHERE museum = %(museum)s AND slot = %(slot)s)
SELECT NULL AS vector, count(*) AS points FROM points
UNION ALL
SELECT vector, count(*) FROM points, unnest(vectors) AS vector GROUP BY vector
