-- The same bytes refused for the same reasons are the same letter, whatever became of it.
INSERT INTO ops.dead_letter AS l (source, museum, place, reasons, message, body, context)
SELECT source, museum, place, reasons, message, body, context
FROM (
    SELECT DISTINCT ON (source, museum, place) *
    FROM dead_letter_batch
    ORDER BY source, museum, place, position DESC
) AS last
ORDER BY position
ON CONFLICT (source, museum, place) DO UPDATE
SET reasons = excluded.reasons, message = excluded.message, body = excluded.body, context = excluded.context,
    state = 'open', arrived_at = now(), replays = 0, settled_at = NULL, settled_by = NULL, note = NULL
WHERE (l.body, l.reasons) IS DISTINCT FROM (excluded.body, excluded.reasons)
