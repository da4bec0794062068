UPDATE ops.dead_letter AS l
SET replays = l.replays + 1, reasons = r.reasons, message = r.message
FROM dead_letter_refused AS r
WHERE l.id = r.id AND l.state = 'open'
