-- Count what was not counted yet; a round that is over gives way to the next one.
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
SELECT partition, asset, reason, message, run_id, first_at, last_at, seen, last_at, %(channels)s FROM folded
ON CONFLICT (partition, asset, reason) DO UPDATE
SET message = excluded.message, run_id = excluded.run_id, last_at = greatest(n.last_at, excluded.last_at),
    seen = n.seen + excluded.seen,
    (round, round_at, earlier, channels) = (
        SELECT n.round + 1, excluded.last_at, n.seen, excluded.channels
        WHERE excluded.last_at >= n.round_at + make_interval(mins => %(window)s)
        UNION ALL
        SELECT n.round, n.round_at, n.earlier, n.channels
        WHERE excluded.last_at < n.round_at + make_interval(mins => %(window)s)
    )
