-- Records whose payload differs from the stored one, or that come back after a withdrawal.
UPDATE raw.record r
SET payload = b.payload, payload_hash = b.payload_hash, fetched_at = now(), withdrawn_at = NULL, withdrawn_reason = NULL
FROM harvest_batch b
WHERE r.museum = %(museum)s AND r.record_id = b.record_id
