-- Open letters of a harvest about what is not in its books any more.
SELECT place FROM ops.dead_letter d
WHERE source = 'raw_metadata' AND museum = %(museum)s AND state = 'open'
  AND NOT EXISTS (SELECT FROM ops.ledger l
                  WHERE l.museum = d.museum AND l.stage = 'raw_metadata' AND l.record_id = d.place)
