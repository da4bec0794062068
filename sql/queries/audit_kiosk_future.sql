-- The latest first, with how many there are in all.
SELECT at, exhibition_id, count(*) OVER () AS presses
FROM (
    SELECT at, exhibition_id FROM kiosk.review WHERE museum = %(museum)s AND at > now() + %(tolerance)s
    UNION ALL
    SELECT at, exhibition_id FROM kiosk.incident WHERE museum = %(museum)s AND at > now() + %(tolerance)s
) AS presses
ORDER BY at DESC
LIMIT %(limit)s
