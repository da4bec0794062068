-- Releases of museums: their slots, the pointer that says which one readers see, and which may go.
-- database: production

-- name: tables
-- The tables of a release in the order of their making, with the columns that they share with the candidate's. What is
-- derived from the others comes last.
SELECT t.kind, t.name, t.key, t.derived,
       array_agg(a.attname::text ORDER BY a.attnum) AS columns,
       array_agg(format_type(a.atttypid, a.atttypmod) ORDER BY a.attnum) AS types
FROM production.release_table AS t
JOIN pg_attribute AS a ON a.attrelid = to_regclass(format('production.%I', t.name || '_release'))
    AND a.attnum > 0 AND NOT a.attisdropped AND a.attname NOT IN ('museum', 'slot', 'row_hash')
GROUP BY t.name
ORDER BY t.step

-- name: list
-- Releases of museums, the newest first, and whether each is live.
SELECT r.museum, r.release_id, r.state, r.release_id IS NOT DISTINCT FROM c.release_id AS live, r.made_at, r.made_by,
       r.why, r.counts, r.forced, r.warnings, r.message, r.candidate_made_at
FROM production.release AS r
LEFT JOIN production.current_release AS c ON c.museum = r.museum
WHERE r.museum = ANY(%(museums)s)
ORDER BY r.museum, r.release_id DESC

-- name: begin
-- Number a museum's next release and note that it is being built in a slot.
INSERT INTO production.release (museum, release_id, slot, made_by, why, forced, candidate_made_at)
SELECT %(museum)s, coalesce(max(release_id), 0) + 1, %(slot)s, %(by)s, %(why)s, %(forced)s, %(candidate_made_at)s
FROM production.release
WHERE museum = %(museum)s
RETURNING release_id

-- name: set_state
-- Move a release on, if it is in one of the states that it should have been in.
UPDATE production.release
SET state = %(state)s, message = coalesce(%(message)s, message),
    ready_at = CASE WHEN %(state)s = 'ready' THEN now() ELSE ready_at END
WHERE museum = %(museum)s AND release_id = %(id)s AND state = ANY(%(was)s)

-- name: move_pointer
-- The pointer moves only from where it was seen, and only to a release whose rows are there. The release's row is
-- locked, so that nobody prunes it meanwhile.
WITH target AS (
    SELECT release_id, slot
    FROM production.release
    WHERE museum = %(museum)s AND release_id = %(to)s AND state = 'ready'
    FOR SHARE
), moved AS (
    INSERT INTO production.current_release AS c (museum, release_id, slot, committed_by)
    SELECT %(museum)s, release_id, slot, %(by)s FROM target
    ON CONFLICT (museum) DO UPDATE
    SET release_id = excluded.release_id, slot = excluded.slot, committed_at = now(),
        committed_by = excluded.committed_by
    WHERE c.release_id IS NOT DISTINCT FROM %(from)s::bigint
    RETURNING release_id
)
INSERT INTO production.promotion (museum, action, from_release, to_release, by, why)
SELECT %(museum)s, %(action)s, %(from)s, release_id, %(by)s, %(why)s FROM moved
RETURNING id, at

-- name: clear_pointer
-- Show nothing of a museum, if the release is live that was seen to be.
WITH moved AS (
    UPDATE production.current_release
    SET release_id = NULL, slot = NULL, committed_at = now(), committed_by = %(by)s
    WHERE museum = %(museum)s AND release_id = %(from)s
    RETURNING museum
)
INSERT INTO production.promotion (museum, action, from_release, by, why)
SELECT museum, 'retract', %(from)s, %(by)s, %(why)s FROM moved
RETURNING id, at

-- name: pointer_moves
-- The moves of the pointer to a release and from it, oldest first.
SELECT action, from_release, to_release, at, by, why
FROM production.promotion
WHERE museum = %(museum)s AND %(number)s IN (from_release, to_release)
ORDER BY id

