-- What a curator and the head of safety look at. Every view has a column `museum`; hours and days
-- are those of the museum's own clock. An exhibition, department, floor or kind of incident that
-- nobody pressed for is there with zeros.

CREATE TABLE kiosk.museum (
    museum text PRIMARY KEY,
    name text NOT NULL,
    timezone text NOT NULL,
    opens time NOT NULL,
    closes time NOT NULL,
    closed_on smallint[] NOT NULL DEFAULT '{}'
);
COMMENT ON TABLE kiosk.museum IS
    'What the registry says of each museum, written at start-up: the views need its clock.';
COMMENT ON COLUMN kiosk.museum.closed_on IS 'Weekdays without visitors, Monday 1 to Sunday 7.';

CREATE VIEW kiosk.rating_scale AS
SELECT museum, min(rating) AS lowest, max(rating) AS highest,
    format('%s %s to %s %s', min(rating), (array_agg(label ORDER BY rating))[1],
        max(rating), (array_agg(label ORDER BY rating DESC))[1]) AS scale
FROM kiosk.rating_type
GROUP BY museum;
COMMENT ON VIEW kiosk.rating_scale IS
    'The scale of every rating and average: 0 Terrible to 4 Amazing unless the registry says '
    'otherwise.';

-- Clocks change at full quarters everywhere, so a quarter of an hour is turned into local time
-- once, not every press.
CREATE VIEW kiosk.presses_by_hour AS
SELECT p.museum, p.exhibition_id, (p.quarter AT TIME ZONE m.timezone)::date AS day,
    extract(hour FROM p.quarter AT TIME ZONE m.timezone)::smallint AS hour,
    p.rating, p.incident_type, sum(p.presses)::bigint AS presses
FROM (
    SELECT museum, exhibition_id, date_bin('15 minutes', at, 'epoch') AS quarter, rating,
        NULL::smallint AS incident_type, count(*) AS presses
    FROM kiosk.review GROUP BY 1, 2, 3, 4
    UNION ALL
    SELECT museum, exhibition_id, date_bin('15 minutes', at, 'epoch'), NULL, incident_type, count(*)
    FROM kiosk.incident GROUP BY 1, 2, 3, 5
) AS p
JOIN kiosk.museum AS m USING (museum)
GROUP BY 1, 2, 3, 4, 5, 6;
COMMENT ON VIEW kiosk.presses_by_hour IS
    'Presses by exhibition, local day and hour, and button: an incident has no rating, a rating no '
    'incident_type.';

CREATE VIEW kiosk.feedback_by_hour AS
SELECT p.museum, p.exhibition_id, p.day, p.hour,
    coalesce(sum(p.presses) FILTER (WHERE p.rating IS NOT NULL), 0)::bigint AS reviews,
    coalesce(sum(p.rating * p.presses), 0)::bigint AS rating_sum,
    coalesce(sum(p.presses) FILTER (WHERE p.rating = s.highest), 0)::bigint AS top,
    coalesce(sum(p.presses) FILTER (WHERE p.rating > (s.lowest + s.highest) / 2.0), 0)::bigint AS positive,
    coalesce(sum(p.presses) FILTER (WHERE p.incident_type IS NOT NULL), 0)::bigint AS incidents
FROM kiosk.presses_by_hour AS p
JOIN kiosk.rating_scale AS s USING (museum)
GROUP BY 1, 2, 3, 4;
COMMENT ON VIEW kiosk.feedback_by_hour IS
    'Sums to build on: `top` are reviews with the highest rating, `positive` those above the '
    'middle of the scale.';

