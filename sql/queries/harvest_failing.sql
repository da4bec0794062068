-- Whether there are records that could not be fetched, or letters about such: else no page's records are looked for.
SELECT EXISTS (SELECT FROM ops.ledger WHERE museum = %(museum)s AND stage = %(stage)s)
    OR EXISTS (SELECT FROM ops.dead_letter WHERE source = %(stage)s AND museum = %(museum)s AND state = 'open')
