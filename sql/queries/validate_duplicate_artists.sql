SELECT identity, count(*) AS times, (array_agg(name ORDER BY name))[:5] AS names
FROM candidate.artist WHERE museum = %(museum)s
GROUP BY identity HAVING count(*) > 1
UNION ALL
SELECT artist_id::text, count(*), (array_agg(name ORDER BY name))[:5]
FROM candidate.artist WHERE museum = %(museum)s
GROUP BY artist_id HAVING count(*) > 1 AND count(DISTINCT identity) > 1
