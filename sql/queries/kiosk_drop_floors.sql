DELETE FROM kiosk.floor AS f
WHERE f.museum = %(museum)s
  AND NOT EXISTS (SELECT FROM kiosk.floor_assignment AS a WHERE a.museum = f.museum AND a.floor_id = f.floor_id)
