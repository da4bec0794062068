-- A site without an exhibition, and an incident without a label, give a null, which the table refuses: the foreign keys
-- are resolved here, so the museum's own table is named, to which the parent's triggers do not look.
INSERT INTO {table} (at, exhibition_id, incident_type, occurrence, origin, museum)
SELECT s.at, e.exhibition_id, t.incident_type, s.occurrence, %(origin)s, %(museum)s
FROM kiosk_staged AS s
LEFT JOIN kiosk.exhibition AS e ON e.museum = %(museum)s AND e.site = s.site
LEFT JOIN kiosk.incident_type AS t ON t.museum = %(museum)s AND t.incident_type = s.type
WHERE s.val < 0
{conflict}
