SELECT id FROM ops.dead_letter
WHERE source = %(source)s AND museum = %(museum)s AND state = 'open' AND place = ANY(%(places)s)
