-- Two replays at a time never take the same letter.
SELECT id, source, museum, place, reasons, message, body, context, state, arrived_at, replays, settled_at, settled_by, note
FROM ops.dead_letter
WHERE id = ANY(%(ids)s) AND state = 'open'
ORDER BY id
FOR UPDATE SKIP LOCKED
