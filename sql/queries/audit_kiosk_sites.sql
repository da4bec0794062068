SELECT context ->> 'site' AS site, source, count(*) AS presses, min(arrived_at) AS since
FROM ops.dead_letter
WHERE museum = %(museum)s AND state = 'open' AND source IN ('kiosk_file', 'kiosk_stream')
    AND 'unknown_site' = ANY(reasons)
GROUP BY 1, 2
ORDER BY 3 DESC, 1
