-- Records withdrawn longer than the grace period that still have something of theirs in staging or the ledger.
SELECT r.record_id, r.withdrawn_at, r.withdrawn_reason
FROM raw.record r
WHERE r.museum = %(museum)s
  AND r.withdrawn_at <= now() - make_interval(
      days => (SELECT value::integer FROM ops.setting WHERE name = 'withdrawal_grace_days'))
  AND (EXISTS (SELECT FROM staging.artwork a WHERE a.museum = r.museum AND a.record_id = r.record_id)
       OR EXISTS (SELECT FROM staging.thumbnail t WHERE t.museum = r.museum AND t.record_id = r.record_id)
       OR EXISTS (SELECT FROM ops.ledger l WHERE l.museum = r.museum AND l.record_id = r.record_id
                  AND l.stage <> 'raw_metadata'))
