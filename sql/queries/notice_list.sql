-- Notices, latest first, each with what became of it on every channel that is owed it.
SELECT n.id, n.partition, n.asset, n.reason, n.message, n.run_id, n.first_at, n.last_at, n.seen, n.round,
       coalesce((
           SELECT jsonb_object_agg(channel, jsonb_build_object(
               'state', CASE WHEN l.input_hash IS DISTINCT FROM n.fingerprint THEN 'waits'
                             WHEN l.outcome = 'done' THEN 'sent'
                             WHEN l.permanent THEN 'dead letter'
                             ELSE 'retried' END,
               'attempts', coalesce(l.attempts, 0), 'message', l.message, 'next_attempt_at', l.next_attempt_at))
           FROM unnest(n.channels) AS channel
           LEFT JOIN ops.ledger l ON l.museum = 'notices' AND l.stage = 'notice_' || channel AND l.record_id = n.id::text
       ), '{}') AS channels
FROM ops.notice n
ORDER BY n.last_at DESC, n.id DESC
LIMIT %(limit)s
