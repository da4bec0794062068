SELECT day, sum(files)::bigint AS files, sum(stream)::bigint AS stream
FROM (
    SELECT (date_bin('15 minutes', at, 'epoch') AT TIME ZONE m.timezone)::date AS day,
        count(*) FILTER (WHERE origin = 'f') AS files, count(*) FILTER (WHERE origin = 's') AS stream
    FROM kiosk.review JOIN kiosk.museum AS m USING (museum)
    WHERE museum = %(museum)s
    GROUP BY 1
    UNION ALL
    SELECT (date_bin('15 minutes', at, 'epoch') AT TIME ZONE m.timezone)::date,
        count(*) FILTER (WHERE origin = 'f'), count(*) FILTER (WHERE origin = 's')
    FROM kiosk.incident JOIN kiosk.museum AS m USING (museum)
    WHERE museum = %(museum)s
    GROUP BY 1
) AS presses
GROUP BY 1
HAVING sum(files) > 0 AND sum(stream) > 0
ORDER BY 1
