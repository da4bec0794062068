-- A department that its last exhibition left is not one that nobody pressed for.
DELETE FROM kiosk.department AS d
WHERE d.museum = %(museum)s
  AND NOT EXISTS (SELECT FROM kiosk.exhibition AS e WHERE e.museum = d.museum AND e.department_id = d.department_id)
