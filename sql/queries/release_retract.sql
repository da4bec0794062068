WITH moved AS (
    UPDATE production.current_release
    SET release_id = NULL, slot = NULL, committed_at = now(), committed_by = %(by)s
    WHERE museum = %(museum)s AND release_id = %(from)s
    RETURNING museum
)
INSERT INTO production.promotion (museum, action, from_release, by, why)
SELECT museum, 'retract', %(from)s, %(by)s, %(why)s FROM moved
RETURNING id, at
