-- What was rejected is rejected no more: the books move with the letter.
UPDATE kiosk.stream_position
SET rejected = rejected - %(loaded)s - %(duplicate)s, loaded = loaded + %(loaded)s,
    duplicate = duplicate + %(duplicate)s
WHERE museum = %(museum)s AND topic = %(topic)s AND partition = %(partition)s
