-- The live stream: how far each partition of a topic was read, with its books.

-- name: positions
-- The position of each partition of a topic.
SELECT partition, next_offset, generation, anchor
FROM kiosk.stream_position
WHERE museum = %(museum)s AND topic = %(topic)s

-- name: begin
-- Store a partition's first position, unless it has one.
INSERT INTO kiosk.stream_position (museum, topic, partition, next_offset)
VALUES (%(museum)s, %(topic)s, %(partition)s, %(next_offset)s)
ON CONFLICT DO NOTHING

-- name: advance
-- Move a partition's position and add a batch to its books, if it still has the position that the batch was read from.
-- This condition protects the books even when the consumer lost its lock together with its connection.
UPDATE kiosk.stream_position
SET next_offset = %(next_offset)s, generation = %(generation)s, anchor = %(anchor)s,
    messages = messages + %(messages)s, loaded = loaded + %(loaded)s,
    duplicate = duplicate + %(duplicate)s, rejected = rejected + %(rejected)s, updated_at = now()
WHERE museum = %(museum)s AND topic = %(topic)s AND partition = %(partition)s
  AND next_offset = %(before_offset)s AND generation = %(before_generation)s

-- name: replayed
-- Move replayed messages in the books from rejected to loaded or duplicate.
UPDATE kiosk.stream_position
SET rejected = rejected - %(loaded)s - %(duplicate)s, loaded = loaded + %(loaded)s,
    duplicate = duplicate + %(duplicate)s
WHERE museum = %(museum)s AND topic = %(topic)s AND partition = %(partition)s

-- name: locked
-- Whether a session holds this lock of Database.lock. The lock is not taken.
SELECT EXISTS (
    SELECT FROM pg_locks
    WHERE locktype = 'advisory' AND granted AND objsubid = 1
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND ((classid::bigint << 32) | objid::bigint) = hashtextextended(%(name)s, 0))

-- name: messages_read
-- The number of a museum's messages that were read.
SELECT coalesce(sum(messages), 0)
FROM kiosk.stream_position
WHERE museum = %(museum)s

-- name: totals
-- A stream's messages, the time of its last batch, its open letters about lost offsets and unknown sites, and how many
-- exhibitions the museum has.
SELECT coalesce(sum(messages), 0)::bigint AS messages, max(updated_at) FILTER (WHERE messages > 0) AS last_read,
       (SELECT count(*) FROM kiosk.exhibition WHERE museum = %(museum)s) AS exhibitions,
       l.losses, l.waiting
FROM (
    SELECT count(*) FILTER (WHERE 'offsets_lost' = ANY (reasons)) AS losses,
           count(*) FILTER (WHERE 'unknown_site' = ANY (reasons)) AS waiting
    FROM ops.dead_letter
    WHERE museum = %(museum)s AND source = 'kiosk_stream' AND state = 'open'
) AS l
LEFT JOIN kiosk.stream_position ON museum = %(museum)s AND topic = %(topic)s
GROUP BY l.losses, l.waiting
