CREATE OR REPLACE VIEW kiosk.day_feedback AS
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

ALTER TABLE kiosk.museum DROP COLUMN since;

UPDATE kiosk.file SET outcome = 'refused' WHERE outcome IN ('held', 'accepted', 'unloaded');
COMMENT ON COLUMN kiosk.file.outcome IS NULL;
ALTER TABLE kiosk.file DROP CONSTRAINT file_outcome_check;
ALTER TABLE kiosk.file ADD CONSTRAINT file_outcome_check CHECK (
    outcome IN ('loaded', 'empty', 'same_content', 'refused'));
