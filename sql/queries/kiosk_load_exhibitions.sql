-- A renamed or moved exhibition is updated; one that says what it said before is left alone.
INSERT INTO kiosk.exhibition AS e (museum, exhibition_id, site, exhibition_code, name, description, department_id, start_date)
SELECT %(museum)s, s.site + 1, s.site, s.exhibition_code, s.name, s.description, d.department_id, s.start_date
FROM kiosk_staged_exhibition AS s
JOIN kiosk.department AS d ON d.museum = %(museum)s AND d.name = s.department
ON CONFLICT (museum, exhibition_id) DO UPDATE
SET name = excluded.name, description = excluded.description, department_id = excluded.department_id,
    start_date = excluded.start_date, updated_at = now()
WHERE (e.name, e.description, e.department_id, e.start_date)
    IS DISTINCT FROM (excluded.name, excluded.description, excluded.department_id, excluded.start_date)
