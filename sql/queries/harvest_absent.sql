-- Live records that a complete harvest did not meet.
SELECT r.record_id
FROM raw.record r
WHERE r.museum = %(museum)s AND r.withdrawn_at IS NULL
  AND NOT EXISTS (SELECT FROM ops.harvest_seen s WHERE s.harvest_id = %(harvest)s AND s.record_id = r.record_id)
