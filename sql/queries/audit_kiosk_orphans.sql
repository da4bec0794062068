SELECT p.exhibition_id, sum(p.presses)::bigint AS presses
FROM (
    SELECT exhibition_id, count(*) AS presses FROM kiosk.review WHERE museum = %(museum)s GROUP BY 1
    UNION ALL
    SELECT exhibition_id, count(*) FROM kiosk.incident WHERE museum = %(museum)s GROUP BY 1
) AS p
WHERE NOT EXISTS (
    SELECT FROM kiosk.exhibition AS e WHERE e.museum = %(museum)s AND e.exhibition_id = p.exhibition_id
)
GROUP BY 1
ORDER BY 2 DESC, 1
