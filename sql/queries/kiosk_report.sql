-- The tables of a museum's exhibition report. Column names are the titles that the report shows.

-- name: exhibitions
-- Exhibitions, the best liked first, those without reviews last.
SELECT exhibition_code AS code, exhibition, department, floors, reviews, average_rating AS "average rating",
       top_share AS "share of top ratings", positive_share AS "share of positive ratings", incidents,
       incidents_per_review AS "incidents per review"
FROM kiosk.exhibition_feedback
WHERE museum = %(museum)s
ORDER BY average_rating DESC NULLS LAST, exhibition_code

-- name: ratings
-- How often each button was pressed at each exhibition.
SELECT exhibition_code AS code, exhibition, rating, label, reviews, share
FROM kiosk.rating_distribution
WHERE museum = %(museum)s
ORDER BY exhibition_code, rating

-- name: incidents
-- Incidents by type, the exhibitions with most of them first.
SELECT exhibition_code AS code, exhibition, incident, incidents
FROM kiosk.exhibition_incidents
WHERE museum = %(museum)s
ORDER BY incident, incidents DESC, exhibition_code

-- name: departments
-- Departments, the best liked first, those without reviews last.
SELECT department, exhibitions, reviews, average_rating AS "average rating", top_share AS "share of top ratings",
       incidents
FROM kiosk.department_feedback
WHERE museum = %(museum)s
ORDER BY average_rating DESC NULLS LAST, department

-- name: floors
-- Floors by name.
SELECT floor, exhibitions, reviews, average_rating AS "average rating", top_share AS "share of top ratings", incidents
FROM kiosk.floor_feedback
WHERE museum = %(museum)s
ORDER BY floor

-- name: hours
-- Hours in order, with incidents by type.
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

-- name: busiest_hours
-- Hours ordered by their presses, the busiest first.
SELECT rank, hour, presses, reviews, incidents
FROM kiosk.busiest_hours
WHERE museum = %(museum)s
ORDER BY rank, hour

-- name: half_days
-- Each exhibition before and after 13:00.
SELECT exhibition_code AS code, exhibition, half, reviews, average_rating AS "average rating",
       positive AS "positive ratings", incidents
FROM kiosk.half_day_feedback
WHERE museum = %(museum)s
ORDER BY exhibition_code, half

-- name: days
-- The latest days, in order.
SELECT *
FROM (
    SELECT day, open, reviews, average_rating AS "average rating", incidents
    FROM kiosk.day_feedback
    WHERE museum = %(museum)s
    ORDER BY day DESC
    LIMIT %(latest)s
) AS latest
ORDER BY day

-- name: weeks
-- The latest weeks in order, each compared with the week before.
SELECT *
FROM (
    SELECT week AS "week from", reviews, reviews_change AS "reviews against week before",
           average_rating AS "average rating", average_rating_change AS "average against week before",
           incidents, incidents_change AS "incidents against week before"
    FROM kiosk.week_feedback
    WHERE museum = %(museum)s
    ORDER BY week DESC
    LIMIT %(latest)s
) AS latest
ORDER BY "week from"
