SELECT r.at, coalesce(e.exhibition_code, 'exhibition ' || r.exhibition_id) AS exhibition_code, r.rating, r.occurrence,
       r.origin::text AS origin, t.label
FROM kiosk.review AS r
LEFT JOIN kiosk.exhibition AS e USING (museum, exhibition_id)
LEFT JOIN kiosk.rating_type AS t USING (museum, rating)
WHERE museum = %(museum)s
