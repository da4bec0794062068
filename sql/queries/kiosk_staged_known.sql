-- Staged presses that are in the table already, by file.
SELECT s.file, count(*) AS known
FROM {staging} AS s
JOIN kiosk.exhibition AS e ON e.museum = %(museum)s AND e.site = s.site
WHERE EXISTS (
    SELECT FROM {table} AS p
    WHERE p.museum = %(museum)s AND p.at = s.at AND p.exhibition_id = e.exhibition_id AND p.{button} = s.button
        AND p.occurrence = s.occurrence AND p.origin = %(origin)s
)
GROUP BY s.file
