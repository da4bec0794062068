SELECT object_number, count(*) AS times, (array_agg(museum_db_id ORDER BY museum_db_id))[:5] AS museum_db_ids
FROM candidate.artwork WHERE museum = %(museum)s
GROUP BY object_number HAVING count(*) > 1
