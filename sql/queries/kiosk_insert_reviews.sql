-- A site without an exhibition gives a null id, which the table refuses: nothing is lost in the join.
INSERT INTO kiosk.review (at, exhibition_id, rating, occurrence, origin, museum)
SELECT s.at, e.exhibition_id, s.val, s.occurrence, %(origin)s, %(museum)s
FROM kiosk_staged AS s
LEFT JOIN kiosk.exhibition AS e ON e.museum = %(museum)s AND e.site = s.site
WHERE s.val >= 0
{conflict}
