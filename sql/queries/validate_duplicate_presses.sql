SELECT at, exhibition_code, 'review ' || rating AS press, occurrence, origin, count(*) AS times
FROM candidate.review WHERE museum = %(museum)s
GROUP BY at, exhibition_code, rating, occurrence, origin HAVING count(*) > 1
UNION ALL
SELECT at, exhibition_code, 'incident ' || incident_type, occurrence, origin, count(*)
FROM candidate.incident WHERE museum = %(museum)s
GROUP BY at, exhibition_code, incident_type, occurrence, origin HAVING count(*) > 1
