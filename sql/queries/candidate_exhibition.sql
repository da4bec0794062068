SELECT e.exhibition_code, e.exhibition_id, e.name, e.description, d.name AS department,
       ARRAY(SELECT l.name FROM kiosk.floor_assignment AS f JOIN kiosk.floor AS l USING (museum, floor_id)
             WHERE f.museum = e.museum AND f.exhibition_id = e.exhibition_id ORDER BY l.name) AS floors,
       e.start_date
FROM kiosk.exhibition AS e
JOIN kiosk.department AS d USING (museum, department_id)
WHERE e.museum = %(museum)s
