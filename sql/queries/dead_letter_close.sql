UPDATE ops.dead_letter
SET state = 'closed', settled_at = now(), settled_by = %(by)s, note = %(note)s
WHERE {chosen} AND state = 'open'
