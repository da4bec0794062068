DELETE FROM kiosk.floor_assignment AS a
USING kiosk_staged_exhibition AS s, kiosk.floor AS f
WHERE a.museum = %(museum)s AND a.exhibition_id = s.site + 1
  AND f.museum = a.museum AND f.floor_id = a.floor_id AND f.name <> s.floor
