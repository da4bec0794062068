-- A record stored earlier claims the object number of one staged before it: the later one becomes the duplicate.
UPDATE ops.ledger
SET outcome = 'duplicate', code = %(code)s, message = %(message)s, output = %(winner)s, permanent = false
WHERE museum = %(museum)s AND stage = %(stage)s AND record_id = %(loser)s
