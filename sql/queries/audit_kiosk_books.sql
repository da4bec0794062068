-- The books of files and stream beside what the tables hold of each. An exhibition file's row is no press.
SELECT b.origin, b.read, b.loaded, b.rejected, b.duplicate, coalesce(s.stored, 0)::bigint AS stored
FROM (
    SELECT 'files' AS origin, 'f'::"char" AS code, coalesce(sum(rows_read), 0)::bigint AS read,
        coalesce(sum(loaded), 0)::bigint AS loaded, coalesce(sum(rejected), 0)::bigint AS rejected,
        coalesce(sum(duplicate), 0)::bigint AS duplicate
    FROM kiosk.file
    WHERE museum = %(museum)s AND kind = 'history'
    UNION ALL
    SELECT 'stream', 's', coalesce(sum(messages), 0)::bigint, coalesce(sum(loaded), 0)::bigint,
        coalesce(sum(rejected), 0)::bigint, coalesce(sum(duplicate), 0)::bigint
    FROM kiosk.stream_position
    WHERE museum = %(museum)s
) AS b
LEFT JOIN (
    SELECT origin, sum(presses) AS stored
    FROM (
        SELECT origin, count(*) AS presses FROM kiosk.review WHERE museum = %(museum)s GROUP BY 1
        UNION ALL
        SELECT origin, count(*) FROM kiosk.incident WHERE museum = %(museum)s GROUP BY 1
    ) AS each
    GROUP BY 1
) AS s ON s.origin = b.code
ORDER BY b.origin
