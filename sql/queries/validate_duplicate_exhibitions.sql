SELECT exhibition_code, count(*) AS times, array_agg(name) AS names
FROM candidate.exhibition WHERE museum = %(museum)s
GROUP BY exhibition_code HAVING count(*) > 1
UNION ALL
SELECT 'id ' || exhibition_id, count(*), array_agg(name)
FROM candidate.exhibition WHERE museum = %(museum)s
GROUP BY exhibition_id HAVING count(*) > 1
