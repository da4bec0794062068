-- Harvests of museums: the walk with its checkpoint, the records it stores, and those that it did not meet.

-- name: open
-- A museum's unfinished harvest, and whether it is young enough to go on.
SELECT id, since, checkpoint, counts, started_at > now() - %(most)s::interval AS fresh
FROM ops.harvest
WHERE museum = %(museum)s AND state = 'open'

-- name: begin
-- Begin a harvest, and say whether nothing was ever stored of the museum.
INSERT INTO ops.harvest (museum, since)
VALUES (%(museum)s, %(since)s)
RETURNING id, NOT EXISTS (SELECT FROM raw.record WHERE museum = %(museum)s) AS first

-- name: last
-- How the last harvest ended. One that only retried failures is passed over: it says nothing of the listing.
SELECT state, since, started_at, ended_at, counts
FROM ops.harvest
WHERE museum = %(museum)s AND state <> 'retried'
ORDER BY id DESC
LIMIT 1

-- name: last_complete
-- When the last complete harvest ended, and whether that is recent.
SELECT max(ended_at) AS ended, max(ended_at) > now() - make_interval(days => %(days)s) AS recent
FROM ops.harvest
WHERE museum = %(museum)s AND state = 'complete'

-- name: last_scopes
-- The scopes of the last complete full harvest, with how much each listed.
SELECT counts -> 'scopes' AS scopes
FROM ops.harvest
WHERE museum = %(museum)s AND state = 'complete' AND since IS NULL
ORDER BY id DESC
LIMIT 1

-- name: record_counts
-- How many records of a museum are stored, and how many of those are withdrawn.
SELECT count(*) FILTER (WHERE withdrawn_at IS NULL) AS done, count(withdrawn_at) AS withdrawn
FROM raw.record
WHERE museum = %(museum)s

-- name: stored
-- Which of these records are stored, with their hashes.
SELECT record_id, payload_hash, withdrawn_at IS NOT NULL AS withdrawn
FROM raw.record
WHERE museum = %(museum)s AND record_id = ANY(%(record_ids)s)

-- name: batch
-- The temporary table of changed records that go over stored ones.
CREATE TEMP TABLE IF NOT EXISTS harvest_batch (
    museum text,
    record_id text,
    payload_hash bytea,
    payload jsonb
) ON COMMIT DELETE ROWS

-- name: store_changed
-- Store records whose payload differs from the stored one, or that come back after a withdrawal.
-- needs: harvest.batch
UPDATE raw.record AS r
SET payload = b.payload, payload_hash = b.payload_hash, fetched_at = now(), withdrawn_at = NULL,
    withdrawn_reason = NULL
FROM harvest_batch AS b
WHERE r.museum = %(museum)s AND r.record_id = b.record_id

-- name: withdraw
-- Mark live records as withdrawn.
UPDATE raw.record
SET withdrawn_at = now(), withdrawn_reason = %(reason)s
WHERE museum = %(museum)s AND record_id = ANY(%(record_ids)s) AND withdrawn_at IS NULL

-- name: absent
-- Live records that a complete harvest did not meet.
-- A full join, whose condition also holds for ids that are not in raw.record, because there is no nested loop for it:
-- nothing tells the planner how many ids the pages hold, and with nested loops the end of a harvest of 30,000 records
-- took 32 s where all its pages took half a second.
SELECT r.record_id
FROM (
    SELECT record_id
    FROM raw.record
    WHERE museum = %(museum)s AND withdrawn_at IS NULL
) AS r
FULL JOIN (
    SELECT jsonb_array_elements_text(record_ids) AS record_id, true AS met
    FROM ops.harvest_page
    WHERE harvest_id = %(harvest)s
) AS m ON m.record_id = r.record_id
WHERE m.met IS NOT TRUE

-- name: repeated
-- How many entries of a harvest named a record that the same scope had listed before.
SELECT scope, sum(times - 1)::bigint AS repeated
FROM (
    SELECT scope, count(*) AS times
    FROM ops.harvest_page, jsonb_array_elements_text(record_ids) AS met (record_id)
    WHERE harvest_id = %(harvest)s
    GROUP BY scope, record_id
) AS entries
GROUP BY scope

-- name: forget_pages
-- Forget which records each page of a harvest listed, once it is over; its books are kept.
DELETE FROM ops.harvest_page
WHERE harvest_id = %(harvest)s

-- name: failing
-- Whether a museum has records that could not be fetched, or open letters about such; without, no page looks them up.
SELECT EXISTS (SELECT FROM ops.ledger WHERE museum = %(museum)s AND stage = %(stage)s)
    OR EXISTS (SELECT FROM ops.dead_letter WHERE source = %(stage)s AND museum = %(museum)s AND state = 'open')

-- name: failed
-- Note that a record could not be fetched; after enough attempts it counts as permanent.
INSERT INTO ops.ledger AS l (museum, stage, record_id, input_hash, contract, outcome, code, message, permanent)
VALUES (%(museum)s, %(stage)s, %(record_id)s, '', '', 'failed', %(code)s, %(message)s, %(permanent)s)
ON CONFLICT (museum, stage, record_id) DO UPDATE
SET code = excluded.code, message = excluded.message, attempts = l.attempts + 1, attempted_at = now(),
    permanent = excluded.permanent OR l.attempts + 1 >= %(max_attempts)s

-- name: failure_counts
-- How many records could not be fetched, and how many of those are asked for again.
SELECT count(*) AS failed, count(*) FILTER (WHERE NOT permanent) AS retryable
FROM ops.ledger
WHERE museum = %(museum)s AND stage = %(stage)s

-- name: to_fetch_again
-- Records that could not be fetched; those that were given up only when asked for.
SELECT record_id
FROM ops.ledger
WHERE museum = %(museum)s AND stage = %(stage)s AND (%(given_up)s OR NOT permanent)
ORDER BY record_id

-- name: given_up
-- Those of these records that no harvest asks for again by itself: all, of a museum that sends whole pages.
SELECT record_id, code, message
FROM ops.ledger
WHERE museum = %(museum)s AND stage = 'raw_metadata' AND (permanent OR %(whole_pages)s)
  AND record_id = ANY(%(record_ids)s)
ORDER BY record_id

-- name: absent_letters
-- A harvest's open letters about records that are no longer among its failures.
SELECT place
FROM ops.dead_letter AS d
WHERE source = 'raw_metadata' AND museum = %(museum)s AND state = 'open'
  AND NOT EXISTS (
      SELECT FROM ops.ledger AS l
      WHERE l.museum = d.museum AND l.stage = 'raw_metadata' AND l.record_id = d.place)
