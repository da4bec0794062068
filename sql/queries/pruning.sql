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
