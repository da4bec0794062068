-- Sites that have an exhibition by now, and presses that wait for one.
SELECT DISTINCT l.source, e.site
FROM ops.dead_letter AS l
JOIN kiosk.exhibition AS e ON e.museum = l.museum AND l.context @> jsonb_build_object('site', e.site)
WHERE l.museum = %(museum)s AND l.state = 'open' AND l.source = ANY(%(sources)s) AND 'unknown_site' = ANY(l.reasons)
ORDER BY l.source, e.site
