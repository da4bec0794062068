-- The pointer moves only from where it was seen, and only to a release whose rows are there. The release's row is locked,
-- so that nobody prunes it meanwhile.
WITH target AS (
    SELECT release_id, slot FROM production.release
    WHERE museum = %(museum)s AND release_id = %(to)s AND state = 'ready'
    FOR SHARE
), moved AS (
    INSERT INTO production.current_release AS c (museum, release_id, slot, committed_by)
    SELECT %(museum)s, release_id, slot, %(by)s FROM target
    ON CONFLICT (museum) DO UPDATE
    SET release_id = excluded.release_id, slot = excluded.slot, committed_at = now(), committed_by = excluded.committed_by
    WHERE c.release_id IS NOT DISTINCT FROM %(from)s::bigint
    RETURNING release_id
)
INSERT INTO production.promotion (museum, action, from_release, to_release, by, why)
SELECT %(museum)s, %(action)s, %(from)s, release_id, %(by)s, %(why)s FROM moved
RETURNING id, at
