-- Live records that a complete harvest did not meet.
-- EXCEPT and not an anti-join: harvest_seen is filled in the same breath and has no statistics, so the planner took
-- nested loops for it, and the end of a harvest of 15,000 records took 6.4 s where all its pages took 1.1.
SELECT record_id FROM raw.record WHERE museum = %(museum)s AND withdrawn_at IS NULL
EXCEPT
SELECT record_id FROM ops.harvest_seen WHERE harvest_id = %(harvest)s
