-- Letters of records that went through after they were written.
DELETE FROM ops.dead_letter
WHERE source = %(source)s AND museum = %(museum)s AND place = ANY(%(places)s) AND state = 'replayed'
