-- Letters of versions that another version of their file replaced. What the new one repeats has letters of its own.
-- A press that waits for its exhibition is a fact like those that were loaded: it goes on waiting.
UPDATE ops.dead_letter AS l
SET state = 'closed', settled_at = now(), settled_by = 'visitor_feedback',
    note = 'the file was replaced by version ' || n.etag
FROM unnest(%(keys)s::text [], %(etags)s::text []) AS n (key, etag)
WHERE l.source = 'kiosk_file' AND l.museum = %(museum)s AND l.state = 'open'
  AND l.context ->> 'file' = n.key AND l.context ->> 'etag' <> n.etag
  AND l.reasons <> ARRAY['unknown_site']
