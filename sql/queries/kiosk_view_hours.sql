-- Hours in their order, with every kind of incident.
SELECT f.hour, f.reviews, f.average_rating AS "average rating", f.incidents, i.by_type AS "incidents by type"
FROM kiosk.hour_feedback AS f
LEFT JOIN (
    SELECT hour, string_agg(format('%%s %%s', incidents, incident), ', ' ORDER BY incident) AS by_type
    FROM kiosk.hour_incidents
    WHERE museum = %(museum)s
    GROUP BY hour
) AS i USING (hour)
WHERE f.museum = %(museum)s
ORDER BY f.hour
