-- Whether the tables hold nothing of the museum and the origin in this span of time, given in microseconds since 1970:
-- a message may tell a year that only Postgres knows.
SELECT
    NOT EXISTS (SELECT FROM kiosk.review AS r
                WHERE r.museum = %(museum)s AND r.origin = %(origin)s AND r.at BETWEEN s.first AND s.last) AS review,
    NOT EXISTS (SELECT FROM kiosk.incident AS i
                WHERE i.museum = %(museum)s AND i.origin = %(origin)s AND i.at BETWEEN s.first AND s.last) AS incident
FROM (
    SELECT 'epoch'::timestamptz + %(first)s * interval '1 microsecond' AS first,
        'epoch'::timestamptz + %(last)s * interval '1 microsecond' AS last
) AS s
