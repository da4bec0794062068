-- Notices: what failed, told once per round (a window of time) instead of once per run.

-- name: batch
-- A temporary table of the occurrences to be counted.
CREATE TEMP TABLE IF NOT EXISTS notice_batch (
    event text,
    partition text,
    asset text,
    reason text,
    message text,
    run_id text,
    at timestamptz
) ON COMMIT DELETE ROWS

-- name: fold
-- Count the occurrences that were not counted before. One after the end of its notice's round begins the next round.
-- So does one whose notice has a round that begins more than a day from now, which a wrong clock has set.
-- needs: notices.batch
WITH fresh AS (
    INSERT INTO ops.notice_event (event)
    SELECT DISTINCT event FROM notice_batch
    ON CONFLICT DO NOTHING
    RETURNING event
), folded AS (
    SELECT DISTINCT ON (partition, asset, reason) partition, asset, reason, message, run_id, at AS last_at,
           min(at) OVER same AS first_at, count(*) OVER same AS seen
    FROM (SELECT DISTINCT ON (event) * FROM notice_batch JOIN fresh USING (event)) AS once
    WINDOW same AS (PARTITION BY partition, asset, reason)
    ORDER BY partition, asset, reason, at DESC
)
INSERT INTO ops.notice AS n (partition, asset, reason, message, run_id, first_at, last_at, seen, round_at, channels)
SELECT partition, asset, reason, message, run_id, first_at, last_at, seen, last_at, %(channels)s
FROM folded
ON CONFLICT (partition, asset, reason) DO UPDATE
SET message = excluded.message, run_id = excluded.run_id, last_at = greatest(least(n.last_at, now()), excluded.last_at),
    seen = n.seen + excluded.seen,
    (round, round_at, earlier, channels) = (
        SELECT n.round + 1, excluded.last_at, n.seen, excluded.channels
        WHERE excluded.last_at >= n.round_at + make_interval(mins => %(window)s)
           OR n.round_at > now() + interval '1 day'
        UNION ALL
        SELECT n.round, n.round_at, n.earlier, n.channels
        WHERE excluded.last_at < n.round_at + make_interval(mins => %(window)s)
          AND n.round_at <= now() + interval '1 day'
    )

-- name: forget
-- Delete the notices of what has not happened again since then.
DELETE FROM ops.notice
WHERE last_at < %(before)s

-- name: forget_events
-- Delete the events that no sensor reads again: each continues after the event that it read last.
DELETE FROM ops.notice_event
WHERE seen_at < %(before)s

-- name: list
-- Notices, latest first, each with its state on every channel that it is told on.
SELECT n.id, n.partition, n.asset, n.reason, n.message, n.run_id, n.first_at, n.last_at, n.seen, n.round,
       coalesce((
           SELECT jsonb_object_agg(channel, jsonb_build_object(
               'state', CASE WHEN l.input_hash IS DISTINCT FROM n.fingerprint THEN 'waits'
                             WHEN l.outcome = 'done' THEN 'sent'
                             WHEN l.permanent THEN 'dead letter'
                             ELSE 'retried' END,
               'attempts', coalesce(l.attempts, 0), 'message', l.message, 'next_attempt_at', l.next_attempt_at))
           FROM unnest(n.channels) AS channel
           LEFT JOIN ops.ledger AS l
               ON l.museum = 'notices' AND l.stage = 'notice_' || channel AND l.record_id = n.id::text
       ), '{}') AS channels
FROM ops.notice AS n
ORDER BY n.last_at DESC, n.id DESC
LIMIT %(limit)s