-- name: retention
-- Ready releases, newest first, with what decides whether one may go: whether it is live, was live last, and whether a
-- transaction is open that began before readers stopped seeing it. Rows would survive such a reader, points would not.
SELECT r.release_id, r.slot,
       r.release_id IS NOT DISTINCT FROM c.release_id AS live,
       r.release_id IS NOT DISTINCT FROM production.live_before(r.museum) AS before,
       EXISTS (
           SELECT FROM pg_stat_activity AS a
           WHERE a.datname = current_database() AND a.backend_type = 'client backend' AND a.pid <> pg_backend_pid()
             AND a.xact_start <= (
                 SELECT max(p.at)
                 FROM production.promotion AS p
                 WHERE p.museum = r.museum AND p.from_release = r.release_id)) AS read
FROM production.release AS r
LEFT JOIN production.current_release AS c ON c.museum = r.museum
WHERE r.museum = %(museum)s AND r.state = 'ready'
ORDER BY r.release_id DESC

-- name: add_slot
-- Give a museum the slot after its last one.
SELECT production.add_museum(m.museum, m.kind, (
    SELECT max(s.slot) + 1 FROM production.slot AS s WHERE s.museum = m.museum)::integer)
FROM production.museum AS m
WHERE m.museum = %(museum)s

-- name: note_slot_holders
-- Which transactions have a plan from before a slot's partitions were there. Runs after those were committed: what
-- began later has them in its plans.
UPDATE production.slot AS s
SET holders = ARRAY(
    SELECT DISTINCT l.virtualtransaction
    FROM pg_locks AS l
    JOIN production.museum AS m ON m.museum = s.museum
    JOIN production.release_table AS t ON t.kind = m.kind
    WHERE l.locktype = 'relation' AND l.pid <> pg_backend_pid()
      AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND l.relation = format('production.%%I', m.museum || '_' || t.name || '_release')::regclass)
WHERE s.museum = %(museum)s AND s.holders IS NULL

-- name: idle_slot
-- Whether the museum has a slot that no release uses; readers with plans from before it may still keep it waiting.
SELECT EXISTS (
    SELECT FROM production.slot AS s
    WHERE s.museum = %(museum)s
      AND NOT EXISTS (
          SELECT FROM production.release AS r
          WHERE r.museum = s.museum AND r.slot = s.slot AND r.state IN ('building', 'ready')))

-- name: free_slot
-- The slot that has been out of use for longest, so that vacuum had its time.
SELECT s.slot
FROM production.slot AS s
WHERE s.museum = %(museum)s
  AND NOT EXISTS (SELECT FROM pg_locks AS l WHERE l.virtualtransaction = ANY (s.holders))
  AND s.holders IS NOT NULL
  AND NOT EXISTS (
      SELECT FROM production.release AS r
      WHERE r.museum = s.museum AND r.slot = s.slot AND r.state IN ('building', 'ready'))
ORDER BY (
    SELECT max(release_id) FROM production.release AS r WHERE r.museum = s.museum AND r.slot = s.slot) NULLS FIRST
LIMIT 1

-- name: slot_and_base
-- A release with its slot, and the newest ready one before it.
SELECT r.slot, r.state, b.release_id AS base, b.slot AS base_slot
FROM production.release AS r
LEFT JOIN LATERAL (
    SELECT release_id, slot
    FROM production.release
    WHERE museum = r.museum AND state = 'ready' AND release_id < r.release_id
    ORDER BY release_id DESC
    LIMIT 1
) AS b ON true
WHERE r.museum = %(museum)s AND r.release_id = %(release_id)s

-- name: fill_search
-- Make what a release is searched by. Returns how many works it has, and how many of them can be searched for.
SELECT production.fill_search(%(museum)s, %(slot)s::smallint, (
           SELECT slot FROM production.current_release WHERE museum = %(museum)s)) AS made,
       (SELECT count(*) FROM production.artwork_release WHERE museum = %(museum)s AND slot = %(slot)s) AS works

-- name: shown_artworks
-- What readers see of one museum's artworks, in the release that its pointer names.
SELECT a.museum, a.release_id, a.object_number, a.museum_db_id, a.title, a.artists, a.production_date_start,
       a.production_date_end, a.period, a.work_types, a.searchable_work_types, t.object_key, s.digest
FROM production.artwork AS a
JOIN production.index_status AS s ON s.museum = %(museum)s AND s.object_number = a.object_number
LEFT JOIN production.thumbnail AS t ON t.museum = %(museum)s AND t.object_number = a.object_number
WHERE a.museum = %(museum)s AND a.object_number = ANY(%(numbers)s)
