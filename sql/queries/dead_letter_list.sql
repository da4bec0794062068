-- Without the bodies, newest first.
SELECT id, source, museum, place, reasons, message, octet_length(body) AS bytes, state, arrived_at, replays,
       settled_at, settled_by, note
FROM ops.dead_letter
WHERE {chosen}
ORDER BY id DESC
LIMIT %(limit)s
