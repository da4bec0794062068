SELECT r.museum, r.release_id, r.state, r.release_id IS NOT DISTINCT FROM c.release_id AS live, r.made_at, r.made_by, r.why,
       r.counts, r.forced, r.message, r.candidate_made_at
FROM production.release AS r
LEFT JOIN production.current_release AS c ON c.museum = r.museum
WHERE r.museum = ANY(%(museums)s)
ORDER BY r.museum, r.release_id DESC
