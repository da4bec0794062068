UPDATE ops.dead_letter
SET state = %(state)s, settled_at = now(), settled_by = %(by)s, note = %(note)s
WHERE id = ANY(%(ids)s) AND state = 'open'
