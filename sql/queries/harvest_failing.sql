-- Whether a record that arrives may settle something: a failure in the ledger, or a letter that waits for a person.
SELECT EXISTS (SELECT FROM ops.ledger WHERE museum = %(museum)s AND stage = 'raw_metadata')
    OR EXISTS (SELECT FROM ops.dead_letter
               WHERE source = 'raw_metadata' AND museum = %(museum)s AND state = 'open')
