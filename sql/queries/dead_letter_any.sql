-- Whether letters of a source and museum are open at all.
SELECT EXISTS (
    SELECT FROM ops.dead_letter WHERE source = %(source)s AND museum = %(museum)s AND state = 'open'
)
