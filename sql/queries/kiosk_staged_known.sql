-- Staged presses that are in the table already, by file.
SELECT k.file, count(*) AS known
FROM {staging} AS s
JOIN kiosk_staged_kind AS k ON k.kind = s.kind
JOIN kiosk.exhibition AS e ON e.museum = %(museum)s AND e.site = k.site
WHERE EXISTS (
    SELECT FROM {table} AS p
    WHERE p.museum = %(museum)s AND p.at = s.at AND p.exhibition_id = e.exhibition_id AND p.{button} = k.button
        AND p.occurrence = k.occurrence AND p.origin = %(origin)s
)
GROUP BY k.file
