INSERT INTO kiosk.department (museum, name)
SELECT DISTINCT %(museum)s, s.department
FROM kiosk_staged_exhibition AS s
WHERE NOT EXISTS (SELECT FROM kiosk.department AS d WHERE d.museum = %(museum)s AND d.name = s.department)
ON CONFLICT (museum, name) DO NOTHING
