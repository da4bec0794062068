-- Pruning: what only tells of the past. Tombstones, corrections, promotions and whatever balances books are no history.

-- name: harvests
-- Ended harvests, but for the newest of each kind: incremental harvests go by the last complete one, and
-- the check of completeness by the last of any state.
DELETE FROM ops.harvest AS h
WHERE h.ended_at < %(before)s AND h.state <> 'open'
  AND EXISTS (
      SELECT FROM ops.harvest AS n
      WHERE n.museum = h.museum AND n.state = h.state AND (n.since IS NULL) = (h.since IS NULL) AND n.id > h.id)

-- name: letters
-- Settled dead letters. One that a person closed stays for as long as its record fails: without it, the next attempt
-- would open a new one.
DELETE FROM ops.dead_letter AS d
WHERE d.state <> 'open' AND d.settled_at < %(before)s
  AND NOT EXISTS (
      SELECT FROM ops.ledger AS l
      WHERE l.museum = d.museum AND l.stage = d.source AND l.record_id = d.place AND l.outcome = 'failed')

-- name: used_vectors
-- The temporary table of vectors that something shows.
CREATE TEMP TABLE used_vector (contract text, content bytea) ON COMMIT DROP

-- name: note_used
-- Note the vectors of the ledger's works, or of the candidates'.
-- needs: pruning.used_vectors
-- {works}: ops.index_status
INSERT INTO used_vector (contract, content)
SELECT v.contract, v.content
FROM {works} AS s, unnest(s.contracts, s.contents) AS v (contract, content)

-- name: note_unused
-- Note since when a vector is unused, and take back what was said of one that is used again.
-- needs: pruning.used_vectors
WITH now_unused AS (
    SELECT v.contract, v.content_hash FROM ops.vector AS v
    WHERE NOT EXISTS (SELECT FROM used_vector AS u WHERE u.contract = v.contract AND u.content = v.content_hash)
), used_again AS (
    UPDATE ops.vector AS v SET unused_since = NULL
    WHERE v.unused_since IS NOT NULL
      AND EXISTS (SELECT FROM used_vector AS u WHERE u.contract = v.contract AND u.content = v.content_hash)
)
UPDATE ops.vector AS v SET unused_since = %(now)s
FROM now_unused AS n
WHERE v.contract = n.contract AND v.content_hash = n.content_hash AND v.unused_since IS NULL

-- name: vectors
-- Vectors that have been unused since before.
DELETE FROM ops.vector WHERE unused_since < %(before)s

-- name: imports
-- Imports of which two newer ones of the same source and year are loaded: the one before the newest stays, so that a
-- person can go back to it.
SELECT i.id
FROM ops.archive_import AS i
WHERE i.state IN ('held', 'loaded') AND i.ended_at < %(before)s
  AND NOT EXISTS (SELECT FROM ops.archive_current AS c WHERE c.import_id = i.id)
  AND (SELECT count(*) FROM ops.archive_import AS n
       WHERE n.source = i.source AND n.year IS NOT DISTINCT FROM i.year AND n.state = 'loaded' AND n.id > i.id) > 1
ORDER BY i.id