-- The three views below average over reviews, never over averages, in which a quiet exhibition
-- would count as much as a busy one.
CREATE VIEW kiosk.exhibition_feedback AS
SELECT e.museum, e.exhibition_code, e.name AS exhibition, d.name AS department, a.floors,
    coalesce(f.reviews, 0) AS reviews,
    (f.rating_sum / nullif(f.reviews, 0)::float8) AS average_rating, s.scale,
    (f.top / nullif(f.reviews, 0)::float8) AS top_share,
    (f.positive / nullif(f.reviews, 0)::float8) AS positive_share,
    coalesce(f.incidents, 0) AS incidents,
    (f.incidents / nullif(f.reviews, 0)::float8) AS incidents_per_review
FROM kiosk.exhibition AS e
JOIN kiosk.department AS d USING (museum, department_id)
LEFT JOIN kiosk.rating_scale AS s USING (museum)
LEFT JOIN (
    SELECT museum, exhibition_id, string_agg(l.name, ', ' ORDER BY l.name) AS floors
    FROM kiosk.floor_assignment JOIN kiosk.floor AS l USING (museum, floor_id)
    GROUP BY 1, 2
) AS a USING (museum, exhibition_id)
LEFT JOIN (
    SELECT museum, exhibition_id, sum(reviews)::bigint AS reviews, sum(rating_sum)::bigint AS rating_sum,
        sum(top)::bigint AS top, sum(positive)::bigint AS positive, sum(incidents)::bigint AS incidents
    FROM kiosk.feedback_by_hour GROUP BY 1, 2
) AS f USING (museum, exhibition_id);
COMMENT ON COLUMN kiosk.exhibition_feedback.average_rating IS
    'Mean of all reviews on the named scale, 0 to 4; empty without any.';
COMMENT ON COLUMN kiosk.exhibition_feedback.top_share IS
    'Share of reviews with the highest rating, 0 to 1.';
COMMENT ON COLUMN kiosk.exhibition_feedback.positive_share IS
    'Share of reviews above the middle of the scale (3 and 4), 0 to 1.';

CREATE VIEW kiosk.department_feedback AS
SELECT d.museum, d.name AS department, count(DISTINCT e.exhibition_id) AS exhibitions,
    coalesce(sum(f.reviews), 0)::bigint AS reviews,
    (sum(f.rating_sum) / nullif(sum(f.reviews), 0))::float8 AS average_rating,
    (sum(f.top) / nullif(sum(f.reviews), 0))::float8 AS top_share,
    coalesce(sum(f.incidents), 0)::bigint AS incidents
FROM kiosk.department AS d
LEFT JOIN kiosk.exhibition AS e USING (museum, department_id)
LEFT JOIN kiosk.feedback_by_hour AS f ON f.museum = d.museum AND f.exhibition_id = e.exhibition_id
GROUP BY 1, 2;
COMMENT ON COLUMN kiosk.department_feedback.average_rating IS
    'Mean of all reviews on the museum''s scale, 0 to 4.';

CREATE VIEW kiosk.floor_feedback AS
SELECT l.museum, l.name AS floor, count(DISTINCT a.exhibition_id) AS exhibitions,
    coalesce(sum(f.reviews), 0)::bigint AS reviews,
    (sum(f.rating_sum) / nullif(sum(f.reviews), 0))::float8 AS average_rating,
    (sum(f.top) / nullif(sum(f.reviews), 0))::float8 AS top_share,
    coalesce(sum(f.incidents), 0)::bigint AS incidents
FROM kiosk.floor AS l
LEFT JOIN kiosk.floor_assignment AS a USING (museum, floor_id)
LEFT JOIN kiosk.feedback_by_hour AS f ON f.museum = l.museum AND f.exhibition_id = a.exhibition_id
GROUP BY 1, 2;
COMMENT ON VIEW kiosk.floor_feedback IS 'An exhibition on two floors counts on both.';
COMMENT ON COLUMN kiosk.floor_feedback.average_rating IS
    'Mean of all reviews on the museum''s scale, 0 to 4.';

CREATE VIEW kiosk.rating_distribution AS
SELECT e.museum, e.exhibition_code, e.name AS exhibition, t.rating, t.label,
    coalesce(p.presses, 0) AS reviews,
    coalesce(p.presses, 0) / nullif(sum(p.presses) OVER (PARTITION BY e.museum, e.exhibition_code), 0)::float8 AS share
