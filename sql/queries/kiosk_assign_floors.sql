INSERT INTO kiosk.floor_assignment (museum, exhibition_id, floor_id)
SELECT %(museum)s, s.site + 1, f.floor_id
FROM kiosk_staged_exhibition AS s
JOIN kiosk.floor AS f ON f.museum = %(museum)s AND f.name = s.floor
ON CONFLICT DO NOTHING
