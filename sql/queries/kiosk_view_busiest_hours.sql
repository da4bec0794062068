-- By how many pressed, not by the hour.
SELECT rank, hour, presses, reviews, incidents
FROM kiosk.busiest_hours
WHERE museum = %(museum)s
ORDER BY rank, hour
