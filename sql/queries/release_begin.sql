INSERT INTO production.release (museum, release_id, slot, made_by, why, forced, candidate_made_at)
SELECT %(museum)s, coalesce(max(release_id), 0) + 1, %(slot)s, %(by)s, %(why)s, %(forced)s, %(candidate_made_at)s
FROM production.release WHERE museum = %(museum)s
RETURNING release_id
