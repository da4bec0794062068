SELECT object_number, 'link at position ' || position AS what, count(*) AS times
FROM candidate.artwork_artist WHERE museum = %(museum)s
GROUP BY object_number, position HAVING count(*) > 1
UNION ALL
SELECT object_number, 'thumbnail', count(*)
FROM candidate.thumbnail WHERE museum = %(museum)s
GROUP BY object_number HAVING count(*) > 1
UNION ALL
SELECT object_number, 'index status', count(*)
FROM candidate.index_status WHERE museum = %(museum)s
GROUP BY object_number HAVING count(*) > 1
