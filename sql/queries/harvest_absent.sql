-- Live records that a complete harvest did not meet.
-- A full join, whose condition also holds for ids that are not in raw.record, because there is no nested loop for it:
-- nothing tells the planner how many ids the pages hold, and with nested loops the end of a harvest of 30,000 records
-- took 32 s where all its pages took half a second.
SELECT r.record_id
FROM (SELECT record_id FROM raw.record WHERE museum = %(museum)s AND withdrawn_at IS NULL) AS r
FULL JOIN (
    SELECT jsonb_array_elements_text(record_ids) AS record_id, true AS met
    FROM ops.harvest_page WHERE harvest_id = %(harvest)s
) AS m ON m.record_id = r.record_id
WHERE m.met IS NOT TRUE