FROM kiosk.exhibition AS e
JOIN kiosk.rating_type AS t USING (museum)
LEFT JOIN (
    SELECT museum, exhibition_id, rating, sum(presses)::bigint AS presses
    FROM kiosk.presses_by_hour WHERE rating IS NOT NULL GROUP BY 1, 2, 3
) AS p ON p.museum = e.museum AND p.exhibition_id = e.exhibition_id AND p.rating = t.rating;

CREATE VIEW kiosk.exhibition_incidents AS
SELECT e.museum, e.exhibition_code, e.name AS exhibition, t.label AS incident, coalesce(p.presses, 0) AS incidents
FROM kiosk.exhibition AS e
JOIN kiosk.incident_type AS t USING (museum)
LEFT JOIN (
    SELECT museum, exhibition_id, incident_type, sum(presses)::bigint AS presses
    FROM kiosk.presses_by_hour WHERE incident_type IS NOT NULL GROUP BY 1, 2, 3
) AS p ON p.museum = e.museum AND p.exhibition_id = e.exhibition_id AND p.incident_type = t.incident_type;

CREATE VIEW kiosk.open_hours AS
SELECT m.museum, h.hour::smallint AS hour
FROM kiosk.museum AS m, generate_series(0, 23) AS h (hour)
WHERE h.hour BETWEEN extract(hour FROM m.opens) AND extract(hour FROM m.closes);

CREATE VIEW kiosk.hour_feedback AS
SELECT museum, hour, coalesce(sum(f.reviews), 0)::bigint AS reviews,
    (sum(f.rating_sum) / nullif(sum(f.reviews), 0))::float8 AS average_rating,
    coalesce(sum(f.incidents), 0)::bigint AS incidents
FROM kiosk.open_hours FULL JOIN kiosk.feedback_by_hour AS f USING (museum, hour)
GROUP BY 1, 2;
COMMENT ON VIEW kiosk.hour_feedback IS
    'By hour of the day, all days together: every hour of the opening times, and others that have '
    'presses.';

CREATE VIEW kiosk.busiest_hours AS
SELECT museum, rank() OVER (PARTITION BY museum ORDER BY reviews + incidents DESC) AS rank, hour,
    reviews + incidents AS presses, reviews, incidents
FROM kiosk.hour_feedback
ORDER BY museum, rank, hour;
COMMENT ON VIEW kiosk.busiest_hours IS
    'Hours by presses, most first: reviews and incidents together, since both are a visitor at a '
    'kiosk.';

CREATE VIEW kiosk.hour_incidents AS
SELECT museum, hour, t.label AS incident,
    coalesce(sum(p.presses) FILTER (WHERE p.incident_type = t.incident_type), 0)::bigint AS incidents
FROM kiosk.open_hours FULL JOIN (
    SELECT museum, hour, incident_type, sum(presses)::bigint AS presses
    FROM kiosk.presses_by_hour WHERE incident_type IS NOT NULL GROUP BY 1, 2, 3
) AS p USING (museum, hour)
JOIN kiosk.incident_type AS t USING (museum)
GROUP BY 1, 2, 3;
COMMENT ON VIEW kiosk.hour_incidents IS
    'Every hour of the opening times, and others that have incidents.';

CREATE VIEW kiosk.exhibition_hours AS
SELECT e.museum, e.exhibition_code, e.name AS exhibition, p.hour,
    coalesce(sum(p.presses) FILTER (WHERE p.rating IS NOT NULL), 0)::bigint AS reviews,
    (sum(p.rating * p.presses) / nullif(sum(p.presses) FILTER (WHERE p.rating IS NOT NULL), 0))::float8 AS average_rating,
    coalesce(sum(p.presses) FILTER (WHERE p.rating > w.mean), 0)::bigint AS above_own_mean,
    coalesce(sum(p.presses) FILTER (WHERE p.incident_type IS NOT NULL), 0)::bigint AS incidents
