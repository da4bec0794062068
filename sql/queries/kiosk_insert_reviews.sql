-- A site without an exhibition, and a rating without a label, give a null, which the table refuses: the foreign keys are
-- resolved here, so the museum's own table is named, to which the parent's triggers do not look.
INSERT INTO {table} (at, exhibition_id, rating, occurrence, origin, museum)
SELECT s.at, e.exhibition_id, t.rating, s.occurrence, %(origin)s, %(museum)s
FROM kiosk_staged AS s
LEFT JOIN kiosk.exhibition AS e ON e.museum = %(museum)s AND e.site = s.site
LEFT JOIN kiosk.rating_type AS t ON t.museum = %(museum)s AND t.rating = s.val
WHERE s.val >= 0
{conflict}
