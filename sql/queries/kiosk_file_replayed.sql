-- What was rejected is rejected no more: the books move with the letter.
UPDATE kiosk.file
SET rejected = rejected - %(loaded)s - %(duplicate)s, loaded = loaded + %(loaded)s, duplicate = duplicate + %(duplicate)s,
    outcome = 'loaded'
WHERE museum = %(museum)s AND key = %(key)s AND etag = %(etag)s