FROM kiosk.exhibition AS e
JOIN kiosk.presses_by_hour AS p USING (museum, exhibition_id)
LEFT JOIN (
    SELECT museum, exhibition_id, avg(rating) AS mean FROM kiosk.review GROUP BY 1, 2
) AS w USING (museum, exhibition_id)
GROUP BY 1, 2, 3, 4;
COMMENT ON COLUMN kiosk.exhibition_hours.above_own_mean IS
    'Reviews above the exhibition''s own mean over all its reviews.';

CREATE VIEW kiosk.half_day_feedback AS
SELECT e.museum, e.exhibition_code, e.name AS exhibition, h.half,
    coalesce(sum(f.reviews), 0)::bigint AS reviews,
    (sum(f.rating_sum) / nullif(sum(f.reviews), 0))::float8 AS average_rating,
    coalesce(sum(f.positive), 0)::bigint AS positive,
    coalesce(sum(f.incidents), 0)::bigint AS incidents
FROM kiosk.exhibition AS e
CROSS JOIN (VALUES ('before 13:00', 0, 12), ('from 13:00', 13, 23)) AS h (half, first, last)
LEFT JOIN kiosk.feedback_by_hour AS f
    ON f.museum = e.museum AND f.exhibition_id = e.exhibition_id AND f.hour BETWEEN h.first AND h.last
GROUP BY 1, 2, 3, 4;

CREATE VIEW kiosk.day_feedback AS
SELECT m.museum, c.day::date AS day, NOT extract(isodow FROM c.day)::smallint = ANY (m.closed_on) AS open,
    coalesce(f.reviews, 0) AS reviews, (f.rating_sum / nullif(f.reviews, 0)::float8) AS average_rating,
    coalesce(f.incidents, 0) AS incidents
FROM kiosk.museum AS m
CROSS JOIN LATERAL (
    -- The ends of two indexes, instead of a second pass over all presses.
    SELECT generate_series(
        date_trunc('day', least((SELECT min(at) FROM kiosk.review AS r WHERE r.museum = m.museum),
            (SELECT min(at) FROM kiosk.incident AS i WHERE i.museum = m.museum)) AT TIME ZONE m.timezone),
        greatest((SELECT max(at) FROM kiosk.review AS r WHERE r.museum = m.museum),
            (SELECT max(at) FROM kiosk.incident AS i WHERE i.museum = m.museum)) AT TIME ZONE m.timezone, '1 day'
    ) AS day
) AS c
LEFT JOIN (
    SELECT museum, day, sum(reviews)::bigint AS reviews, sum(rating_sum)::bigint AS rating_sum,
        sum(incidents)::bigint AS incidents
    FROM kiosk.feedback_by_hour GROUP BY 1, 2
) AS f ON f.museum = m.museum AND f.day = c.day::date;
COMMENT ON VIEW kiosk.day_feedback IS
    'Every day from the first press to the last, those without any included.';

CREATE VIEW kiosk.week_feedback AS
SELECT museum, week, reviews, average_rating, incidents,
    reviews - lag(reviews) OVER w AS reviews_change,
    average_rating - lag(average_rating) OVER w AS average_rating_change,
    incidents - lag(incidents) OVER w AS incidents_change
FROM (
    SELECT museum, date_trunc('week', day)::date AS week, sum(reviews)::bigint AS reviews,
        (sum(average_rating * reviews) / nullif(sum(reviews), 0))::float8 AS average_rating,
        sum(incidents)::bigint AS incidents
    FROM kiosk.day_feedback GROUP BY 1, 2
) AS weeks
WINDOW w AS (PARTITION BY museum ORDER BY week);
COMMENT ON VIEW kiosk.week_feedback IS
    'Weeks from Monday, against the week before; the first and the last may be only partly '
    'recorded.';
