-- How many entries of a harvest named a record that the same scope had listed before.
SELECT scope, count(*) - count(DISTINCT record_id) AS repeated
FROM ops.harvest_seen
WHERE harvest_id = %(harvest)s
GROUP BY scope
