-- Staged presses that are in the tables already, by file.
SELECT s.file, count(*) AS known
FROM kiosk_staged AS s
JOIN kiosk.exhibition AS e ON e.museum = %(museum)s AND e.site = s.site
WHERE EXISTS (
    SELECT FROM kiosk.review AS r
    WHERE s.val >= 0 AND r.museum = %(museum)s AND r.at = s.at AND r.exhibition_id = e.exhibition_id
        AND r.rating = s.val AND r.occurrence = s.occurrence AND r.origin = %(origin)s
) OR EXISTS (
    SELECT FROM kiosk.incident AS i
    WHERE s.val < 0 AND i.museum = %(museum)s AND i.at = s.at AND i.exhibition_id = e.exhibition_id
        AND i.incident_type = s.type AND i.occurrence = s.occurrence AND i.origin = %(origin)s
)
GROUP BY s.file
