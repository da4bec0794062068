SELECT id, source, museum, place, reasons, message, body, context, state, arrived_at, replays, settled_at, settled_by, note
FROM ops.dead_letter
WHERE id = ANY(%(ids)s)
ORDER BY id
