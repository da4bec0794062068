-- How many points a release has, and how many of each vector.
SELECT NULL AS vector, count(*) AS points
FROM production.index_status_release WHERE museum = %(museum)s AND slot = %(slot)s
UNION ALL
SELECT vector, count(*)
FROM production.index_status_release, unnest(vectors) AS vector
WHERE museum = %(museum)s AND slot = %(slot)s
GROUP BY vector
