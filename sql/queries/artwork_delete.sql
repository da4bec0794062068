-- Remove artworks, and forget the duplicates that lost to them, so that one of those takes the object number.
WITH removed AS (
    DELETE FROM staging.artwork
    WHERE museum = %(museum)s AND record_id = ANY(%(record_ids)s)
    RETURNING record_id
)
DELETE FROM ops.ledger
WHERE museum = %(museum)s AND stage = %(stage)s AND outcome = 'duplicate'
  AND output IN (SELECT record_id FROM removed)
