SELECT museum_db_id, count(*) AS times, (array_agg(object_number ORDER BY object_number))[:5] AS object_numbers
FROM candidate.artwork WHERE museum = %(museum)s
GROUP BY museum_db_id HAVING count(*) > 1
