SELECT exhibition_code AS code, exhibition, incident, incidents
FROM kiosk.exhibition_incidents
WHERE museum = %(museum)s
ORDER BY incident, incidents DESC, exhibition_code
