-- Exhibition files that were refused before and are not any more, since the file that had their code is gone.
UPDATE ops.dead_letter
SET state = 'replayed', settled_at = now(), settled_by = 'visitor_feedback'
WHERE source = 'kiosk_file' AND museum = %(museum)s AND state = 'open' AND place = ANY(%(places)s)
