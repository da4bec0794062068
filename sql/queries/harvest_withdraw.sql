UPDATE raw.record
SET withdrawn_at = now(), withdrawn_reason = %(reason)s
WHERE museum = %(museum)s AND record_id = ANY(%(record_ids)s) AND withdrawn_at IS NULL
