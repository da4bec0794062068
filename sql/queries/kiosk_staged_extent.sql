-- What is staged, and whether the tables hold nothing of the museum, the origin and the time that it spans.
WITH staged AS (
    SELECT
        count(*) FILTER (WHERE val >= 0) AS reviews,
        count(*) FILTER (WHERE val < 0) AS incidents,
        min(at) AS first,
        max(at) AS last
    FROM kiosk_staged
)
SELECT
    reviews,
    incidents,
    NOT EXISTS (SELECT FROM kiosk.review AS r
                WHERE r.museum = %(museum)s AND r.origin = %(origin)s AND r.at BETWEEN s.first AND s.last) AS fresh_review,
    NOT EXISTS (SELECT FROM kiosk.incident AS i
                WHERE i.museum = %(museum)s AND i.origin = %(origin)s AND i.at BETWEEN s.first AND s.last) AS fresh_incident
FROM staged AS s
