INSERT INTO kiosk.floor (museum, name)
SELECT DISTINCT %(museum)s, s.floor
FROM kiosk_staged_exhibition AS s
WHERE NOT EXISTS (SELECT FROM kiosk.floor AS f WHERE f.museum = %(museum)s AND f.name = s.floor)
ON CONFLICT (museum, name) DO NOTHING
