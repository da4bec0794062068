-- The queries of the checks over a museum's kiosks.

-- name: books
-- The books of files and of the stream, each beside how many of its presses the tables hold. The row of an exhibition
-- file is not a press.
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

-- name: orphans
-- Exhibition ids without an exhibition, with how many presses refer to each.
SELECT p.exhibition_id, sum(p.presses)::bigint AS presses
FROM (
    SELECT exhibition_id, count(*) AS presses FROM kiosk.review WHERE museum = %(museum)s GROUP BY 1
    UNION ALL
    SELECT exhibition_id, count(*) FROM kiosk.incident WHERE museum = %(museum)s GROUP BY 1
) AS p
WHERE NOT EXISTS (
    SELECT FROM kiosk.exhibition AS e
    WHERE e.museum = %(museum)s AND e.exhibition_id = p.exhibition_id
)
GROUP BY 1
ORDER BY 2 DESC, 1

-- name: implausible
-- Presses later than now or before the museum's first day, the latest first, with their total.
SELECT at, exhibition_id, count(*) OVER () AS presses
FROM (
    SELECT at, exhibition_id
    FROM kiosk.review
    WHERE museum = %(museum)s AND (at > now() + %(tolerance)s OR at < (
        SELECT since::timestamp AT TIME ZONE timezone FROM kiosk.museum WHERE museum = %(museum)s))
    UNION ALL
    SELECT at, exhibition_id
    FROM kiosk.incident
    WHERE museum = %(museum)s AND (at > now() + %(tolerance)s OR at < (
        SELECT since::timestamp AT TIME ZONE timezone FROM kiosk.museum WHERE museum = %(museum)s))
) AS presses
ORDER BY at DESC
LIMIT %(limit)s

-- name: origins
-- Days, by the museum's clock, that have presses from files and from the stream.
SELECT day, sum(files)::bigint AS files, sum(stream)::bigint AS stream
FROM (
    SELECT (date_bin('15 minutes', at, 'epoch') AT TIME ZONE m.timezone)::date AS day,
           count(*) FILTER (WHERE origin = 'f') AS files, count(*) FILTER (WHERE origin = 's') AS stream
    FROM kiosk.review
    JOIN kiosk.museum AS m USING (museum)
    WHERE museum = %(museum)s
    GROUP BY 1
    UNION ALL
    SELECT (date_bin('15 minutes', at, 'epoch') AT TIME ZONE m.timezone)::date,
           count(*) FILTER (WHERE origin = 'f'), count(*) FILTER (WHERE origin = 's')
    FROM kiosk.incident
    JOIN kiosk.museum AS m USING (museum)
    WHERE museum = %(museum)s
    GROUP BY 1
) AS presses
GROUP BY 1
HAVING sum(files) > 0 AND sum(stream) > 0
ORDER BY 1

-- name: held_files
-- The history files that a person has to decide about, the first to come first.
SELECT context ->> 'file' AS file, message
FROM ops.dead_letter
WHERE museum = %(museum)s AND source = 'kiosk_file' AND state = 'open' AND 'rows_recur' = ANY(reasons)
ORDER BY arrived_at, 1

-- name: silent_days
-- Open days without a press, between the first press and the last.
SELECT day
FROM kiosk.day_feedback
WHERE museum = %(museum)s AND open AND reviews + incidents = 0
ORDER BY day

-- name: unknown_sites
-- Sites without an exhibition, with how many of their presses wait as dead letters, and since when.
SELECT context ->> 'site' AS site, source, count(*) AS presses, min(arrived_at) AS since
FROM ops.dead_letter
WHERE museum = %(museum)s AND state = 'open' AND source IN ('kiosk_file', 'kiosk_stream')
  AND 'unknown_site' = ANY(reasons)
GROUP BY 1, 2
ORDER BY 3 DESC, 1
