SELECT i.at, coalesce(e.exhibition_code, 'exhibition ' || i.exhibition_id) AS exhibition_code, i.incident_type,
       i.occurrence, i.origin::text AS origin, t.label
FROM kiosk.incident AS i
LEFT JOIN kiosk.exhibition AS e USING (museum, exhibition_id)
LEFT JOIN kiosk.incident_type AS t USING (museum, incident_type)
WHERE museum = %(museum)s
