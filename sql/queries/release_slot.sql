-- A release with its slot, and the newest ready one before it.
SELECT r.slot, r.state, b.release_id AS base, b.slot AS base_slot
FROM production.release r
LEFT JOIN LATERAL (
    SELECT release_id, slot FROM production.release
    WHERE museum = r.museum AND state = 'ready' AND release_id < r.release_id
    ORDER BY release_id DESC LIMIT 1) b ON true
WHERE r.museum = %(museum)s AND r.release_id = %(release_id)s
